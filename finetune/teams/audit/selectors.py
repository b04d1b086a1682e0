"""Reading the audit log: one team's, filtered by who, what and when."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode

from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from finetune.teams.models import Team
from finetune.text import csv_text

from .actions import GROUPS, words_of
from .models import AuditEntry

MOST_PEOPLE = 200  # in the filter
BLOCK = 1_000  # rows
COLUMNS = (
    "time (UTC)", "who", "action", "what", "kind", "id", "name", "by", "key", "address",
)  # fmt: skip


@dataclass(frozen=True)
class Filters:
    """What a page was asked for; what cannot be read is left out."""

    who: str = ""
    what: str = ""
    since: date | None = None
    until: date | None = None

    @classmethod
    def of(cls, asked: QueryDict) -> Filters:
        what = asked.get("what", "")
        return cls(
            who=asked.get("who", "")[:150],
            what=what if what in GROUPS else "",
            since=day(asked.get("since", "")),
            until=day(asked.get("until", "")),
        )

    @property
    def chosen(self) -> dict[str, str]:
        values = {"who": self.who, "what": self.what, "since": self.since, "until": self.until}
        return {name: str(value) for name, value in values.items() if value}

    @property
    def query(self) -> str:
        """For addresses, ending in & where it holds anything."""
        return f"{urlencode(self.chosen)}&" if self.chosen else ""

    def rows(self, entries: QuerySet[AuditEntry]) -> QuerySet[AuditEntry]:
        if self.who:
            entries = entries.filter(person=self.who)
        if self.what:
            prefixes = Q()
            for prefix in GROUPS[self.what][1]:
                prefixes |= Q(action__startswith=prefix)
            entries = entries.filter(prefixes)
        if self.since:
            entries = entries.filter(at__gte=midnight(self.since))
        if self.until:
            entries = entries.filter(at__lt=midnight(self.until + timedelta(days=1)))
        return entries


def day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if 2000 <= found.year < 9999 else None


def midnight(of: date) -> datetime:
    return timezone.make_aware(datetime.combine(of, time.min))


def audit_list_for(team: Team) -> QuerySet[AuditEntry]:
    """A team's entries, newest first."""
    return AuditEntry.objects.filter(team_id=team.pk)


def people_in(entries: QuerySet[AuditEntry]) -> list[str]:
    """Who did anything, for the filter."""
    named = entries.exclude(person="").order_by("person").values_list("person", flat=True)
    return list(named.distinct()[:MOST_PEOPLE])


def audit_csv(entries: QuerySet[AuditEntry]) -> Iterator[str]:
    """The entries as a table, newest first, block by block."""
    yield "\ufeff" + csv_text([COLUMNS])
    last: AuditEntry | None = None
    while True:
        rows = entries
        if last is not None:
            rows = rows.filter(Q(at__lt=last.at) | Q(at=last.at, pk__lt=last.pk))
        block = list(rows[:BLOCK])
        if not block:
            return
        yield csv_text(row_of(entry) for entry in block)
        last = block[-1]


def row_of(entry: AuditEntry) -> tuple[str, ...]:
    return (
        f"{entry.at:%Y-%m-%d %H:%M:%S}",
        who_of(entry),
        entry.action,
        words_of(entry),
        entry.kind,
        entry.thing_id,
        entry.thing,
        entry.get_door_display(),
        entry.key_prefix,
        entry.address,
    )


def who_of(entry: AuditEntry) -> str:
    """The person; of what no person did, what did it."""
    if entry.person:
        return entry.person
    if entry.action == "sign_in.failed":
        return _("Somebody")
    return _("An operator") if entry.door == AuditEntry.Door.COMMAND else _("The studio")
