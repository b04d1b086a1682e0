"""A copy of everything that a person has in the chat: Markdown to read, JSON for programs."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from datetime import datetime
from io import BytesIO
from typing import Any

from django.utils import timezone

from chat.consent.models import Consent
from chat.conversations.models import ChatPreference, Conversation, Message, Vote
from chat.conversations.sides import side_name
from chat.notes.models import SessionNote
from chat.privacy.models import DeletionReceipt
from chat.privacy.services import choice_of
from chat.ratings.models import Rating
from finetune.teams.models import User

README = """A copy of your chats, made on {at}.

conversations/  each conversation as text (.md) and for programs (.json)
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
    for talk in talks.prefetch_related("messages__rating", "votes"):
        stem = f"conversations/{talk.created_at:%Y-%m-%d}-{talk.public_id}"
        messages = sorted(talk.messages.all(), key=lambda one: (one.turn, one.pk))
        yield f"{stem}.json", as_json(conversation_data(talk, messages))
        yield f"{stem}.md", conversation_markdown(talk, messages)
    for note in SessionNote.objects.filter(user=user).order_by("created_at", "id"):
        stem = f"notes/{note.created_at:%Y-%m-%d}-{note.public_id}"
        yield f"{stem}.md", f"# {note.title}\n\n{note.text}\n"
        yield f"{stem}.json", as_json(note_data(note))
    yield "about-you.json", as_json(person_data(user))


def as_json(data: dict[str, Any]) -> str:
    return json.dumps(data, ensure_ascii=False, indent=2) + "\n"


def stamp(at: datetime | None) -> str | None:
    return at.isoformat(timespec="seconds") if at else None


def writer(talk: Conversation, message: Message) -> str:
    """Who wrote it; a comparison's names stay hidden until the first vote here too."""
    if message.role == Message.Role.USER:
        return "You"
    if talk.names_hidden:
        return side_name(message.side, len(talk.sides))
    return message.assistant_title


def conversation_data(talk: Conversation, messages: list[Message]) -> dict[str, Any]:
    return {
        "id": talk.public_id,
        "title": talk.title,
        "created_at": stamp(talk.created_at),
        "updated_at": stamp(talk.updated_at),
        "deleted_at": stamp(talk.deleted_at),
        "messages": [
            {
                "id": message.public_id,
                "turn": message.turn,
                "role": message.role,
                "written_by": writer(talk, message),
                "side": message.side,
                "variant": message.variant,
                "text": message.content,
                "state": message.state,
                "help_card": bool(message.card_key),
                "rating": rating_data(message),
                "created_at": stamp(message.created_at),
            }
            for message in messages
        ],
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


def conversation_markdown(talk: Conversation, messages: list[Message]) -> str:
    parts = [f"# {talk.title}", f"{stamp(talk.created_at)} · written with an AI"]
    for message in messages:
        again = f" (reply {message.variant})" if message.variant > 1 else ""
        parts += [f"**{writer(talk, message)}**{again}", message.content or "*no words*"]
    return "\n\n".join(parts) + "\n"


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
