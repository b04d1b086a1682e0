"""Evaluations that were written elsewhere: Promptfoo's configs, OpenAI's evals; run on a run.

A library: torch and PEFT, and nothing of Django.
"""
