"""Greedy replies of a model to held-out dialogues, and how near they come to what was said there.

A library: torch and PEFT, and nothing of Django.
"""
