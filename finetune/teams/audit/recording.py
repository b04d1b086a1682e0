"""What Django does itself and tells by signals: signing in and out, and changes in the console."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.admin.models import ADDITION, DELETION, LogEntry, LogEntryManager
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db.models.signals import post_save
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import translation

from finetune.teams.doors import too_many_tries
from finetune.teams.models import User

from .services import audit_write

UNKNOWN = "a name that no account has"  # what was typed may be a password in the wrong field
CONSOLE = {ADDITION: "console.added", DELETION: "console.deleted"}


def is_visitor(user: Any) -> bool:
    """Somebody who talks without an account, whose visits are nobody's business."""
    return getattr(user, "visitor", None) is not None


@receiver(user_logged_in)
def signed_in(user: User, **_: Any) -> None:
    if not is_visitor(user):
        audit_write("sign_in.done", by=user)


@receiver(user_logged_out)
def signed_out(user: User | None, **_: Any) -> None:
    if user is not None and not is_visitor(user):
        audit_write("sign_in.ended", by=user)


@receiver(user_login_failed)
def sign_in_failed(
    credentials: dict[str, Any], request: HttpRequest | None = None, **_: Any
) -> None:
    """A wrong password. A try that was not even looked at is counted and not noted, so that
    nobody can fill the log."""
    if request is not None and too_many_tries(request):
        return
    name = str(credentials.get("username", ""))
    known = User.objects.filter(username=name).exists()
    audit_write("sign_in.failed", name=name if known else UNKNOWN)


def bulk_noted(
    manager: LogEntryManager, objs: Iterable[LogEntry], *arguments: Any, **options: Any
) -> Any:
    """Several lines of the console's history at once, which send no signal."""
    made = manager.get_queryset().bulk_create(objs, *arguments, **options)
    for entry in made:
        console_write(entry)
    return made


# A manager of our own would be a change of Django's model, for which it wants a migration.
setattr(LogEntryManager, "bulk_create", bulk_noted)  # noqa: B010


@receiver(post_save, sender=LogEntry)
def console_noted(instance: LogEntry, created: bool, **_: Any) -> None:
    if created:
        console_write(instance)


def console_write(entry: LogEntry) -> None:
    """One line of the console's own history, with the team whose thing it was.

    Of what belongs to talks the id is enough: a reviewer's reason may tell of a person.
    """
    model = entry.content_type.model_class() if entry.content_type else None
    thing = model._base_manager.filter(pk=entry.object_id).first() if model else None
    with translation.override("en"):
        message = entry.get_change_message()
    spoken = model is not None and model._meta.app_label == "chat"
    audit_write(
        CONSOLE.get(entry.action_flag, "console.changed"),
        thing,
        name=str(entry.object_id) if spoken else entry.object_repr,
        kind=entry.content_type.name if entry.content_type else "",
        number=str(entry.object_id or ""),
        by=entry.user,
        message="" if spoken else message[:400],
    )
