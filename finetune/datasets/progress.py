"""How far the check of a data set is, and when it will be through: for its page."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils import timezone

from .models import Dataset

TELLS = 2.0  # seconds of reading from which on its speed says when it will end


@dataclass(frozen=True)
class CheckProgress:
    """A check that is at work or waits.

    Attributes:
        read: bytes that were read.
        total: bytes of the file.
        seconds_left: until they all are; None while that cannot be told.
    """

    read: int
    total: int
    seconds_left: float | None

    @property
    def percent(self) -> int:
        return 100 * self.read // self.total if self.total else 0

    @property
    def is_read(self) -> bool:
        """Whether the split is being written."""
        return bool(self.total) and self.read >= self.total

    @classmethod
    def of(cls, dataset: Dataset) -> CheckProgress:
        read = min(dataset.checked_bytes, dataset.bytes)
        began, renewed = dataset.check_began_at, dataset.checked_at
        if dataset.state != Dataset.State.CHECKING or began is None or renewed is None or not read:
            return cls(read, dataset.bytes, None)
        took = (renewed - began).total_seconds()  # until the number was written
        if took < TELLS:
            return cls(read, dataset.bytes, None)
        since = (timezone.now() - renewed).total_seconds()
        left = took * (dataset.bytes - read) / read - since
        return cls(read, dataset.bytes, max(0.0, left))
