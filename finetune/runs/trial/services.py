"""Asking for a trial: one step of a run on its real shapes."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from finetune.exceptions import RunRefused
from finetune.queue import enqueue
from finetune.runs.checks import settings_check
from finetune.runs.form.estimates import RunChoice, surroundings
from finetune.teams.models import User
from finetune.training.forecast.outlook import trial_key
from finetune.training.plan import RunPlan
from quantum.backends.registry import BACKENDS

from .models import Trial
from .selectors import trial_of

WAITING = 3  # trials of one team that may wait


def trial_key_of(choice: RunChoice, plan: RunPlan) -> str:
    """What a trial of these settings is known by; empty where they cannot be tried."""
    around = surroundings(choice)
    if around is None or plan.problems or plan.forecast is None:
        return ""
    return trial_key(plan.settings, around.base, around.data_name)


@transaction.atomic
def trial_create(*, choice: RunChoice, plan: RunPlan, user: User) -> Trial:
    """Queue a trial, or return the one of these settings that waits or is at work.

    Raises:
        RunRefused: the settings cannot be used, cost money or surely do not fit, or too many wait.
    """
    if choice.base is None or choice.dataset is None or plan.forecast is None:
        raise RunRefused(_("Choose a base model and data first."), code="invalid", field="dataset")
    settings_check(plan, choice.base)
    if BACKENDS[plan.settings.backend].billable:
        raise RunRefused(
            _("Circuits on %(title)s cost money, so nothing is tried there.")
            % {"title": BACKENDS[plan.settings.backend].title},
            code="billable",
            field="backend",
        )
    if plan.settings.sharding != "none":
        raise RunRefused(
            _("A trial takes one device, which a base split among several may not fit."),
            code="invalid",
            field="sharding",
        )
    if plan.forecast.lacks:
        raise RunRefused(_("It does not fit this machine; change it first."), code="does_not_fit")
    key = trial_key_of(choice, plan)
    last = trial_of(choice.team, key)
    if last is not None and last.is_live:
        return last
    live = Trial.objects.for_team(choice.team).filter(state__in=Trial.LIVE)
    if live.count() >= WAITING:
        raise RunRefused(
            _("%(count)s trials of this team wait already. Let them finish first.")
            % {"count": WAITING},
            code="too_many",
        )
    trial: Trial = Trial.objects.create(
        team=choice.team,
        created_by=user,
        base=choice.base,
        dataset=choice.dataset,
        config=plan.settings.completed().to_dict(),
        settings_key=key,
        sampled=plan.sampling.backend.name if plan.sampling else "",
        work=plan.forecast.work.to_dict(),
    )
    enqueue("trial_run", trial.pk)
    return trial
