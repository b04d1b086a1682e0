"""What people ask of the queue: another priority for a run."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from finetune.exceptions import RunRefused
from finetune.runs.models import Run
from finetune.runs.transitions import by_whom, run_log
from finetune.teams.models import User

WORDS = {
    "low": Run.Priority.LOW,
    "normal": Run.Priority.NORMAL,
    "high": Run.Priority.HIGH,
    "first": Run.Priority.FIRST,
}
NAMES: dict[int, str] = {value: word for word, value in WORDS.items()}
OPERATORS = frozenset({"first"})


@transaction.atomic
def run_prioritise(*, run: Run, by: User | None, priority: str) -> Run:
    """Say how soon a run starts, among its team's; an operator may put it before all others.

    Raises:
        RunRefused: no such priority, one that only an operator gives, or the run has ended.
    """
    known = [word for word in WORDS if word not in OPERATORS or (by and by.is_superuser)]
    if priority not in known:
        raise RunRefused(
            _("“%(priority)s” is no priority that you can give; there is %(known)s.")
            % {"priority": priority[:40], "known": ", ".join(known)},
            code="invalid",
            field="priority",
        )
    run = Run.objects.select_for_update().get(pk=run.pk)
    if run.is_finished:
        raise RunRefused(
            _("“%(name)s” has ended and waits for nothing.") % {"name": run.name},
            code="wrong_state",
        )
    if run.priority != WORDS[priority]:
        run.priority = WORDS[priority]
        run.save(update_fields=["priority"])
        run_log(run, "log", f"Priority {priority}, set by {by_whom(by)}.", {"priority": priority})
    return run
