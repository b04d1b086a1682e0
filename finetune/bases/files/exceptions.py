"""Errors of base models: each message says what is wrong, where, and what to do."""


class BaseModelError(Exception):
    """A base model cannot be fetched, converted or described."""
