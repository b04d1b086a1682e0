"""Errors of the chat that a person sees."""

from finetune.exceptions import StudioError


class ChatRefused(StudioError):
    """A message or an action that was not accepted; what was typed is kept by the page."""
