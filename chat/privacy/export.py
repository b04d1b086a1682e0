"""A copy of one talk or of all that a person has in the chat: Markdown to read, JSON for programs.

Who wrote what is said as the page says it, so the names of a blind comparison stay hidden here too.
The words around are English, whatever the language of the page: a file may be read elsewhere.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

from django.db.models import prefetch_related_objects
from django.utils import timezone
from django.utils.translation import override

from chat.consent.models import Consent
from chat.conversations.models import ChatPreference, Conversation, Message, Vote
from chat.conversations.selectors import Turn, turns_of, writer_of
from chat.notes.models import SessionNote
from chat.notices.words import notice_text
from chat.personas.selectors import opening_of
from chat.privacy.models import DeletionReceipt
from chat.privacy.services import choice_of
from chat.ratings.models import Rating
from chat.safety.cards import card_get, language_of
from finetune.teams.models import User

README = """A copy of your chats, made on {at}.

conversations/  each conversation as text (.md, with the newest of several replies) and for
                programs (.json, with all of them)
notes/          your session notes
about-you.json  what you agreed to and when, what you chose, receipts of what was deleted

Conversations that you deleted a few minutes ago and could still bring back are among them.
Incognito talks were never stored, so none is here. The site's safety log holds none of your words.
Whoever can open this file can read all of it: keep it where only you look.
"""


def export_zip(user: User) -> bytes:
    """The whole copy as one ZIP file."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files(user):
            archive.writestr(name, text)
    return buffer.getvalue()


def files(user: User) -> Iterator[tuple[str, str]]:
    """Name and text of each file."""
    yield "README.txt", README.format(at=stamp(timezone.now()))
    talks = Conversation.objects.filter(user=user).order_by("created_at", "id")
    related = talks.select_related("branched_from")
    for talk in related.prefetch_related("messages__rating", "votes"):
        stem = f"conversations/{talk.created_at:%Y-%m-%d}-{talk.public_id}"
        yield f"{stem}.json", conversation_json(talk)
        yield f"{stem}.md", conversation_markdown(talk)
    for note in SessionNote.objects.filter(user=user).order_by("created_at", "id"):
        stem = f"notes/{note.created_at:%Y-%m-%d}-{note.public_id}"
        yield f"{stem}.md", f"# {note.title}\n\n{note.text}\n"
        yield f"{stem}.json", as_json(note_data(note))
    yield "about-you.json", as_json(person_data(user))


def as_json(data: dict[str, Any]) -> str:
    return json.dumps(data, ensure_ascii=False, indent=2) + "\n"


def stamp(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat(timespec="seconds") if at else None


def messages_of(talk: Conversation) -> list[Message]:
    prefetch_related_objects([talk], "messages__rating")
    return sorted(talk.messages.all(), key=lambda one: (one.turn, one.pk))


def conversation_json(talk: Conversation) -> str:
    return as_json(conversation_data(talk, messages_of(talk)))


@override("en")
def conversation_data(talk: Conversation, messages: list[Message]) -> dict[str, Any]:
    begun = opening_of(talk)
    return {
        "id": talk.public_id,
        "title": talk.title,
        "created_at": stamp(talk.created_at),
        "updated_at": stamp(talk.updated_at),
        "deleted_at": stamp(talk.deleted_at),
        "pinned": talk.pinned_at is not None,
        "branch_of": talk.branched_from.public_id if talk.branched_from else None,
        "first_own_turn": talk.branched_at or 1,
        "opening_line": begun.opening if begun else "",
        "messages": [message_data(talk, message) for message in messages],
        "votes": [vote_data(vote) for vote in talk.votes.all()],
    }


def vote_data(vote: Vote) -> dict[str, Any]:
    return {
        "turn": vote.turn,
        "choice": vote.choice,
        "blind": vote.blind,
        "shared_at": stamp(vote.shared_at),
        "created_at": stamp(vote.created_at),
    }


def rating_data(message: Message) -> dict[str, Any] | None:
    """What the person said of a reply."""
    rating: Rating | None = getattr(message, "rating", None)
    if rating is None:
        return None
    return {
        "helpful": rating.helpful,
        "words": rating.words,
        "blind": rating.blind,
        "shared_at": stamp(rating.shared_at),
        "rated_at": stamp(rating.rated_at),
    }


def message_data(talk: Conversation, message: Message) -> dict[str, Any]:
    """One message with what the page showed beside it."""
    return {
        "id": message.public_id,
        "turn": message.turn,
        "role": message.role,
        "written_by": writer_of(talk, message),
        "reviewed_words": [
            {"id": name, "version": version}
            for name, version in zip(
                filter(None, message.reviewed_id.split(" + ")),
                message.reviewed_version.split(" + "),
                strict=False,
            )
        ],
        "side": message.side,
        "variant": message.variant,
        "text": message.content,
        "state": message.state,
        "notice": notice_text(message.notice, language_of(message.content)),
        "help_card": card_heading(message.card_key, message.card_language),
        "line_after_a_card": message.quiet_line,
        "copy_of": message.copied_from or None,
        "read_from_turn": message.reads_from,
        "told_of_the_rest": message.told,
        "rating": rating_data(message),
        "created_at": stamp(message.created_at),
        "finished_at": stamp(message.finished_at),
    }


def card_heading(key: str, language: str) -> str:
    """What stood at the top of the card; empty where there was none."""
    return card_get(key, language).heading if key else ""


@override("en")
def conversation_markdown(talk: Conversation) -> str:
    """The talk to read: of several replies the newest, each text quoted, so that no mark in it
    runs into the next one's words."""
    messages = messages_of(talk)
    last = messages[-1].turn if messages else 0
    parts = [
        f"# {talk.title}",
        f"Begun {stamp(talk.created_at)}. Replies are written by an AI, not a person.",
    ]
    if begun := opening_of(talk):
        parts += [f"**{begun.title}** · opening line", quoted(begun.opening)]
    for turn in turns_of(talk, messages, last):
        parts += turn_markdown(turn)
    return "\n\n".join(parts) + "\n"


def turn_markdown(turn: Turn) -> list[str]:
    asked = turn.message
    notice = notice_text(asked.notice, language_of(asked.content))
    parts = [f"*{notice}*"] if notice else []
    parts += [heading("You", asked), quoted(asked.content)]
    if turn.card:
        parts.append(f"*Shown here: a card with help lines, “{turn.card.heading}”*")
    elif asked.quiet_line:
        parts.append(f"*Shown here: {asked.quiet_line}*")
    for place in turn.shown:
        reply = place.reply
        parts += [heading(place.label, reply), quoted(reply.content)]
        parts += unread_markdown(reply)
        if reply.state != Message.State.DONE:
            parts.append(f"*{reply.get_state_display()}*")
        parts += rating_markdown(reply)
    return parts


def heading(who: str, message: Message) -> str:
    copied = " · copied from another talk" if message.copied_from else ""
    return f"**{who}** · {stamp(message.created_at)}{copied}"


def unread_markdown(reply: Message) -> list[str]:
    """What its assistant did not read of the talk, and what it was told instead."""
    if not reply.unread_turns:
        return []
    told = "It was told:" if reply.told else "It was told nothing of them."
    line = f"*Written without reading turns 1 to {reply.unread_turns}. {told}*"
    return [line, *([quoted(reply.told)] if reply.told else [])]


def rating_markdown(reply: Message) -> list[str]:
    rating = rating_data(reply)
    if rating is None:
        return []
    verdict = "Helpful" if rating["helpful"] else "Not helpful"
    return [f"*You rated it: {verdict}*", *([quoted(rating["words"])] if rating["words"] else [])]


def quoted(text: str) -> str:
    lines = (text or "(no words)").splitlines() or [""]
    return "\n".join(f"> {line}".rstrip() for line in lines)


def note_data(note: SessionNote) -> dict[str, Any]:
    return {
        "id": note.public_id,
        "title": note.title,
        "text": note.text,
        "created_at": stamp(note.created_at),
        "updated_at": stamp(note.updated_at),
        "shared_until": stamp(note.shared_until),
    }


def person_data(user: User) -> dict[str, Any]:
    preference = ChatPreference.objects.filter(user=user).first()
    choice = choice_of(user)
    consents = Consent.objects.filter(user=user).order_by("given_at", "id")
    receipts = DeletionReceipt.objects.filter(user=user).order_by("at", "id")
    return {
        "name": user.username,
        "consents": [
            {
                "version": one.version,
                "language": one.language,
                "given_at": stamp(one.given_at),
                "withdrawn_at": stamp(one.withdrawn_at),
            }
            for one in consents
        ],
        "choices": {
            "country": preference.country if preference else "",
            "keep_days": choice.keep_days,
            "tab": choice.tab,
        },
        "receipts": [receipt_data(one) for one in receipts],
    }


def receipt_data(receipt: DeletionReceipt) -> dict[str, Any]:
    return {
        "id": receipt.public_id,
        "at": stamp(receipt.at),
        "reason": receipt.reason,
        "deleted": receipt.counts,
    }
