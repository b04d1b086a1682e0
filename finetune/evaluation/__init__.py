"""Evaluations: what a run, a checkpoint or a base is worth on dialogues that it has not seen."""
