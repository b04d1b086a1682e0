"""What a data set's page says of how its file was read: as what, from where, and who is who."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy

from .formats.registry import FORMATS
from .models import Dataset
from .reading.limits import Limits

WHO = {
    "user": gettext_lazy("Person"),
    "assistant": gettext_lazy("Assistant"),
    "system": gettext_lazy("Instruction"),
    "tool": gettext_lazy("Tool"),
}
COLUMN_WORDS = {
    **{role: words for role, words in WHO.items() if role != "tool"},
    "group": gettext_lazy("Conversation"),
    "person": gettext_lazy("Whose"),
}


class ReadAs:
    """The part of a report that says how the file was read."""

    dataset: Dataset
    report: dict[str, Any]

    @property
    def beside(self) -> list[str]:
        """Keys of the whole file, beside its list of records."""
        return list(self.report.get("beside") or [])

    @property
    def pause_hours(self) -> int:
        """Hours without a message behind which a chat goes on as another dialogue."""
        return int(self.dataset.options.get("pause_hours") or Limits.pause_hours)

    @property
    def speakers(self) -> list[str]:
        """People who speak in the file, of a form whose turns are theirs."""
        return list(self.report.get("speakers") or [])

    @property
    def assistant(self) -> str:
        return str(self.report.get("assistant") or "")

    @property
    def guessed(self) -> bool:
        return bool(self.report.get("guessed"))

    @property
    def joins(self) -> bool:
        """Whether turns of one side in a row were read as one."""
        form = FORMATS.get(str(self.report.get("format") or ""))
        return bool(form and form.joins)

    @property
    def asks_consent(self) -> bool:
        """Whether people write in it who have to be asked first."""
        form = FORMATS.get(str(self.report.get("format") or ""))
        return bool(form and form.consent)

    @property
    def consent(self) -> dict[str, str]:
        """Who stated that they agreed, and when."""
        return dict(self.dataset.options.get("consent") or {})

    @property
    def columns_read(self) -> list[tuple[str, list[str]]]:
        """Of a table: from which columns each side is made."""
        mapping = self.report.get("mapping") or {}
        sides = {
            str(words): [mapping[role]] for role, words in COLUMN_WORDS.items() if role in mapping
        }
        if "context" in mapping and "user" in mapping:
            sides[str(WHO["user"])].append(mapping["context"])
        return list(sides.items())
