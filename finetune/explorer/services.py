"""Experiments of the circuit explorer: asked for, computed in a process of their own, and, where a
quantum computer is among their backends, confirmed by a person before a job is planned.
"""

from __future__ import annotations

import shutil
from dataclasses import asdict, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from finetune.exceptions import StudioError
from finetune.explorer.experiment.spec import Spec
from finetune.files import alone
from finetune.hardware.chips import SIMULATOR
from finetune.hardware.costs import estimate
from finetune.hardware.jobs import job_plan
from finetune.hardware.ledger import Owner
from finetune.hardware.models import QuantumJob, QuantumKey
from finetune.queue import enqueue, lacks_messages
from finetune.teams.audit.services import audit_write
from finetune.teams.models import Team, User
from quantum.backends.base import Batch, JobState
from quantum.exceptions import CapExceededError

from .computation import computed, experiment_folder
from .models import QuantumExperiment

State = QuantumExperiment.State
MESSAGE_LASTS = timedelta(seconds=20)
CLAIM_LASTS = timedelta(seconds=5)  # from taking an experiment to holding its lock


@transaction.atomic
def experiment_create(
    *, team: Team, user: User, spec: Spec, key: QuantumKey | None = None
) -> QuantumExperiment:
    """Queue an experiment. Nothing billable is planned before `experiment_confirm`.

    Raises:
        StudioError: too many of the team's experiments wait already, or the key is another team's.
    """
    working = QuantumExperiment.objects.for_team(team).filter(
        state__in=[State.WAITING, State.COMPUTING]
    )
    if working.count() >= settings.EXPERIMENTS_WAITING:
        raise StudioError(
            _("%(count)s experiments of this team wait already. Let them finish first.")
            % {"count": working.count()},
            code="too_many",
        )
    if key is not None and key.team_id != team.pk:
        raise StudioError(_("There is no such key in this team."), code="not_found", field="key")
    if spec.hardware and not spec.chip:
        spec = replace(spec, chip=first_chip(key))
    made: QuantumExperiment = QuantumExperiment.objects.create(
        team=team,
        created_by=user,
        name=spec.title[:120],
        spec=spec.to_dict(),
        key=key if spec.hardware else None,
    )
    enqueue("experiment_run", made.pk)
    return made


def first_chip(key: QuantumKey | None) -> str:
    """The first chip that was online when the key's chips were read.

    Raises:
        StudioError: none was.
    """
    chips = key.chips if key else []
    found = [one["name"] for one in chips if one["online"] and SIMULATOR not in one["name"]]
    if not found:
        raise StudioError(
            _(
                "No chip of this key was online when they were read last. Name one, or press “Read "
                "again” beside the key."
            ),
            code="no_chip",
            field="chip",
        )
    return str(found[0])


def experiment_run(experiment_id: int) -> None:
    """Compute one experiment; a message that comes twice finds nothing to claim."""
    taken = QuantumExperiment.objects.filter(pk=experiment_id, state=State.WAITING).update(
        state=State.COMPUTING, started_at=timezone.now(), message=""
    )
    if not taken:
        return
    experiment: QuantumExperiment = QuantumExperiment.objects.select_related("team", "key").get(
        pk=experiment_id
    )
    with alone(lock_of(experiment)):
        compute(experiment)


def lock_of(experiment: QuantumExperiment) -> Path:
    """Held while it is computed."""
    return experiment_folder(experiment) / "lock"


def compute(experiment: QuantumExperiment) -> None:
    """Compute an experiment that this worker holds."""
    try:
        found = computed(experiment, {})
    except StudioError as error:
        finish(experiment, State.FAILED, message=error.message)
        return
    if found.get("problem"):
        finish(experiment, State.FAILED, message=found["problem"])
    elif found["batches"]:
        confirm_prepare(experiment, found)
    else:
        finish(experiment, State.DONE, result=found)


def confirm_prepare(experiment: QuantumExperiment, found: dict[str, Any]) -> None:
    """Keep what is computed so far, with the estimate that the person will be asked about."""
    batches = [Batch.from_json(text) for text in found["batches"]]
    cost = estimate(batches)
    found["estimate"] = asdict(cost)
    QuantumExperiment.objects.filter(pk=experiment.pk, state=State.COMPUTING).update(
        state=State.CONFIRM, result=found
    )


@transaction.atomic
def experiment_confirm(*, experiment: QuantumExperiment, user: User) -> QuantumExperiment:
    """Plan the jobs of a prepared experiment: all of them or none.

    Raises:
        StudioError: it does not wait for this, its key is gone, or a cap would be passed.
    """
    # PostgreSQL refuses to lock a row that may not be there, as a key may be deleted.
    rows = QuantumExperiment.objects.select_for_update(of=("self",)).select_related("key")
    row: QuantumExperiment = rows.get(pk=experiment.pk)
    if row.state != State.CONFIRM:
        raise StudioError(
            _("This experiment does not wait for a confirmation."), code="wrong_state"
        )
    if row.key is None:
        raise StudioError(
            _("Its key has been deleted. Start the experiment again with another key."),
            code="key_gone",
        )
    owner = Owner(
        team=row.team,
        public_id=row.public_id,
        link={"experiment": row},
        created_by=user,
        key=row.key,
        chip=row.spec.get("chip", ""),
    )
    try:
        for text in row.result["batches"]:
            job_plan(Batch.from_json(text), owner)
    except CapExceededError as error:
        raise StudioError(str(error), code="cap_exceeded") from error
    circuits = sum(job.circuits for job in row.jobs.all())
    audit_write("quantum.agreed", row, by=user, circuits=circuits)
    row.state = State.SENT
    row.save(update_fields=["state"])
    return row


@transaction.atomic
def experiment_skip(*, experiment: QuantumExperiment) -> QuantumExperiment:
    """Leave the quantum computer out: what is computed already is the result.

    Raises:
        StudioError: it does not wait for a confirmation.
    """
    row: QuantumExperiment = QuantumExperiment.objects.select_for_update().get(pk=experiment.pk)
    if row.state != State.CONFIRM:
        raise StudioError(
            _("This experiment does not wait for a confirmation."), code="wrong_state"
        )
    columns_end(row.result, "skipped", "Not sent, as you decided.")
    row.result["batches"] = []
    finish(row, State.DONE, result=row.result, expected=State.CONFIRM)
    row.refresh_from_db()
    return row


def experiment_collect(experiment_id: int) -> None:
    """When every job of an experiment has ended, work out its values."""
    experiment: QuantumExperiment | None = (
        QuantumExperiment.objects.select_related("team", "key")
        .filter(pk=experiment_id, state=State.SENT)
        .first()
    )
    if experiment is None:
        return
    wanted = {Batch.from_json(text).fingerprint() for text in experiment.result["batches"]}
    jobs = {
        job.fingerprint: job
        for job in QuantumJob.objects.filter(experiment=experiment, fingerprint__in=wanted)
    }
    if any(job.is_live or job.needs_decision for job in jobs.values()):
        return
    result = experiment.result
    failed = [job for job in jobs.values() if job.state != JobState.DONE]
    if failed or len(jobs) < len(wanted):
        words = failed[0].message if failed else "a job was removed"
        columns_end(result, "failed", f"No result from the quantum computer: {words}")
    else:
        try:
            found = computed(experiment, {one.fingerprint: one.result for one in jobs.values()})
        except StudioError as error:
            found = {"problem": error.message}
        if found.get("problem"):
            columns_end(result, "failed", found["problem"])
        else:
            hardware = {
                column["name"]: column
                for column in found["backends"]
                if column["name"] in Spec.from_dict(experiment.spec).hardware
            }
            result["backends"] = [hardware.get(one["name"], one) for one in result["backends"]]
    result["batches"] = []  # the jobs keep them
    finish(experiment, State.DONE, result=result, expected=State.SENT)


def columns_end(result: dict[str, Any], state: str, message: str) -> None:
    for column in result["backends"]:
        if column["state"] == "waiting":
            column |= {"state": state, "message": message}


def finish(
    experiment: QuantumExperiment,
    state: str,
    *,
    expected: str = State.COMPUTING,
    message: str = "",
    **changes: Any,
) -> None:
    QuantumExperiment.objects.filter(pk=experiment.pk, state=expected).update(
        state=state, message=message, finished_at=timezone.now(), **changes
    )


@transaction.atomic
def experiment_delete(*, experiment: QuantumExperiment) -> None:
    """Remove an experiment and its drawings; its jobs stay in the ledger.

    Raises:
        StudioError: it is at work.
    """
    if experiment.state in QuantumExperiment.LIVE:
        raise StudioError(_("It is at work. Wait for its end."), code="wrong_state")
    QuantumExperiment.objects.filter(pk=experiment.pk).delete()
    folder = experiment_folder(experiment)
    transaction.on_commit(lambda: shutil.rmtree(folder, ignore_errors=True))


def experiments_recheck() -> None:
    """Go on with experiments whose message, or whose worker, was lost, in their order."""
    now = timezone.now()
    rows = QuantumExperiment.objects.all()
    for row in rows.filter(state=State.COMPUTING, started_at__lt=now - CLAIM_LASTS):
        with alone(lock_of(row)) as nobody_works:
            if nobody_works:
                finish(
                    row, State.FAILED, message="The worker that computed it was lost. Run it again."
                )
    at_work = [*QuantumJob.LIVE, JobState.SUBMIT_UNKNOWN]
    recent = QuantumJob.objects.filter(updated_at__gt=now - MESSAGE_LASTS)
    sent = rows.filter(state=State.SENT).exclude(jobs__state__in=at_work)
    waiting = rows.filter(state=State.WAITING, created_at__lt=now - MESSAGE_LASTS)
    due = [
        ("experiment_collect", row.pk)
        for row in sent.order_by("created_at", "id")
        if not recent.filter(experiment=row).exists()
    ]
    due += [("experiment_run", row.pk) for row in waiting.order_by("created_at", "id")]
    if lacks_messages("explorer", len(due)):
        for task, pk in due:
            enqueue(task, pk)
