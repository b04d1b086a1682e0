"""Making an export, in a process of its own: `python -m finetune.exports.making FOLDER`.

A library: torch and PEFT, and nothing of Django.
"""
