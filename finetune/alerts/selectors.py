"""Which alerts, webhooks and deliveries a person may see."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import Prefetch, Q, QuerySet
from django.http import Http404
from django.urls import reverse
from django.utils import timezone

from finetune.teams.models import Team, User
from finetune.teams.selectors import teams_of

from .mail import headline
from .models import Alert, AlertChoice, Delivery, Webhook
from .words import words_of

NEWS_LASTS = timedelta(minutes=10)  # what is older is no news to a browser that comes back
MOST_NEWS = 20
MOST_WORDS = 200  # characters of a notification


def choice_of(user: User, team: Team) -> AlertChoice:
    """What the person wants to be told; what is usual where they have not said."""
    found = AlertChoice.objects.filter(user=user, team=team).first()
    return found or AlertChoice(user=user, team=team)


def webhooks_of(team: Team) -> QuerySet[Webhook]:
    return Webhook.objects.filter(team=team).select_related("created_by", "team")


def webhook_get(user: User, public_id: str) -> Webhook:
    rows = Webhook.objects.filter(team__members=user).select_related("created_by", "team")
    hook = rows.filter(public_id=public_id).first()
    if hook is None:
        raise Http404("There is no such webhook.")
    return hook


def delivery_get(user: User, public_id: str) -> Delivery:
    rows = Delivery.objects.filter(alert__team__members=user).select_related("webhook", "alert")
    delivery = rows.filter(public_id=public_id).first()
    if delivery is None:
        raise Http404("There is no such delivery.")
    return delivery


def alerts_of(team: Team) -> QuerySet[Alert]:
    """Newest first, each with its deliveries."""
    deliveries = Delivery.objects.select_related("webhook", "user").order_by("id")
    return (
        Alert.objects.filter(team=team)
        .select_related("run", "study")
        .prefetch_related(Prefetch("deliveries", queryset=deliveries))
    )


def news_for(user: User) -> list[dict[str, Any]]:
    """What has happened in the last minutes that this person wants to be told, oldest first.

    The browser knows which it has shown; so nothing depends on the order in which rows are written.
    """
    teams = list(teams_of(user))
    choices = {choice.team_id: choice for choice in AlertChoice.objects.filter(user=user)}
    rows = Alert.objects.filter(
        ~Q(run=None, study=None), team__in=teams, created_at__gt=timezone.now() - NEWS_LASTS
    ).select_related("run", "study")
    newest = list(rows[:MOST_NEWS])
    words = words_of(newest) if newest else {}
    news = []
    for alert in newest:
        choice = choices.get(alert.team_id) or AlertChoice(user=user, team_id=alert.team_id)
        kind, subject = alert.kind_for(choice.kinds), alert.subject
        if subject is None or not kind or not choice.wants(kind, subject):
            continue
        news.append(
            {
                "id": f"alert-{alert.pk}",
                "title": headline(kind, subject),
                "words": words[alert.pk][:MOST_WORDS],
                "url": reverse("study" if alert.study else "run", args=[subject.public_id]),
            }
        )
    return news[::-1]
