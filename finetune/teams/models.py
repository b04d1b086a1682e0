"""People, the teams that own everything, the keys and links that let people in, and sent forms."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy

from .keys.rights import ALL, SHORT


class User(AbstractUser):
    """A person. Accounts are made by an administrator; what a person sees follows from teams."""


class Team(models.Model):
    """The owner of data sets, runs, conversations and keys."""

    name = models.CharField(max_length=80)
    slug = models.SlugField(max_length=40, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    members = models.ManyToManyField(
        settings.AUTH_USER_MODEL, through="Membership", related_name="teams"
    )

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """One person in one team. Owners manage members; both roles use everything else."""

    class Role(models.TextChoices):
        OWNER = "owner", gettext_lazy("Owner")
        MEMBER = "member", gettext_lazy("Member")

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships"
    )
    role = models.CharField(max_length=10, choices=Role, default=Role.MEMBER)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "user"], name="one_membership")]

    def __str__(self) -> str:
        return f"{self.user} in {self.team}"


class Invitation(models.Model):
    """A name that an owner has typed. Whether an account of that name exists is not looked at; its
    person sees the invitation after signing in, and is in the team once it is accepted."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="invitations")
    name = models.CharField(max_length=150, help_text="As it was typed.")
    folded = models.CharField(max_length=450, editable=False, help_text="Without its case.")
    role = models.CharField(max_length=10, choices=Membership.Role, default=Membership.Role.MEMBER)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    declined_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="Shown to nobody: a refusal would tell that the name exists.",
    )

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["team", "folded"], name="one_invitation_per_name")
        ]
        indexes = [models.Index(fields=["folded"], name="invitation_name")]

    def __str__(self) -> str:
        return f"{self.name} to {self.team}"


class ApiKey(models.Model):
    """A key for the REST endpoints, bound to one team. Only its hash is stored."""

    class Scope(models.TextChoices):
        GATED = "", gettext_lazy("Behind the gate")
        UNGATED = "ungated", gettext_lazy("Without the gate, for evaluation")

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="keys")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_keys"
    )
    name = models.CharField(max_length=60)
    prefix = models.CharField(max_length=16, help_text="The first characters, to tell keys apart.")
    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the whole key.")
    scope = models.CharField(
        max_length=10,
        choices=Scope,
        blank=True,
        default=Scope.GATED,
        help_text="Whether chat replies pass the gate. Only an operator can take it away.",
    )
    rights = models.CharField(
        max_length=100,
        default=ALL,
        verbose_name="scopes",
        help_text="What it may do: “all”, or scopes with spaces between them.",
    )
    expires_at = models.DateTimeField(null=True, blank=True)
    requests_per_minute = models.PositiveIntegerField(
        null=True, blank=True, help_text="Empty: as many as the site lets every key send."
    )
    processor_hours = models.PositiveIntegerField(
        null=True,
        blank=True,
        help_text="After which it starts no more runs in 30 days. Empty: no limit.",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        verbose_name = "API key"
        permissions = [("ungate_apikey", "Can let a key get replies without the gate")]
        indexes = [models.Index(fields=["team", "revoked_at", "-created_at"], name="api_key_list")]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @property
    def expired(self) -> bool:
        return self.expires_at is not None and self.expires_at <= timezone.now()

    @property
    def may(self) -> frozenset[str]:
        """Its scopes; `ALL` among them for every one."""
        return frozenset(self.rights.split())

    @property
    def rights_shown(self) -> list[str]:
        return [str(SHORT[right]) for right in self.rights.split() if right in SHORT]


class SignInLink(models.Model):
    """A link that signs one person in once, within an hour. Only its hash is stored."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        state = "used" if self.used_at else "open" if self.expires_at > timezone.now() else "lapsed"
        return f"sign-in link of {self.user} ({state})"


class Submission(models.Model):
    """One sent form of one person. The row and what it made are kept in the same transaction."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="submissions"
    )
    digest = models.CharField(max_length=64, help_text="SHA-256 of the form's token and fields.")
    made = models.CharField(max_length=80, help_text="Public id of what it made.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "digest"], name="one_submission_per_form")
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.made}"
