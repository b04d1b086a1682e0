"""Errors of base models: each message says what is wrong, where, and what to do."""

from typing import Any


class BaseModelError(Exception):
    """A base model cannot be fetched, converted or described.

    Attributes:
        code: a stable name of what is wrong, by which a page finds its own words.
        facts: numbers and names that these words need.
    """

    def __init__(self, message: str, *, code: str = "", **facts: Any) -> None:
        super().__init__(message)
        self.code = code
        self.facts = facts
