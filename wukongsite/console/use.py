"""`/admin/use/`: what each team has taken in 30 days, and how the site has grown by week."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet, Sum
from django.db.models.functions import TruncWeek
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from chat.conversations.models import Conversation
from finetune.datasets.models import Dataset
from finetune.runs.models import Run
from finetune.runs.use.models import RunUse
from finetune.runs.use.selectors import SUMS, summed_by
from finetune.teams.models import Team, User

DAYS = 30
WEEKS = 12
MOST_TEAMS = 200
COUNTED: Mapping[str, tuple[Any, str]] = {
    "people": (User.objects, "date_joined"),
    "teams": (Team.objects, "created_at"),
    "data sets": (Dataset.objects, "created_at"),
    "runs": (Run.objects, "created_at"),
    "conversations": (Conversation.objects, "created_at"),
}


@dataclass
class TeamRow:
    """One team in the last 30 days; data is what it holds now."""

    name: str
    pk: int
    data_bytes: int = 0
    conversations: int = 0
    taken: dict[str, float] = field(default_factory=dict)

    @property
    def hours(self) -> float:
        return self.taken.get("processor_seconds", 0.0) / 3600

    @property
    def kilowatt_hours(self) -> float:
        return self.taken.get("joules", 0.0) / 3.6e6

    @property
    def is_idle(self) -> bool:
        return not (self.taken.get("runs") or self.data_bytes or self.conversations)


def use_page(request: HttpRequest) -> HttpResponse:
    if not request.user.has_perm("finetune.view_team"):
        raise PermissionDenied
    now = timezone.now()
    rows = team_rows(now)
    context = {
        **admin.site.each_context(request),
        "title": "Use and growth",
        "teams": [row for row in rows if not row.is_idle][:MOST_TEAMS],
        "idle": sum(row.is_idle for row in rows),
        "days": DAYS,
        "kinds": list(COUNTED),
        "weeks": weeks(now),
        "totals": [manager.count() for manager, _ in COUNTED.values()],
    }
    return render(request, "admin/use.html", context)


def team_rows(now: datetime) -> list[TeamRow]:
    """Every team, most processor time first."""
    since = now - timedelta(days=DAYS)
    rows = {pk: TeamRow(name, pk) for pk, name in Team.objects.values_list("pk", "name")}
    for one in summed_by(RunUse.objects.filter(created_at__gte=since), "team"):
        if (row := rows.get(one["team"])) is not None:
            row.taken = {name: one[f"of_{name}"] for name in ("runs", *SUMS)}
    held = Dataset.objects.filter(deleted_at=None).order_by().values("team")
    for team, total in held.annotate(total=Sum("bytes")).values_list("team", "total"):
        if (row := rows.get(team)) is not None:
            row.data_bytes = total or 0
    said = Conversation.objects.filter(created_at__gte=since).order_by().values("team")
    for team, count in said.annotate(n=Count("pk")).values_list("team", "n"):
        if (row := rows.get(team)) is not None:
            row.conversations = count
    return sorted(rows.values(), key=lambda row: (-row.hours, row.name))


def weeks(now: datetime) -> list[tuple[datetime, list[int]]]:
    """What was new in each of the last weeks, newest first; a week begins on Monday."""
    monday = (now - timedelta(days=now.weekday())).replace(
        hour=0, minute=0, second=0, microsecond=0
    )
    starts = [monday - timedelta(weeks=back) for back in range(WEEKS)]
    counts = [
        new_by_week(manager.all(), moment, starts[-1]) for manager, moment in COUNTED.values()
    ]
    return [(start, [one.get(start, 0) for one in counts]) for start in starts]


def new_by_week(rows: QuerySet[Any], moment: str, since: datetime) -> dict[datetime, int]:
    weekly = rows.filter(**{f"{moment}__gte": since}).order_by().annotate(week=TruncWeek(moment))
    return {one["week"]: one["n"] for one in weekly.values("week").annotate(n=Count("pk"))}
