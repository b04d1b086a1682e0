"""What a key may do through tools: every one of them asks here."""

from __future__ import annotations

from typing import Literal

from finetune.teams.models import ApiKey

Need = Literal["read", "train"]


def allowed(key: ApiKey, need: Need) -> bool:
    """Whether a key may read its team's things, or start and stop what is trained of them.

    A key that opens the API opens all of its team's work.
    """
    return True
