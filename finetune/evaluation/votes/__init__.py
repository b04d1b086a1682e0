"""Blind votes on replies: a run's and its base's side by side, without names."""
