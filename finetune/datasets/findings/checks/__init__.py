"""The checks behind the first one, a module each; `registry.py` has a line for each."""
