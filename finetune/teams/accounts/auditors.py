"""People who look at everything in the console and change nothing: the group “Auditors”."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.contrib.auth.models import Group, Permission
from django.db.models.signals import post_migrate

GROUP = "Auditors"


def auditors() -> Group:
    return Group.objects.get(name=GROUP)


def auditors_follow() -> None:
    """Called when the apps are ready: Django's own receiver, which makes the rights, stands before
    this one then."""
    post_migrate.connect(auditors_keep)


def auditors_keep(app_config: AppConfig, using: str, **_: Any) -> None:
    """After each migration: the group may view every kind of row, and nothing else.

    What is read of people's words needs rights of its own beside (`docs/admin.md`, Safety).
    """
    kinds = Permission.objects.using(using).filter(content_type__app_label=app_config.label)
    group, _made = Group.objects.using(using).get_or_create(name=GROUP)
    group.permissions.add(*kinds.filter(codename__startswith="view_"))
