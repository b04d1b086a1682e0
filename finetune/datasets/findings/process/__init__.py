"""Computes the findings of one data set in a process of its own. Knows nothing of Django."""
