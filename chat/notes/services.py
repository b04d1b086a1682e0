"""Making, editing, sharing and deleting session notes."""

from __future__ import annotations

import secrets
from datetime import timedelta

from django.http import Http404
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from chat.conversations.exceptions import ChatRefused
from chat.conversations.models import Conversation, Message
from chat.notes.models import SessionNote
from chat.notes.quoting import Said, draft
from finetune.teams.models import User

LONGEST = 20_000
MOST_NOTES = 200  # of one person
SHARE_DAYS = {"1": 1, "7": 7, "30": 30}


def note_get(user: User, public_id: str) -> SessionNote:
    """One's own note; Http404 otherwise."""
    note = SessionNote.objects.filter(user=user, public_id=public_id).first()
    if note is None:
        raise Http404("There is no such note.")
    return note


def note_shared(public_id: str, token: str) -> SessionNote:
    """The note behind a link; Http404 for a wrong, a lapsed and a revoked one alike."""
    note = SessionNote.objects.filter(public_id=public_id).first()
    if note is None or not note.is_shared or not constant_time_compare(note.token, token):
        raise Http404("This link does not lead anywhere (any more).")
    return note


def note_create(*, user: User, conversation: Conversation) -> SessionNote:
    """Begin a note with sentences that the person wrote in this conversation.

    Raises:
        ChatRefused: there is nothing to quote, or there are too many notes.
    """
    if SessionNote.objects.filter(user=user).count() >= MOST_NOTES:
        raise ChatRefused(
            _("You have %(number)d notes, which is the limit. Delete one first.")
            % {"number": MOST_NOTES},
            code="too_many_notes",
        )
    rows = conversation.messages.filter(role=Message.Role.USER).order_by("turn")
    said = [Said(row.content, row.created_at) for row in rows]
    if not said:
        raise ChatRefused(
            _("There is nothing to quote yet. Write first."), code="empty_conversation"
        )
    return SessionNote.objects.create(
        user=user,
        conversation=conversation,
        title=_("Note of %(date)s") % {"date": date_format(timezone.localtime(), _("j F Y"))},
        text=draft(said)[:LONGEST],
    )


def note_edit(*, note: SessionNote, title: str, text: str) -> None:
    """Keep what the person made of it. There are no earlier versions."""
    title = " ".join(title.split())
    text = text.replace("\r\n", "\n").strip()
    if not title or len(title) > 120:
        raise ChatRefused(
            _("Give it a title of at most 120 characters."), code="bad_title", field="title"
        )
    if not text:
        raise ChatRefused(
            _("An empty note cannot be kept. Delete it instead."), code="empty", field="text"
        )
    if len(text) > LONGEST:
        raise ChatRefused(
            _("This is %(number)s characters long; %(longest)s fit into one note.")
            % {"number": f"{len(text):,}", "longest": f"{LONGEST:,}"},
            code="too_long",
            field="text",
        )
    note.title, note.text, note.updated_at = title, text, timezone.now()
    note.save(update_fields=["title", "text", "updated_at"])


def note_share(*, note: SessionNote, days: str) -> None:
    """Make a link that holds so many days. An earlier link of this note ends."""
    if days not in SHARE_DAYS:
        raise ChatRefused(_("Choose for how long the link holds."), code="bad_choice", field="days")
    note.share_nonce = secrets.token_hex(16)
    note.shared_until = timezone.now() + timedelta(days=SHARE_DAYS[days])
    note.save(update_fields=["share_nonce", "shared_until"])


def note_unshare(*, note: SessionNote) -> None:
    note.share_nonce, note.shared_until = "", None
    note.save(update_fields=["share_nonce", "shared_until"])
