"""Gates for sample replies, for tests of what is around them; `settings.REPLY_GATE` names one."""

from __future__ import annotations

from collections.abc import Sequence


def open_gate(samples: Sequence[tuple[str, str]]) -> list[str] | None:
    """Shows replies as they were written."""
    return [reply for _, reply in samples]


def away(samples: Sequence[tuple[str, str]]) -> list[str] | None:
    """Cannot judge anything now."""
    return None


def held_back(samples: Sequence[tuple[str, str]]) -> list[str] | None:
    """Lets no word through."""
    return ["[held]" for _ in samples]
