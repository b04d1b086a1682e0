"""Where a dialogue is cut to be answered. Loads no torch."""

from __future__ import annotations

from collections.abc import Sequence

from finetune.training.dialogues.folding import Message
from finetune.training.exceptions import LeftOut


def cut(messages: Sequence[Message]) -> tuple[list[Message], str]:
    """Return a dialogue up to its last user turn that was answered, and that answer.

    Raises:
        LeftOut: there is none.
    """
    for at in range(len(messages) - 1, 0, -1):
        reply = messages[at]["content"].strip()
        if messages[at]["role"] == "assistant" and messages[at - 1]["role"] == "user" and reply:
            return list(messages[:at]), reply
    raise LeftOut("without_reply", "no user turn in it is answered")
