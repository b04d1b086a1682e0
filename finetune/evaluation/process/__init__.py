"""One evaluation in a process of its own: `python -m finetune.evaluation.process FOLDER`.

A library: torch and PEFT, and nothing of Django.
"""
