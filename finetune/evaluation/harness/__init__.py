"""Tasks of lm-evaluation-harness, from files of one's own and without a hub.

A library: torch, PEFT and the optional `lm_eval` (requirements-lm-eval.txt); nothing of Django.
"""
