"""The form of a new run, and what a person agrees to."""
