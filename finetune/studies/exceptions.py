"""Refusals of studies."""

from __future__ import annotations

from finetune.exceptions import StudioError


class StudyRefused(StudioError):
    """A study that cannot be made, or not in the state that it is in."""
