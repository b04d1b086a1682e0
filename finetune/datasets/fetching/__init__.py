"""Data sets that a worker fetches from an address, where the operator allows it."""
