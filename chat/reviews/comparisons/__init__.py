"""Blind comparisons: people grade replies to probes by a rubric, without knowing whose they are."""
