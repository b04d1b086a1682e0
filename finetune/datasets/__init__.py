"""Data sets: recognising, checking, counting and splitting uploaded dialogues.

Pure Python and `tokenizers`, streaming, with memory bounded by limits: a web task may call it on
anything a stranger uploads. Knows nothing of Django, torch or training.
"""
