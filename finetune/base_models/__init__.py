"""Base models: fetching the embedded one, converting it, and describing any of them.

Knows nothing of Django, of runs or of adapters. Nothing here imports torch when it is
imported; `convert`, `inspect` and `tiny` import it when they are called.
"""
