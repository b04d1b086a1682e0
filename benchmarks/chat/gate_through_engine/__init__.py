"""The 600 sentences of the gate's unseen test, said by an engine, and what of them clients see."""
