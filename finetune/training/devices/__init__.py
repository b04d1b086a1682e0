"""A run on several devices: one process for each, which learn from a share of each batch."""
