"""Why somebody without an account is not let in."""

from finetune.exceptions import StudioError


class VisitorsRefused(StudioError):
    """A visit or a message that was not accepted, with what to do."""
