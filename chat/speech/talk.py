"""What one request is about: who writes, what was asked, and which reviewed words may stand in."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from chat.engine.client import Delta, Message
from chat.policy.decision import Decision
from chat.safety.levels import Level
from chat.safety.library import ReviewedReply, held_reply, reply_for
from chat.safety.library.replies import LANGUAGES


class Judge(Protocol):
    """What gives the scores that a verdict is made from: an `EngineClient`."""

    async def judge(self, kind: str, texts: list[str]) -> list[dict[str, float]]: ...


class Engine(Judge, Protocol):
    """What writes, and judges unless somebody else does: an `EngineClient`."""

    def stream_chat(
        self, model: str, messages: Sequence[Message], **options: Any
    ) -> AsyncIterator[Delta]: ...


@dataclass(frozen=True)
class Talk:
    """What all replies to one request share; the fields are `speak`'s."""

    decision: Decision
    client: Engine
    judge: Judge
    model: str
    prompt: list[Message]
    options: dict[str, Any]
    language: str
    continues: bool
    said: Sequence[str]
    languages: Sequence[str]

    @property
    def is_foreign(self) -> bool:
        """Whether the model cannot have learnt the talk's language. Others than ours are tried."""
        return bool(self.languages) and self.language in set(LANGUAGES) - set(self.languages)

    @property
    def asked(self) -> str:
        """The person's newest message."""
        own = [message["content"] for message in self.prompt if message["role"] == "user"]
        return own[-1] if own else ""

    @property
    def begun(self) -> str:
        """Words that the reply begins with already, where the request gives them."""
        goes_on = self.options.get("continue_final_message")
        return self.prompt[-1]["content"] if goes_on and self.prompt else ""

    @property
    def count(self) -> int:
        """How many replies were asked for."""
        return int(self.options.get("n") or 1)

    def stand_in(self, held_class: str) -> ReviewedReply:
        """What is said where the assistant's words cannot be.

        Not at the ordinary level: then it is what the library says to such a state, for a reply
        that only asks to say it again would leave a person alone with what they said.
        """
        decision = self.decision
        if decision.level == Level.ORDINARY:
            return held_reply(language=self.language, said=self.said, sentence_class=held_class)
        return reply_for(
            level=decision.level,
            category=decision.category,
            language=self.language,
            said=self.said,
            text=self.asked,
        )
