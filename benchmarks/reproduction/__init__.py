"""The report of April 2025, tried here: data, studies and results (docs/reproduction.md)."""
