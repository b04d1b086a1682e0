"""A team's share of the workers and its quotas, and how much of the workers it has had lately."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Self

from django.core.validators import MinValueValidator
from django.db import models
from django.utils import timezone

from finetune.teams.models import Team

HALF_LIFE = timedelta(hours=24)  # after which worker time that was had counts half
WINDOW = timedelta(days=30)  # over which steps and provider seconds are counted


class TeamQuota(models.Model):
    """One team's row; a team without one has one share and no quota."""

    team = models.OneToOneField(Team, on_delete=models.CASCADE, related_name="quota")
    share = models.PositiveSmallIntegerField(
        default=1,
        validators=[MinValueValidator(1)],
        help_text="A team with 2 gets twice as much worker time as one with 1 while both wait.",
    )
    runs_at_once = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="Most runs that workers carry out at one time; others wait. Empty: no limit.",
    )
    steps = models.PositiveIntegerField(
        null=True, blank=True, help_text="Most steps in 30 days. Empty: no limit."
    )
    provider_seconds = models.PositiveIntegerField(
        null=True,
        blank=True,
        help_text="Most seconds of quantum processors in 30 days, by the longest guess. Empty: no "
        "limit.",
    )
    used_seconds = models.FloatField(
        default=0.0, editable=False, help_text="Worker time had; half of it counts a day later."
    )
    used_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = "share and quotas"
        verbose_name_plural = "share and quotas"

    def __str__(self) -> str:
        return f"share and quotas of {self.team}"

    @classmethod
    def of(cls, team_id: int) -> Self:
        """The team's row, or what holds for a team that has none."""
        return cls.objects.filter(team_id=team_id).first() or cls(team_id=team_id)

    @classmethod
    def locked(cls, team_id: int) -> Self:
        """The team's row, held until the transaction ends, so that two requests never both fit."""
        cls.objects.get_or_create(team_id=team_id)
        return cls.objects.select_for_update().get(team_id=team_id)

    def used_by(self, now: datetime) -> float:
        """Worker seconds that count at a moment."""
        halvings = (now - self.used_at) / HALF_LIFE
        return float(self.used_seconds * 0.5 ** max(0.0, halvings))
