"""A persona and its versions, which never change: a conversation keeps the one it began with."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy

from finetune.runs.assistants import PERSONA
from finetune.teams.models import Team

LANGUAGES = {"en": gettext_lazy("English"), "zh": gettext_lazy("Chinese")}


def persona_id() -> str:
    return f"persona-{secrets.token_hex(6)}"


class Persona(models.Model):
    """A named way of speaking that a team has. Its words stand in its versions."""

    public_id = models.CharField(max_length=40, unique=True, default=persona_id, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="personas")
    slug = models.SlugField(max_length=40, help_text="Of its first name; part of its API name.")
    created_at = models.DateTimeField(default=timezone.now)
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [models.Index(fields=["team", "-created_at"], name="persona_list")]

    def __str__(self) -> str:
        return self.public_id

    @property
    def spoken_number(self) -> int | None:
        """The version that the team talks to: the newest that was published."""
        numbers = self.versions.exclude(published_at=None).values_list("number", flat=True)
        return numbers.first()

    @property
    def model(self) -> str:
        """Its name in the API; with `@2` behind it, its second version's."""
        short = self.public_id.removeprefix("persona-")
        return f"{PERSONA}{self.team.slug}:{self.slug}:{short}"


class PersonaVersion(models.Model):
    """What a persona was at one time. One that is not published is a draft."""

    persona = models.ForeignKey(Persona, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=60)
    description = models.CharField(max_length=160)
    assistant = models.CharField(max_length=200, help_text="API name of who speaks.")
    assistant_title = models.CharField(max_length=120)
    instruction = models.TextField()
    opening = models.TextField(blank=True, help_text="Shown before the first message.")
    languages = models.CharField(max_length=20, help_text="en, zh or en,zh")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    published_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["persona", "number"], name="one_version_per_number")
        ]

    def __str__(self) -> str:
        return f"{self.persona} v{self.number}"

    @property
    def model(self) -> str:
        """Its name in the API: always this version."""
        return f"{self.persona.model}@{self.number}"

    @property
    def title(self) -> str:
        """What people read: versions after the first say which they are."""
        return self.name if self.number == 1 else f"{self.name}, version {self.number}"

    @property
    def language_codes(self) -> tuple[str, ...]:
        return tuple(self.languages.split(","))

    @property
    def language_words(self) -> str:
        words = [str(LANGUAGES[code]) for code in self.language_codes]
        if len(words) == 1:
            return words[0]
        return gettext("%(one)s and %(other)s") % {"one": words[0], "other": words[1]}
