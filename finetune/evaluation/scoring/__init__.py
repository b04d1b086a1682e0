"""Scores of a trained model, dialogue by dialogue, from a trainer's run folder.

A library: torch and PEFT, and nothing of Django.
"""
