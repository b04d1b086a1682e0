"""Data sets: uploaded dialogues, from the file to the two that a run learns from.

`reading/` and `doctor/` are pure Python and `tokenizers`, streaming, with memory bounded by
limits: a web task may call them on anything a stranger uploads. They know nothing of Django, torch
or training.
"""
