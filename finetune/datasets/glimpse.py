"""How a stored file would be read with other options, for its page; nothing is saved."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .checking import options_of
from .doctor.glance import glance
from .forms import OptionsForm
from .models import Dataset
from .reading.exceptions import DatasetRefused
from .report import ReportView

PROBLEMS = 5
PACKED = ("parquet", "arrow", "xlsx")  # containers that are always packed
PACKED_BYTES = 4 * 2**20  # of a packed file, beyond which only a worker reads it


@dataclass(frozen=True)
class Glimpse:
    """The first records as they would be learned.

    Attributes:
        report: about these records alone; None where the file cannot be read like this.
        refused: why not, in sentences.
        too_large: whether it is left to a worker: unpacking it could take too much here.
    """

    report: ReportView | None = None
    refused: list[str] = field(default_factory=list)
    too_large: bool = False

    @property
    def problems(self) -> list[dict[str, Any]]:
        return self.report.kept_problems[:PROBLEMS] if self.report else []

    @property
    def records(self) -> int:
        return self.report.number("records") if self.report else 0


def glimpse_of(found: Dataset, form: OptionsForm) -> Glimpse:
    """Read the first records as the form says."""
    if not form.is_valid():
        return Glimpse(refused=[str(error) for errors in form.errors.values() for error in errors])
    is_packed = found.report.get("packing") or found.report.get("container") in PACKED
    if is_packed and found.bytes > PACKED_BYTES:
        return Glimpse(too_large=True)
    options = {**form.options(), "consent": form.cleaned_data.get("consent")}
    try:
        report = glance(found.original_file, options_of(options))
    except DatasetRefused as refused:
        return Glimpse(refused=[refused.message, refused.hint])
    return Glimpse(ReportView(Dataset(report=report.to_dict(), state=Dataset.State.READY)))
