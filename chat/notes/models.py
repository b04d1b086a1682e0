"""A session note, and the link by which its person shares it."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.crypto import salted_hmac

from chat.conversations.models import Conversation


def note_id() -> str:
    return f"note-{secrets.token_hex(12)}"


class SessionNote(models.Model):
    """What a person wants to remember or tell somebody. It stays when its conversation goes."""

    public_id = models.CharField(max_length=40, unique=True, default=note_id, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="session_notes"
    )
    conversation = models.ForeignKey(
        Conversation, null=True, on_delete=models.SET_NULL, related_name="session_notes"
    )
    title = models.CharField(max_length=120)
    text = models.TextField()
    share_nonce = models.CharField(
        max_length=40, blank=True, help_text="The link is made of it and the site's secret key."
    )
    shared_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-updated_at", "-id"]
        indexes = [models.Index(fields=["user", "-updated_at"], name="note_list")]

    def __str__(self) -> str:
        return self.public_id

    @property
    def is_shared(self) -> bool:
        return bool(self.share_nonce and self.shared_until and self.shared_until > timezone.now())

    @property
    def token(self) -> str:
        """What stands in the link. The database alone does not tell it."""
        return salted_hmac(
            "chat.notes", f"{self.public_id}.{self.share_nonce}", algorithm="sha256"
        ).hexdigest()
