"""Searching one's own conversations."""
