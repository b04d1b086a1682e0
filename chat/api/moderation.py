"""OpenAI's moderation object: what the policy found in a message, and what became of each reply.

It names categories and carries the care card's words. A person's level is in no answer.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from chat.policy.decision import Decision
from chat.safety import Assessment, Card, assess
from chat.safety.library import ReviewedReply

MODEL = "wukong-safety"
CATEGORIES = (
    "suicide",
    "self_harm",
    "harm_to_others",
    "abuse",
    "eating",
    "psychosis",
    "mania",
    "reliance",
    "somebody_else",
)


@dataclass
class Said:
    """What has left of one reply.

    Attributes:
        held: classes of sentences that were held back, in their order.
        reviewed: whose reviewed words stand in it.
    """

    text: str = ""
    end: str = "stop"
    held: list[str] = field(default_factory=list)
    reviewed: list[ReviewedReply] = field(default_factory=list)


@dataclass(frozen=True)
class Moderation:
    """The view of one request: its newest message, and the decision on who answers it.

    Attributes:
        known: whether the request says which of a key's people asks. Where it does not, somebody
            else may have seen the episode's card, so it is there each time.
    """

    asked: str
    before: list[dict[str, str]]
    decision: Decision
    known: bool
    gated: bool

    def of(self, replies: list[Said]) -> dict[str, Any]:
        """The whole object."""
        return {
            "gate": "on" if self.gated else "off",
            "input": results([self.input()]),
            "output": results([output(reply) for reply in replies]),
        }

    def input(self) -> dict[str, Any]:
        found = assess(self.asked, self.before)
        decision = self.decision
        card = decision.card if self.known else decision.card or found.card
        category = found.category
        if decision.card is not None and decision.category in CATEGORIES:
            category = decision.category
        return result(category) | {"card": card_of(card), "quiet_line": decision.quiet_line or None}


def output(reply: Said) -> dict[str, Any]:
    """A reply; the assistant's own words are looked at, reviewed ones were by people."""
    found = Assessment() if reply.reviewed else assess(reply.text, role="assistant")
    reviewed = [{"id": words.id, "version": words.version} for words in reply.reviewed]
    return result(found.category) | {
        "card": card_of(found.card),
        "held": reply.held,
        "reviewed": reviewed,
    }


def results(entries: list[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "moderation_results", "model": MODEL, "results": entries}


def result(category: str) -> dict[str, Any]:
    """One text: a category is found or not, so a score is 1 or 0."""
    flags = {name: name == category for name in CATEGORIES}
    return {
        "type": "moderation_result",
        "model": MODEL,
        "flagged": bool(category),
        "categories": flags,
        "category_scores": {name: float(flag) for name, flag in flags.items()},
        "category_applied_input_types": {name: ["text"] if flags[name] else [] for name in flags},
    }


def card_of(card: Card | None) -> dict[str, str] | None:
    """A care card's words."""
    if card is None:
        return None
    return {
        "heading": card.heading,
        "text": card.text,
        "urge": card.urge,
        "danger": card.danger,
    }
