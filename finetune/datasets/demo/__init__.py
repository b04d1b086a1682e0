"""The demo set that ships with the product: support dialogues of our own writing."""

from __future__ import annotations

from pathlib import Path


def path() -> Path:
    """Return the demo set's file, one `{"messages": [...]}` a line."""
    return Path(__file__).with_name("support_dialogues.jsonl")
