"""The forms that dialogues come in: a module for each, and one line in the registry.

Each gets a record and gives messages that are not checked yet. Knows nothing of files.
"""
