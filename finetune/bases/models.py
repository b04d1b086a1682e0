"""Base models that runs start from."""

from __future__ import annotations

from django.db import models

from .expectations import expectation


class BaseModel(models.Model):
    """A base language model: a local folder or a hub id. Shared by all teams, added by an admin."""

    class State(models.TextChoices):
        CHECKING = "checking", "Being checked"
        READY = "ready", "Ready"
        FAILED = "failed", "Cannot be used"

    slug = models.SlugField(max_length=60, unique=True, help_text="Its name in the API.")
    title = models.CharField(max_length=100)
    source = models.CharField(max_length=400, help_text="A local folder, or a model hub id.")
    licence = models.CharField(max_length=60, blank=True)
    note = models.CharField(
        max_length=300, blank=True, help_text="What a reader of results must know about it."
    )
    state = models.CharField(max_length=10, choices=State, default=State.CHECKING)
    problem = models.TextField(blank=True)
    parameters = models.BigIntegerField(default=0)
    max_positions = models.IntegerField(default=0)
    languages = models.JSONField(
        default=list, blank=True, help_text="Languages that it can have learnt; none: not known."
    )
    shapes = models.JSONField(
        default=dict, blank=True, help_text="Linear module name to (out features, in features)."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["parameters", "slug"]

    def __str__(self) -> str:
        return self.title

    @property
    def linear_shapes(self) -> dict[str, tuple[int, int]]:
        return {name: (int(pair[0]), int(pair[1])) for name, pair in self.shapes.items()}

    @property
    def expectation(self) -> str:
        return expectation(self.parameters)
