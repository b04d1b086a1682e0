"""How a reply that was not written to its end is called, and what is said of it.

The words are kept in English, and put into the language of the page where it is shown.
"""

from __future__ import annotations

import logging
from typing import NamedTuple

from django.utils.translation import gettext_noop as _

from chat.conversations.models import Message
from chat.engine.client import EngineError, EngineUnavailable
from chat.speech.deciding import Gone

logger = logging.getLogger("chat.generation")

UNAVAILABLE = _(
    "The engine that writes replies does not answer. It may still be starting; "
    "try again in a few seconds."
)
WENT_AWAY = _("The engine went away in the middle of the reply. What was written is kept.")
CUT_OFF = _("The reply was cut off. What was written is kept.")
OUR_FAULT = _("Something went wrong on our side while the reply was written. Try again.")
WORDS = {
    "engine_busy": _("The engine is busy with other replies. Try again in a moment."),
    "model_not_found": _(
        "This assistant is not loaded in the engine yet, or was taken back. Try again in a few "
        "seconds, or choose another one."
    ),
    "context_length_exceeded": _(
        "The message alone is longer than this model can read. Send a shorter one."
    ),
    "assistant_broken": _("The files of this assistant cannot be loaded. Choose another one."),
    "generation_failed": _("The model failed in the middle of the reply. Try again."),
    "empty_reply": _("The assistant had nothing to say to this. Try again, or say it differently."),
    "assistant_gone": _("This assistant is not there any more. Choose another one above."),
}


class Ending(NamedTuple):
    """The state of a reply's row, and its error in code and words."""

    state: str = Message.State.DONE
    code: str = ""
    words: str = ""


STOPPED = Ending(Message.State.STOPPED)
PROCESS_ENDED = Ending(Message.State.INTERRUPTED, "process_ended", CUT_OFF)
EMPTY = Ending(Message.State.FAILED, "empty_reply", WORDS["empty_reply"])


def ending_of(error: Exception, message_id: int, *, has_text: bool) -> Ending:
    """What a failure means for the reply that it ended; logged here."""
    if isinstance(error, Gone):
        return Ending(Message.State.FAILED, "assistant_gone", WORDS["assistant_gone"])
    if isinstance(error, EngineUnavailable):
        logger.warning("reply %s: %s", message_id, error)
        if has_text:
            return Ending(Message.State.INTERRUPTED, "engine_unavailable", WENT_AWAY)
        return Ending(Message.State.FAILED, "engine_unavailable", UNAVAILABLE)
    if isinstance(error, EngineError):
        logger.warning("reply %s: %s %s", message_id, error.status, error.message)
        code = (error.code or "engine_error")[:40]
        words = WORDS.get(code, f"The engine refused this: {error.message}")
        return Ending(Message.State.FAILED, code, words[:400])
    logger.error("reply %s failed", message_id, exc_info=error)
    return Ending(Message.State.FAILED, "internal_error", OUR_FAULT)
