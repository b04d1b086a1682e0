"""A choice of shared pairs that a reviewer is asked to sign. It holds none of their words."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy

from finetune.datasets.models import Dataset
from finetune.teams.models import Team


def pair_set_id() -> str:
    return f"pairs-{secrets.token_hex(8)}"


class PairSet(models.Model):
    """Pairs by their marks: what is not shared any more when it is signed is not in the data."""

    class State(models.TextChoices):
        ASKED = "asked", gettext_lazy("Waits for a reviewer")
        SIGNED = "signed", gettext_lazy("Signed")
        REFUSED = "refused", gettext_lazy("Refused")

    public_id = models.CharField(max_length=40, unique=True, default=pair_set_id, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="pair_sets")
    name = models.CharField(max_length=120)
    marks = models.JSONField(help_text="Ids of the pairs, as in the team's file.")
    state = models.CharField(max_length=8, choices=State, default=State.ASKED)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    asked_at = models.DateTimeField(default=timezone.now)
    reviewer = models.CharField(max_length=150, blank=True)
    words = models.CharField(max_length=1000, blank=True, help_text="The reviewer's.")
    answered_at = models.DateTimeField(null=True, blank=True)
    dataset = models.ForeignKey(
        Dataset, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        ordering = ["-id"]
        permissions = [("sign_preferences", "Can sign for pairs that become training data")]

    def __str__(self) -> str:
        return self.name

    @property
    def is_asked(self) -> bool:
        return self.state == self.State.ASKED
