"""Sketches of public test sets: numbers that their passages give, none of their text.

`python -m finetune.datasets.findings.checks.named NAME FILE…` makes one of a JSONL file.
"""
