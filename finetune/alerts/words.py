"""What the log said of an alert, in the language of the page or of the mail.

The alert keeps English words; the sentences that they are made of stand in the line that it was
made of, and beside a run's failure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from finetune.runs.models import RunEvent
from finetune.studies.models import Study
from finetune.studies.tables import headline_said
from finetune.templatetags.words import in_words, said

from .kinds import Kind
from .models import Alert


def words_of(alerts: Iterable[Alert]) -> dict[int, str]:
    """The words of each alert, by its key; the lines of all are read at once."""
    rows = list(alerts)
    events = RunEvent.objects.filter(
        run__in={alert.run_id for alert in rows}, seq__in={alert.seq for alert in rows}
    ).values_list("run", "seq", "data")
    lines: dict[Any, Any] = {(run, seq): data for run, seq, data in events}
    return {alert.pk: _said(alert, lines.get((alert.run_id, alert.seq), {})) for alert in rows}


def _said(alert: Alert, line: Mapping[str, Any]) -> str:
    if alert.study is not None:
        told = headline_said(alert.study.table) if alert.kind == Kind.STUDY_FINISHED else ""
        return told or in_words(alert.words)
    error = alert.run.error if alert.run else {}
    if error and error.get("message") == alert.words:
        return said(error.get("parts"), in_words(alert.words))
    return said(line.get("parts"), in_words(alert.words))


def words_of_study(study: Study) -> str:
    """What a study says of itself now: its sentence, why no more runs are made, or nothing."""
    return headline_said(study.table) or in_words(str(study.problem.get("message", "")))
