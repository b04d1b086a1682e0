"""What was found in a person's message."""

from dataclasses import dataclass

from chat.safety.levels import Level

SOMEBODY_ELSE = "somebody_else"
CARDLESS = ("mania", "reliance")  # these change how a reply asks; there is no card for them


@dataclass(frozen=True)
class Finding:
    """Level, category and what found it.

    `category` is one of suicide, self_harm, harm_to_others, abuse, eating, psychosis, mania,
    reliance, somebody_else, or empty. Worry about somebody else says nothing about the person's
    own state: its level is ORDINARY, and it still has its card. `source` is a rule's id or `head`.
    """

    level: Level = Level.ORDINARY
    category: str = ""
    source: str = ""
    urgent: bool = False  # the body is in danger now: the card with the emergency number

    @property
    def card(self) -> str:
        """The key of the card for this finding, or nothing."""
        if self.urgent:
            return "emergency"
        if self.category == SOMEBODY_ELSE:
            return SOMEBODY_ELSE
        return self.category if self.level == Level.HIGH and self.category not in CARDLESS else ""

    @property
    def gravity(self) -> tuple[int, bool, bool]:
        """Of several findings the one with the highest counts."""
        return (int(self.level), self.urgent, bool(self.category))


NOTHING = Finding()
