"""What stands beside a message: reads it, moves the person's state, and says card or quiet line.

The page calls it as a message is sent, with the rules alone, so that a card is there at once;
`decision` calls it again with the judge's scores before anybody answers.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from chat.conversations.models import Conversation, Message, revise
from chat.policy.models import RiskState
from chat.policy.person import Person
from chat.policy.reading import Turns, language_of_talk
from chat.policy.services import (
    Place,
    card_due,
    card_show,
    more_urgent,
    state_locked,
    state_notice,
    state_settle,
)
from chat.safety.cards import Card, card_get
from chat.safety.detection import Finding, read
from chat.safety.levels import Level
from chat.safety.library import answer_to, quiet_line

CARD_LANGUAGES = {"zh": "zh", "other": "id"}  # of the languages that are read, Indonesian is other
GRAVE_ANSWERS = ("dying", "unsafe", "means", "overdose")
CARDED = ("suicide", "self_harm", "harm_to_others", "abuse", "eating", "psychosis")


@dataclass(frozen=True)
class Notice:
    """What is shown beside a message, and what it was found to say.

    Attributes:
        level: of the person's state, once this message was read.
        category: what this message is about, or the state where the message says nothing graver.
        language: of the talk: en, zh or other.
        card: shown above the reply; one an episode.
        quiet_line: shown in its place on later turns.
        quiet_card: key of the card that stands folded above that line: in another conversation
            there would be none above it.
    """

    finding: Finding
    level: Level
    category: str
    language: str
    card: Card | None = None
    quiet_line: str = ""
    quiet_card: str = ""


@transaction.atomic
def message_notice(
    *, person: Person, text: str, history: Turns, conversation: Conversation | None, assistant: str
) -> Notice:
    """Read a message by the rules as it is sent, so that its card is there before any reply."""
    finding = read(text, history)
    language = language_of_talk(text, history)
    if is_nothing(finding) and not is_known(person):
        return Notice(finding, Level.ORDINARY, "", language)
    state = state_locked(person)
    finding = with_answer(state, finding, text)
    place = Place.of(conversation, assistant)
    notice = noticed(state, finding, language, now=timezone.now(), place=place, text=text)
    state.save()
    return notice


def with_answer(state: RiskState, finding: Finding, text: str) -> Finding:
    """What was found, or what a bare yes or no says to the last reviewed question.

    A "yes" to "do you think about dying?" has no word in it that a rule or a head could find.
    """
    meant = answer_to(state.said, text)
    if finding.level == Level.HIGH or meant not in GRAVE_ANSWERS:
        return finding
    category = state.category if state.category in CARDED else "suicide"
    return Finding(Level.HIGH, category, f"answer.{meant}", urgent=meant == "overdose")


def is_nothing(finding: Finding) -> bool:
    return finding.level == Level.ORDINARY and not finding.category


def is_known(person: Person) -> bool:
    return RiskState.objects.filter(mark=person.mark).exists()


def message_of(conversation: Conversation | None, text: str) -> Message | None:
    """The row of this message, where it is the conversation's last one of the person."""
    if conversation is None:
        return None
    own = conversation.messages.filter(role=Message.Role.USER).order_by("-turn").first()
    return own if own is not None and own.content == text else None


def noticed(
    state: RiskState,
    finding: Finding,
    language: str,
    *,
    now: datetime,
    place: Place,
    message: Message | None = None,
    text: str = "",
) -> Notice:
    """Move the state by what was found, and say what is shown beside the message.

    A message that was read before is never found lighter than it was then.
    """
    if message is not None and message.risk_level > finding.level:
        finding = Finding(
            Level(message.risk_level),
            message.risk_category,
            message.risk_rule,
            urgent=message.card_key == "emergency",
        )
    state_settle(state, now)
    is_new = message is None or finding.level > message.risk_level
    state_notice(state, finding, now=now, place=place, is_new=is_new, text=text)
    level = Level(state.level)
    key = finding.card or (card_of_state(state) if level == Level.HIGH else "")
    card: Card | None = None
    line, folded = (message.quiet_line, message.quiet_card) if message else ("", "")
    if message and message.card_key and not (key and more_urgent(key, message.card_key)):
        card = card_get(message.card_key, message.card_language)
    elif key and card_due(state, key, now):
        card = card_get(key, CARD_LANGUAGES.get(language, "en"))
        card_show(state, key, now=now, place=place, finding=finding)
        line = folded = ""
    elif key and not line:
        line, folded = quiet_line(spoken(language), key), key
    return Notice(finding, level, category_of(state, finding), language, card, line, folded)


def noticed_only(state: RiskState, finding: Finding, language: str) -> Notice:
    """The same where nothing can be written: a card rather twice than not at all."""
    level = Level(state.level)
    key = finding.card or (card_of_state(state) if level == Level.HIGH else "")
    card = card_get(key, CARD_LANGUAGES.get(language, "en")) if key else None
    return Notice(finding, level, category_of(state, finding), language, card)


def card_of_state(state: RiskState) -> str:
    """The card of somebody whose state is high; where their category has none, the general one."""
    return state.category if state.category in CARDED else "suicide"


def category_of(state: RiskState, finding: Finding) -> str:
    """What a reply is about: this message, unless the person's state is graver than it."""
    if finding.urgent:
        return "emergency"  # what the library and the log call a body in danger
    if finding.category and (finding.level == state.level or state.level == Level.ORDINARY):
        return finding.category
    return state.category


def spoken(language: str) -> str:
    """The language in which the library answers."""
    return "zh" if language == "zh" else "en"


def message_mark(message: Message, notice: Notice) -> None:
    """Keep with the message what the judge found beyond the rules, where that is more."""
    found = fields_of(notice)
    changed = {name: value for name, value in found.items() if getattr(message, name) != value}
    if not changed:
        return
    Message.objects.filter(pk=message.pk).update(revision=revise(message.conversation), **changed)


def fields_of(notice: Notice) -> dict[str, str | int]:
    """A notice as the columns of a message."""
    shown = notice.card or notice.quiet_card
    return {
        "risk_level": int(notice.finding.level),
        "risk_category": notice.finding.category,
        "risk_rule": notice.finding.source[:40],
        "card_key": notice.card.key if notice.card else "",
        "card_language": CARD_LANGUAGES.get(notice.language, "en") if shown else "",
        "quiet_line": notice.quiet_line,
        "quiet_card": notice.quiet_card,
    }
