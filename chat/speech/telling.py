"""What the policy hears of a reply: sentences that were held back, and what was said instead.

Classes and ids, never words.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

from django.conf import settings
from django.db import DatabaseError

from chat.conversations.models import Conversation
from chat.engine.client import EngineClient
from chat.policy.decision import Decision
from chat.policy.models import RiskState, SafetyEntry
from chat.policy.person import Person
from chat.policy.services import action_log, reply_said
from finetune.faults import fault_of

from .spoken import Spoken

logger = logging.getLogger("chat.speech")


def judge_client() -> EngineClient:
    """Whoever judges: the engine, or one beside it where that has no judges."""
    return EngineClient(settings.JUDGE_URL, settings.ENGINE_KEY)


@dataclass(frozen=True)
class Listener:
    """Whom a reply is for, and where it is said.

    Attributes:
        assistant: its API name.
        conversation: None for the API, which keeps none.
    """

    person: Person
    assistant: str
    conversation: Conversation | None = None

    def said(self) -> list[str]:
        """Ids of reviewed words that this person has read lately, oldest first."""
        said = RiskState.objects.filter(mark=self.person.mark).values_list("said", flat=True)
        return list(said.first() or [])

    def is_news(self, step: Spoken, decision: Decision) -> bool:
        """Whether this step is something that the policy has not heard of yet."""
        return bool(step.held or (step.reviewed and step.reviewed not in decision.reviewed))

    def tell(self, step: Spoken) -> None:
        """Note a sentence that was held back, or reviewed words that stand in for a reply.

        A database that takes no writes is no reason to leave a person without the reply.
        """
        try:
            self.note(step)
        except DatabaseError as error:
            if fault_of(error) is None:
                raise
            logger.warning("what became of a reply is not in the safety log", exc_info=error)

    def note(self, step: Spoken) -> None:
        if step.held:
            action_log(
                person=self.person,
                action=SafetyEntry.Action.HELD,
                conversation=self.conversation,
                assistant=self.assistant,
                source=step.held,
            )
        elif step.reviewed:
            action_log(
                person=self.person,
                action=SafetyEntry.Action.LIBRARY,
                conversation=self.conversation,
                assistant=self.assistant,
                reviewed=f"{step.reviewed.id} v{step.reviewed.version}",
            )
            reply_said(person=self.person, reply_id=step.reviewed.id)

    def ungated(self) -> None:
        """Note that a reply left without the gate."""
        action_log(
            person=self.person,
            action=SafetyEntry.Action.UNGATED,
            conversation=self.conversation,
            assistant=self.assistant,
        )
