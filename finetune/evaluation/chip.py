"""A ladder's rung on a machine that costs money: what it takes, what was agreed to, its jobs.

The same consent as for a run, the same ledger and the same caps; the evaluation is their scope.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from finetune.exceptions import RunRefused, StudioError
from finetune.hardware.jobs import job_can_cancel, job_cancel, job_plan
from finetune.hardware.ledger import Owner
from finetune.hardware.models import QuantumJob, QuantumKey
from finetune.hardware.selectors import tariff
from finetune.runs.checks import Agreement
from finetune.runs.form.spending import agreement_check
from finetune.runs.models import Run
from finetune.runs.queue.quotas import provider_check
from finetune.runs.worker.carrier import LONG, Carrier
from finetune.teams.models import User
from finetune.training.circuits.backends import backends_of, cloud_limits
from finetune.training.circuits.exchange import FOLDER
from finetune.training.circuits.sampling_plan import SamplingPlan, sampling_plan
from finetune.training.exceptions import BadConfig
from finetune.training.settings import RunSettings
from quantum.adapters.registry import get_adapter
from quantum.adapters.spec import targeted
from quantum.backends.base import Batch
from quantum.exceptions import OptionError
from quantum.jobs.caps import Cap

from .models import Evaluation
from .process.order import Terms

log = logging.getLogger(__name__)
CHIP = "wukong"
LIMITS = ("circuits", "shots", "seconds")


def chip_plan(run: Run, chip: str, terms: Terms) -> SamplingPlan:
    """What the rung sends: the values of the start, then those of the trained angles.

    Raises:
        StudioError: these circuits are not sampled, or there is no such chip.
    """
    no_circuit = StudioError(
        _(
            "Its circuits hold the data, one for each token and layer: they are simulated exactly, "
            "and none can be sent."
        ),
        code="no_circuit",
        field="chip",
    )
    if CHIP not in backends_of(get_adapter(run.settings.adapter)):
        raise no_circuit
    try:
        settings = chip_settings(run.settings, chip, terms.shots)
        plan = sampling_plan(settings, targeted(run.base.linear_shapes, settings.targets))
    except (OptionError, BadConfig) as error:
        raise StudioError(str(error), code="invalid_value", field="chip") from None
    if plan is None:
        raise no_circuit
    return replace(plan, step=replace(plan.step, times=0))


def chip_settings(settings: RunSettings, chip: str, shots: int) -> RunSettings:
    """A run's settings as if it went on for a moment on the chip.

    Raises:
        OptionError, BadConfig: there is no such chip.
    """
    options = {"chip": chip} if chip else {}
    shots = min(shots, cloud_limits(CHIP, options).max_shots or shots)  # as the ladder does
    return settings.changed(
        backend=CHIP,
        backend_options=options,
        adapter_options={**settings.adapter_options, "shots": shots},
        steps=1,
        eval_every=0,
    )


def chip_agreed(
    run: Run, chip: str, terms: Terms, agreement: Agreement | None, user: User | None
) -> dict[str, Any]:
    """The agreement as the evaluation keeps it.

    Raises:
        StudioError: nobody agreed, the key is not the team's, or more is needed than was agreed
            to, or than the team's quota has left.
    """
    plan = chip_plan(run, chip, terms)
    cost = plan.cost(tariff())
    try:
        spending = agreement_check(
            cost,
            agreement,
            team=run.team,
            user=user,
            chip=str(chip_settings(run.settings, chip, terms.shots).machine["chip"]),
            title=plan.backend.title,
            hint=_("Take fewer shots; an administrator can raise the cap."),
            field="shots",
        )
        provider_check(run.team, cost.seconds[1])
    except RunRefused as error:
        field = "shots" if error.field == "steps" else error.field
        raise StudioError(error.message, code=error.code, field=field) from error
    return spending


class ChipCarrier(Carrier):
    """Carries the circuits of one ladder between its process and the ledger."""

    after_failure = "Look at it on the Quantum page."

    def __init__(self, evaluation: Evaluation) -> None:
        super().__init__(evaluation.folder / FOLDER)
        self.evaluation = evaluation

    @transaction.atomic
    def job_planned(self, batch: Batch, fingerprint: str) -> QuantumJob:
        """Put a batch into the ledger, under what was agreed to.

        Its row is locked: whoever cancels or deletes it afterwards finds the job.
        """
        rows = Evaluation.objects.select_for_update()
        if not rows.filter(pk=self.evaluation.pk, state=Evaluation.State.WORKING).first():
            raise StudioError("It was cancelled.", code="gone")
        evaluation, spending = self.evaluation, self.evaluation.spending
        keys = QuantumKey.objects.filter(team=evaluation.team)
        owner = Owner(
            team=evaluation.team,
            public_id=evaluation.public_id,
            link={"evaluation": evaluation},
            created_by=evaluation.created_by,
            key=keys.filter(public_id=spending.get("key", "")).first(),
            chip=str(spending.get("chip", "")),
            options=self.options(),
        )
        caps = [Cap("run", **{name: spending.get(name) for name in LIMITS})]
        return job_plan(batch, owner, caps=caps)

    def options(self) -> dict[str, Any]:
        """Of the backend: a readout that is corrected here is corrected nowhere else."""
        run = self.evaluation.run
        corrected = run is not None and run.settings.options.get("readout_mitigation")
        return {"amend": False} if corrected else {}

    def tell(self, job: QuantumJob) -> None:
        log.info("%s: job %s, %s", self.evaluation.public_id, job.public_id, job.state)


def jobs_cancel(evaluation: Evaluation, by: User | None) -> None:
    """Nobody waits any more: what is not sent never is; the provider is asked to stop the rest."""
    who = by or evaluation.created_by
    if not evaluation.spending or who is None:
        return
    jobs = QuantumJob.objects.filter(scope=evaluation.public_id)  # also where it was deleted
    for job in jobs.filter(state__in=QuantumJob.LIVE).defer(*LONG):
        if job_can_cancel(job):
            try:
                job_cancel(job=job, by=who)
            except StudioError as error:
                log.warning("%s: %s", job.public_id, error.message)
