"""Reading reviews and confirmations."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from chat.safety.library.lines import COUNTRIES, Country, Line
from chat.words.catalogue import Word
from chat.words.models import LineVerification, WordReview

NEVER, CHANGED, APPROVED, CHANGE = "not_reviewed", "changed", "approved", "change"
STATES = {
    NEVER: "Not reviewed by this operator",
    CHANGED: "Changed since it was reviewed",
    CHANGE: "Needs changing",
    APPROVED: "Reviewed",
}


@dataclass(frozen=True)
class ReviewedWord:
    """A word with the last review of it, if any."""

    word: Word
    review: WordReview | None

    @property
    def state(self) -> str:
        if self.review is None:
            return NEVER
        read = (self.review.version, self.review.digest)
        if read != (self.word.version, self.word.digest):
            return CHANGED
        return APPROVED if self.review.verdict == WordReview.Verdict.APPROVED else CHANGE

    @property
    def words(self) -> str:
        return STATES[self.state]


def reviewed(catalogue: Iterable[Word]) -> list[ReviewedWord]:
    """Each word with the newest review of it."""
    newest: dict[tuple[str, str], WordReview] = {}
    for review in WordReview.objects.select_related("reviewer").order_by("at", "id"):
        newest[review.kind, review.word] = review
    return [ReviewedWord(word, newest.get((word.kind, word.id))) for word in catalogue]


@dataclass(frozen=True)
class ShownLine:
    """A help line, and when an operator confirmed the numbers that it has now."""

    country: Country
    line: Line
    verification: LineVerification | None

    @property
    def confirmed_at(self) -> datetime | None:
        return self.verification.confirmed_at if self.verification else None


def lines_of(country: Country, lines: Iterable[Line]) -> list[ShownLine]:
    rows = LineVerification.objects.filter(country=country.code, withdrawn_at=None)
    by_line = {(row.line, row.numbers): row for row in rows.order_by("confirmed_at", "id")}
    return [ShownLine(country, line, by_line.get((line.id, line.numbers))) for line in lines]


def lines_of_all() -> list[ShownLine]:
    """Every line of every country, for the console."""
    rows = LineVerification.objects.filter(withdrawn_at=None).select_related("confirmed_by")
    by_line = {(row.line, row.numbers): row for row in rows.order_by("confirmed_at", "id")}
    return [
        ShownLine(country, line, by_line.get((line.id, line.numbers)))
        for country in COUNTRIES.values()
        for line in country.lines
    ]
