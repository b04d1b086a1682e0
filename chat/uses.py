"""Which runs people talk to: whoever wants to delete runs asks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Q
from django.dispatch import receiver
from django.utils.translation import gettext as _

from chat.conversations.models import Conversation
from chat.personas.models import PersonaVersion
from chat.reviews.models import ProbeRun
from finetune.runs.models import Run
from finetune.runs.publishing import runs_used

SIDES = ("assistant_a", "assistant_b", "assistant_c")
TUNED = "ft:"


@receiver(runs_used)
def runs_spoken_with(runs: Sequence[Run], **_more: Any) -> dict[int, str]:
    """By a run's key, why it is needed here."""
    by_short = {run.public_id.removeprefix("ftjob-"): run.pk for run in runs}
    probed = ProbeRun.objects.filter(run__in=runs).values_list("run", flat=True)
    found = {pk: _("probed") for pk in probed if pk is not None}
    speakers = PersonaVersion.objects.filter(assistant__startswith=TUNED)
    found |= named(speakers.values_list("assistant"), by_short, _("a persona speaks through it"))
    tuned = Q(*((f"{side}__startswith", TUNED) for side in SIDES), _connector=Q.OR)
    talks = Conversation.objects.filter(tuned).values_list(*SIDES).distinct()
    return found | named(talks, by_short, _("talked to"))


def named(rows: Iterable[tuple[str, ...]], by_short: dict[str, int], reason: str) -> dict[int, str]:
    """The runs whose assistants, or their checkpoints, stand in these rows."""
    parts = {part for row in rows for name in row for part in name.split(":")}
    return {pk: reason for short, pk in by_short.items() if short in parts}
