"""What the log said of an alert, in the language of the page or of the mail.

The alert keeps English words; the sentences that they are made of stand in the line that it was
made of, and beside a run's failure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from finetune.runs.models import RunEvent
from finetune.templatetags.words import in_words, said

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
    error = alert.run.error if alert.run else {}
    if error and error.get("message") == alert.words:
        return said(error.get("parts"), in_words(alert.words))
    return said(line.get("parts"), in_words(alert.words))
