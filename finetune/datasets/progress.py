"""How far the check of a data set is, and when it will be through: for its page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from .models import Dataset

TELLS = 2.0  # seconds of reading from which on its speed says when it will end


@dataclass(frozen=True)
class CheckProgress:
    """A check that is at work or waits.

    Attributes:
        read: bytes that were read.
        total: bytes of the file; of a version that is being made, of the one before.
        seconds_left: until they all are; None while that cannot be told.
        makes: whether it is the version before that is read, to make this one of it.
    """

    read: int
    total: int
    seconds_left: float | None
    makes: bool = False

    @property
    def percent(self) -> int:
        return 100 * self.read // self.total if self.total else 0

    @property
    def is_read(self) -> bool:
        """Whether the split is being written."""
        return not self.makes and bool(self.total) and self.read >= self.total

    @classmethod
    def of(cls, dataset: Dataset) -> CheckProgress:
        total = dataset.bytes
        began, renewed = dataset.check_began_at, dataset.checked_at
        makes = dataset.previous is not None and not dataset.sha256
        if dataset.previous is not None and makes:
            total = dataset.previous.bytes
        elif began is not None and (made_at := dataset.changes.get("made_at")):
            began = max(began, datetime.fromisoformat(made_at))
        read = min(dataset.checked_bytes, total)
        if dataset.state != Dataset.State.CHECKING or began is None or renewed is None or not read:
            return cls(read, total, None, makes)
        took = (renewed - began).total_seconds()  # until the number was written
        if took < TELLS:
            return cls(read, total, None, makes)
        since = (timezone.now() - renewed).total_seconds()
        left = took * (total - read) / read - since
        return cls(read, total, max(0.0, left), makes)
