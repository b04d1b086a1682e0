"""From lines of runs' logs, and ends of studies, to alerts and deliveries, in the transaction that
writes them.

So nothing is lost between a line and its alert, and a line that is copied twice is told once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.dispatch import receiver
from django.urls import reverse
from django.utils import timezone, translation

from finetune.queue import enqueue
from finetune.runs.events import run_logged
from finetune.runs.models import Run, RunEvent
from finetune.studies.models import Study, StudyRun, study_ended
from finetune.teams.models import Membership, Team

from .backoff import MAIL_TRIES, TRIES
from .kinds import Kind, kinds_of
from .models import Alert, AlertChoice, Delivery, Webhook
from .words import words_of_study

KEPT = timedelta(days=90)
STALLED_AGAIN = timedelta(hours=1)  # a trainer that is silent now and then is told of once


@receiver(run_logged)
def alerts_record(run: Run, events: Sequence[RunEvent], **_: Any) -> None:
    """Most lines tell nothing: a type is compared. Of the runs of a study, the study tells."""
    told = [(event, kinds) for event in events if (kinds := kinds_of(run, event))]
    if not told or StudyRun.objects.filter(run=run).exists():
        return
    for event, kinds in told:
        alert_record(run, event, kinds)


@receiver(study_ended)
def study_record(study: Study, how: str, **_: Any) -> None:
    """One alert for an end of a study, with its sentence."""
    kind = Kind(f"study.{how}")
    with translation.override("en"):  # who reads it translates it
        words, facts = words_of_study(study), facts_of_study(study)
    alert = Alert.objects.create(
        team_id=study.team_id,
        study=study,
        kind=kind,
        kinds=[kind.value],
        words=words,
        facts=facts,
    )
    deliveries_create(alert, study)
    alerts_forget(study.team_id, timezone.now())


def alert_record(run: Run, event: RunEvent, kinds: list[Kind]) -> None:
    """Keep one alert with its deliveries."""
    now = timezone.now()
    if "silent_seconds" in event.data and silence_told(run, now):
        return
    alert = Alert.objects.create(
        team_id=run.team_id,
        run=run,
        seq=event.seq,
        kind=kinds[0],
        kinds=[kind.value for kind in kinds],
        words=event.data.get("words", "") or ("" if kinds[0] == Kind.FINISHED else event.message),
        facts=facts_of(run, event),
    )
    deliveries_create(alert, run)
    alerts_forget(run.team_id, now)


def alerts_forget(team_id: int, now: datetime) -> None:
    """Forget those of a team that nobody looks at again."""
    Alert.objects.filter(team_id=team_id, created_at__lt=now - KEPT).delete()


def silence_told(run: Run, now: datetime) -> bool:
    """Whether a silence of this trainer was told lately; a run without progress is another news."""
    stalled = Alert.objects.filter(run=run, kind=Kind.STALLED, facts__trouble=None)
    return stalled.filter(created_at__gt=now - STALLED_AGAIN).exists()


def deliveries_create(alert: Alert, subject: Run | Study) -> None:
    """One for each webhook and each person that asked for it; the tasks follow the commit."""
    rows = []
    for hook in webhooks_working(alert.team):
        if kind := alert.kind_for(hook.kinds):
            rows.append(Delivery(alert=alert, webhook=hook, kind=kind, allowed=TRIES))
    for choice in mail_choices(alert.team):
        kind = alert.kind_for(choice.kinds)
        if kind and choice.wants(kind, subject):
            rows.append(Delivery(alert=alert, user=choice.user, kind=kind, allowed=MAIL_TRIES))
    for row in Delivery.objects.bulk_create(rows):
        enqueue("alert_deliver", row.pk)


def webhooks_working(team: Team) -> Iterable[Webhook]:
    """Those that are on, and whose maker is active and in the team."""
    return Webhook.objects.filter(
        team=team, on=True, created_by__is_active=True, created_by__in=members(team)
    )


def mail_choices(team: Team) -> Iterable[AlertChoice]:
    """Of people of the team who have an address; whether mail goes out is asked when it does."""
    rows = AlertChoice.objects.filter(
        ~Q(user__email=""), team=team, by_mail=True, user__is_active=True, user__in=members(team)
    )
    return rows.select_related("user")


def members(team: Team) -> Any:
    return Membership.objects.filter(team=team).values("user")


def facts_of(run: Run, event: RunEvent) -> dict[str, Any]:
    """What leaves the site: names of ours, numbers and codes. Nothing that a person or a model
    wrote, and no text of an exception, which may hold either."""
    latest, trouble = run.latest, event.data
    return {
        "id": run.public_id,
        "url": settings.SITE_URL.rstrip("/") + reverse("run", args=[run.public_id]),
        "state": run.state,
        "fine_tuned_model": run.fine_tuned_model,
        "base": run.base.slug,
        "adapter": run.settings.adapter,
        "step": run.step,
        "total_steps": run.total_steps,
        "train_loss": latest.get("train_loss"),
        "validation_loss": latest.get("validation_loss"),
        "error": {"code": run.error["code"]} if run.error.get("code") else None,
        "trouble": (
            {"kind": trouble["trouble"], "words": trouble["words"], "changes": trouble["changes"]}
            if "trouble" in trouble
            else None
        ),
        "silent_seconds": trouble.get("silent_seconds"),
    }


def facts_of_study(study: Study) -> dict[str, Any]:
    """What leaves the site of a study; its sentence is made from numbers alone."""
    ended = study.cells.filter(run__state__in=Run.FINISHED, stopped=False).count()
    return {
        "id": study.public_id,
        "url": settings.SITE_URL.rstrip("/") + reverse("study", args=[study.public_id]),
        "state": study.state,
        "base": study.base.slug,
        "adapter": study.adapter,
        "runs": {"ended": ended, "total": study.run_count},
        "sentence": words_of_study(study) if study.table else None,
        "error": {"code": study.problem["code"]} if study.problem.get("code") else None,
    }
