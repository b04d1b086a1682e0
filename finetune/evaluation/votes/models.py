"""What one person thinks of the replies of two evaluations, pair by pair."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from finetune.evaluation.models import Evaluation


class Ballot(models.Model):
    """One person's votes on the pairs of a run's replies and its base's.

    While it is open the person can change each vote and sees no result; once it is finished they
    see who is who, and the votes stand.
    """

    class Choice(models.TextChoices):
        RUN = "run"
        BASE = "base"
        GOOD = "good"
        BAD = "bad"

    evaluation = models.ForeignKey(
        Evaluation, on_delete=models.CASCADE, related_name="ballots", help_text="The run's."
    )
    other = models.ForeignKey(
        Evaluation, on_delete=models.CASCADE, related_name="+", help_text="The base's."
    )
    voter = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    choices = models.JSONField(
        default=dict, blank=True, help_text="By the line of a pair: run, base, good or bad."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(
        null=True, blank=True, help_text="When the person saw who is who."
    )

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["evaluation", "other", "voter"], name="one_ballot_a_person"
            )
        ]

    def __str__(self) -> str:
        return f"{self.evaluation.public_id}: {len(self.choices)} votes"
