"""Base models that runs start from, and what is downloaded of them."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from .catalogue.sizes import Sizes
from .expectations import expectation


class BaseModel(models.Model):
    """A base language model: a local folder or a hub id. Shared by all teams, added by an admin."""

    class State(models.TextChoices):
        CHECKING = "checking", "Being checked"
        READY = "ready", "Ready"
        FAILED = "failed", "Cannot be used"

    slug = models.SlugField(max_length=60, unique=True, help_text="Its name in the API.")
    title = models.CharField(max_length=100)
    source = models.CharField(max_length=400, help_text="A folder, or a GGUF file.")
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
    revision = models.CharField(
        max_length=40, blank=True, help_text="The hub's commit that its files are of."
    )
    sizes = models.JSONField(default=dict, blank=True, help_text="What memory depends on.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["parameters", "slug"]

    def __str__(self) -> str:
        return self.title

    @property
    def linear_shapes(self) -> dict[str, tuple[int, int]]:
        return {name: (int(pair[0]), int(pair[1])) for name, pair in self.shapes.items()}

    @property
    def memory(self) -> Sizes | None:
        """What memory depends on, where it is known."""
        return Sizes.read(self.sizes)

    @property
    def expectation(self) -> str:
        return expectation(self.parameters)


class BaseDownload(models.Model):
    """One model of the hub that was asked for, and the revision that it is held to from then on.

    The row stays when the base goes: the next download is of the same revision. Deleting the row
    in the console lets go of it.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        LOADING = "loading", "Downloading"
        DONE = "done", "Downloaded"
        FAILED = "failed", "Failed"
        STOPPED = "stopped", "Stopped"

    OPEN = (State.WAITING, State.LOADING)

    slug = models.SlugField(max_length=60, unique=True, help_text="The base's name in the API.")
    title = models.CharField(max_length=100)
    repository = models.CharField(
        max_length=200, help_text="Its name at the hub, as Qwen/Qwen3-4B."
    )
    revision = models.CharField(
        max_length=40, blank=True, help_text="The commit, from the first download on."
    )
    files = models.JSONField(default=list, blank=True, help_text="Each with its size and hash.")
    licence = models.CharField(max_length=60, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    stop_asked = models.BooleanField(default=False)
    done = models.BigIntegerField(default=0, help_text="Bytes that are here.")
    total = models.BigIntegerField(default=0, help_text="Bytes in all, once the hub has told.")
    code = models.CharField(max_length=20, blank=True, help_text="What is wrong, by its name.")
    facts = models.JSONField(default=dict, blank=True)
    problem = models.TextField(blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Who has accepted the licence here.",
    )
    accepted_at = models.DateTimeField(null=True, blank=True)
    base = models.OneToOneField(
        BaseModel, null=True, blank=True, on_delete=models.SET_NULL, related_name="download"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-created_at"]
        verbose_name = "download of a base model"
        verbose_name_plural = "downloads of base models"

    def __str__(self) -> str:
        return self.title

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN

    @property
    def percent(self) -> int:
        return min(100, 100 * self.done // self.total) if self.total else 0
