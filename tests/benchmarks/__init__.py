"""Benchmarks count what they say they count."""
