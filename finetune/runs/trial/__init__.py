"""Trials: one step on real shapes before a run, so that its forecast rests on that."""
