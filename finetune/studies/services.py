"""Making, stopping and resuming studies."""

from __future__ import annotations

from dataclasses import replace

from django.db import transaction
from django.utils.translation import gettext as _

from finetune.datasets.models import Dataset
from finetune.exceptions import RunRefused
from finetune.queue import enqueue
from finetune.runs.checks import dataset_usable, settings_check
from finetune.runs.form.fitting import fit_check
from finetune.runs.models import Run
from finetune.runs.queue.quotas import steps_used
from finetune.runs.services import run_cancel
from finetune.teams.audit.services import audit_write
from finetune.teams.models import User
from finetune.teams.quotas.models import TeamQuota
from quantum.adapters.registry import get_adapter
from quantum.backends.registry import BACKENDS

from .design.tasks import TASKS
from .exceptions import StudyRefused
from .models import Study, StudyRun, study_tell
from .orders import StudyOrder
from .outlook import ArmPlan, arm_plans, run_count, total_steps
from .scoring import any_problem
from .statistics.scores import FEWEST_DIALOGUES

State = Study.State
MOST_RUNS = 500
NAME = 80


@transaction.atomic
def study_create(order: StudyOrder) -> Study:
    """Check everything that can be checked now, keep the study and ring for its first runs.

    Raises:
        StudyRefused: with what cannot be used; nothing is made then.
    """
    data_check(order)
    order = test_kept_apart(order)
    shape_check(order)
    plans = arm_plans(order)
    plans_check(order, plans)
    quota_check(order, plans)
    study = Study.objects.create(
        team=order.team,
        created_by=order.user,
        key=order.key,
        name=(order.name.strip() or study_name(order))[:NAME],
        base=order.base,
        dataset=order.dataset,
        validation_dataset=order.validation_dataset,
        test_dataset=order.test_dataset,
        task_dataset=order.task_dataset,
        source=order.source,
        adapter=order.settings.adapter,
        config=order.settings.model_dump(mode="json"),
        priority=order.priority,
        run_count=run_count(order.settings, order.arms),
        seconds={plan.key: plan.seconds for plan in plans if plan.seconds is not None},
    )
    audit_write("study.started", study, by=order.user)
    enqueue("study_advance", study.pk)
    return study


def test_kept_apart(order: StudyOrder) -> StudyOrder:
    """Without a test set of its own, half of the held-out dialogues is never evaluated: on that
    the differences are measured."""
    if order.test_dataset is not None:
        return order
    held = held_out(order)
    if held < 2 * FEWEST_DIALOGUES:
        return order
    shared = order.settings.settings
    most = min(int(shared.get("eval_dialogues", held)), held // 2)
    settings = order.settings.model_copy(update={"settings": {**shared, "eval_dialogues": most}})
    return replace(order, settings=settings)


def held_out(order: StudyOrder) -> int:
    """Dialogues that are held out."""
    other = order.validation_dataset
    if other is not None:
        return int(other.report.get("dialogues") or 0)
    return int(order.dataset.report.get("validation", {}).get("dialogues") or 0)


def study_name(order: StudyOrder) -> str:
    return _("What the circuit of %(adapter)s adds, on %(base)s") % {
        "adapter": get_adapter(order.settings.adapter).title,
        "base": order.base.title,
    }


def refused(text: str, field: str, code: str = "invalid") -> StudyRefused:
    return StudyRefused(text, code=code, field=field)


def shape_check(order: StudyOrder) -> None:
    """Refuse arms, rates and seeds that make no study."""
    study, arms = order.settings, order.arms
    if len(arms) < 2:
        raise refused(_("Choose two arms at least: one alone is compared with nothing."), "arms")
    if any(not 0 <= seed < 2**32 for seed in study.seeds):
        raise refused(
            _("A seed is a whole number from 0 to %(most)s.") % {"most": 2**32 - 1}, "seeds"
        )
    count = run_count(study, arms)
    if count > MOST_RUNS:
        raise refused(
            _("These are %(count)s runs; a study has at most %(most)s. Take fewer rates or seeds.")
            % {"count": f"{count:,}", "most": MOST_RUNS},
            "rates",
        )
    backend = BACKENDS.get(str(study.settings.get("backend", "")))
    if backend is not None and backend.billable:
        raise refused(
            _(
                "A study runs on simulators: each run on a machine that costs money is agreed to "
                "by itself. Choose another backend."
            ),
            "backend",
        )


def data_check(order: StudyOrder) -> None:
    """Refuse data that is not ready, holds nothing out, or would be tested on what it was chosen
    by."""
    named = {
        "dataset": order.dataset,
        "validation_dataset": order.validation_dataset,
        "test_dataset": order.test_dataset,
        "task_dataset": order.task_dataset,
    }
    for field, dataset in named.items():
        if dataset is None:
            continue
        try:
            dataset_usable(field, dataset, order.team)
        except RunRefused as error:
            raise refused(error.message, field, error.code) from error
        if dataset.state != Dataset.State.READY:
            raise refused(
                _("“%(name)s” is not checked yet. Wait until it is.") % {"name": dataset.name},
                field,
            )
    if not held_out(order):
        raise refused(
            _(
                "This data set holds nothing out, so no learning rate could be chosen. Give a "
                "data set to choose by."
            ),
            "validation_dataset",
        )
    known = [one for one in (order.dataset, order.validation_dataset) if one is not None]
    for field, words in (
        ("test_dataset", _("The test set must not be one that is learnt from or chosen by.")),
        ("task_dataset", _("The problems must not be ones that are learnt from or chosen by.")),
    ):
        apart = named[field]
        if apart is not None and any(
            other.pk == apart.pk or other.sha256 == apart.sha256 for other in known
        ):
            raise refused(words, field)
    task_check(order)


def task_check(order: StudyOrder) -> None:
    """Refuse a task without what it is computed on, and data that no task takes."""
    task, problems = TASKS.get(order.settings.task), order.task_dataset
    if problems is None:
        if task is not None and task.own_data:
            raise refused(_("Choose the data set of problems."), "task_dataset", "missing")
        return
    if task is None or not task.own_data:
        raise refused(_("Only the task “arithmetic” takes a data set of problems."), "task_dataset")
    if not any_problem((problems.train_file, problems.validation_file)):
        raise refused(
            _("“%(name)s” holds no problem whose answer is a number.") % {"name": problems.name},
            "task_dataset",
        )


def plans_check(order: StudyOrder, plans: list[ArmPlan]) -> None:
    """Refuse what one of the runs would be refused for, before any is made."""
    for one in plans:
        try:
            settings_check(one.plan, order.base)
            fit_check(one.choice, one.plan)
        except RunRefused as error:
            words = {"arm": one.arm.title, "problem": error.message}
            raise refused(
                _("%(arm)s: %(problem)s") % words, error.field or "arms", error.code
            ) from error


def quota_check(order: StudyOrder, plans: list[ArmPlan]) -> None:
    """Refuse more steps than the team may still order; it would stand still half-way."""
    quota = TeamQuota.of(order.team.pk)
    if quota.steps is None:
        return
    left, wanted = quota.steps - steps_used(order.team.pk), total_steps(order.settings, plans)
    if wanted > left:
        raise refused(
            _(
                "This study needs up to %(wanted)s steps, and this team may order %(left)s more in "
                "these 30 days. Take fewer rates, seeds or steps."
            )
            % {"wanted": f"{wanted:,}", "left": f"{max(0, left):,}"},
            "rates",
            "quota",
        )


@transaction.atomic
def study_stop(*, study: Study, by: User | None, cancel: bool = False) -> Study:
    """Make nothing more; take back what waits, and end what works where that is asked for.

    While the test set is scored, the score at work ends within a second and waits again; those that
    are there stay.

    Args:
        cancel: whether runs at work are cancelled too; else they end by themselves.

    Raises:
        StudyRefused: it is done, or stopped already.
    """
    study = Study.objects.select_for_update().get(pk=study.pk)
    if not study.is_live:
        raise StudyRefused(
            _("“%(name)s” is %(state)s; only one that runs or is scored can be stopped.")
            % {"name": study.name, "state": study.get_state_display().lower()},
            code="wrong_state",
        )
    runs = study.cells.exclude(run__state__in=Run.FINISHED).select_related("run")
    for cell in runs if study.state == State.RUNNING else ():  # once it is scored, none is its own
        if cell.run.state in Run.HELD and not cancel:
            continue
        cell.stopped = True
        cell.save(update_fields=["stopped"])
        run_cancel(run=cell.run, by=by)
    Study.objects.filter(pk=study.pk).update(state=State.STOPPED, problem={})
    study_tell(study, "stopped")
    return study


def run_list(*, cell: StudyRun, listed: bool) -> None:
    """Put what a run of a study made among the assistants, or leave it out of the lists again."""
    StudyRun.objects.filter(pk=cell.pk).update(listed=listed)


@transaction.atomic
def study_resume(*, study: Study, by: User | None) -> Study:
    """Go on: what a stop had taken back is queued again, from its checkpoint. One whose points were
    chosen is scored on.

    Raises:
        StudyRefused: it is not stopped.
    """
    study = Study.objects.select_for_update().get(pk=study.pk)
    if study.state != State.STOPPED:
        raise StudyRefused(
            _("“%(name)s” is %(state)s; only a stopped study can be resumed.")
            % {"name": study.name, "state": study.get_state_display().lower()},
            code="wrong_state",
        )
    state = State.SCORING if study.chosen_at else State.RUNNING
    Study.objects.filter(pk=study.pk).update(state=state, problem={}, finished_at=None)
    enqueue("study_advance", study.pk)
    study.refresh_from_db()
    return study
