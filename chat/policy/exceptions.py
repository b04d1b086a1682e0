"""Errors of the policy that a reviewer sees."""

from finetune.exceptions import StudioError


class PolicyRefused(StudioError):
    """A lowering or a signature that was not accepted."""


class AppendOnly(Exception):
    """Somebody tried to change or delete an entry of the safety log."""
