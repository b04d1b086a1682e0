"""QTHA: a circuit between two thin tensor networks, as a PEFT tuner."""
