"""Reading quantum keys, calibrations and jobs, always within one person's teams."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import Count, QuerySet, Sum
from django.shortcuts import get_object_or_404
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from finetune.teams.models import Team, User
from quantum.backends.base import JobState
from quantum.backends.registry import BACKENDS, BackendSpec
from quantum.sampling.costs import Tariff

from .models import QuantumCalibration, QuantumJob, QuantumKey

FILTERS: dict[str, tuple[str | Promise, tuple[str, ...]]] = {
    "open": (gettext_lazy("Open"), tuple(QuantumJob.LIVE)),
    "decision": (gettext_lazy("Needs a decision"), (JobState.SUBMIT_UNKNOWN,)),
    "done": (gettext_lazy("Done"), (JobState.DONE,)),
    "ended": (gettext_lazy("Failed or cancelled"), (JobState.FAILED, JobState.CANCELLED)),
}
PAYLOAD_SHOWN = 4_000
RAW_SHOWN = 4_000


@dataclass(frozen=True)
class BackendCard:
    """One backend as the page shows it."""

    spec: BackendSpec
    missing: str
    keys: int = 0
    chips_online: int = 0

    @property
    def ready(self) -> bool:
        return not self.missing and (not self.spec.billable or self.keys > 0)


def backend_cards(keys: Sequence[QuantumKey]) -> list[BackendCard]:
    """Every backend of the library, and what the team still needs for it."""
    online = {chip["name"] for key in keys for chip in key.chips if chip.get("online")}
    return [
        BackendCard(
            spec,
            spec.missing(),
            keys=len(keys) if spec.billable else 0,
            chips_online=len(online) if spec.billable else 0,
        )
        for spec in BACKENDS.values()
    ]


def cloud_key_list_for(team: Team) -> QuerySet[QuantumKey]:
    return QuantumKey.objects.for_team(team).select_related("created_by")


def cloud_key_get(user: User, public_id: str) -> QuantumKey:
    """The key's row, or Http404 where it is not one of this person's teams'."""
    found: QuantumKey = get_object_or_404(
        QuantumKey.objects.for_user(user).select_related("team"), public_id=public_id
    )
    return found


def calibration_list_for(team: Team) -> QuerySet[QuantumCalibration]:
    return QuantumCalibration.objects.for_team(team)


def calibration_get(user: User, public_id: str) -> QuantumCalibration:
    found: QuantumCalibration = get_object_or_404(
        QuantumCalibration.objects.for_user(user), public_id=public_id
    )
    return found


def calibration_newest(team: Team, chip: str) -> QuantumCalibration | None:
    found: QuantumCalibration | None = calibration_list_for(team).filter(chip=chip).first()
    return found


def job_list_for(team: Team) -> QuerySet[QuantumJob]:
    """The ledger, newest first, without the long texts."""
    rows = QuantumJob.objects.for_team(team).select_related(
        "run", "experiment", "evaluation__run", "key"
    )
    return rows.defer("payload", "result", "handle")


def job_get(user: User, public_id: str) -> QuantumJob:
    found: QuantumJob = get_object_or_404(
        QuantumJob.objects.for_user(user).select_related(
            "run", "experiment", "evaluation__run", "key", "created_by", "team"
        ),
        public_id=public_id,
    )
    return found


def job_sums(team: Team) -> dict[str, Any]:
    """What the team has sent altogether, failed and unknown jobs too."""
    return QuantumJob.objects.for_team(team).aggregate(
        jobs=Count("pk"), circuits=Sum("circuits"), shots=Sum("total_shots"),
        seconds=Sum("seconds_used"),
    )  # fmt: skip


def job_counts_by_state(team: Team) -> Counter[str]:
    """How many of a team's jobs are in each state, from the index alone."""
    rows = QuantumJob.objects.for_team(team).order_by().values_list("state").annotate(Count("pk"))
    return Counter(dict(rows))


def job_reply(job: QuantumJob) -> str:
    """The provider's reply as it came, or an empty text."""
    if not job.result:
        return ""
    try:
        return str(json.loads(job.result).get("raw") or "")
    except (ValueError, AttributeError):
        return job.result


def job_counts(job: QuantumJob, limit: int = 8) -> list[dict[str, Any]]:
    """For the first circuits of a finished job, the most frequent outcomes."""
    try:
        counts = json.loads(job.result)["counts"] if job.result else []
    except (ValueError, KeyError, TypeError):
        return []
    rows = []
    for number, one in enumerate(counts[:limit]):
        most = sorted(one.items(), key=lambda item: (-item[1], item[0]))[:4]
        rows.append({"number": number, "outcomes": len(one), "most": most})
    return rows


def tariff() -> Tariff | None:
    """The price that an administrator entered, or None."""
    price = settings.QUANTUM_TARIFF
    return Tariff(price, settings.QUANTUM_CURRENCY) if price > 0 else None
