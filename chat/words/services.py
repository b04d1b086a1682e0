"""Writing reviews and confirmations. Each says who, when, and exactly which words or numbers."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone

from chat.safety.library.lines import Country, Line
from chat.words.catalogue import Word
from chat.words.models import LineVerification, WordReview
from finetune.teams.models import User


@transaction.atomic
def words_review(*, words: Iterable[Word], reviewer: User, verdict: str, note: str = "") -> int:
    """Keep one judgement of these words, in the versions that stand now."""
    reviews = [
        WordReview(
            kind=word.kind,
            word=word.id,
            version=word.version,
            digest=word.digest,
            reviewer=reviewer,
            verdict=WordReview.Verdict(verdict),
            note=note,
        )
        for word in words
    ]
    return len(WordReview.objects.bulk_create(reviews))


def line_confirm(
    *, country: Country, line: Line, operator: User, note: str = ""
) -> LineVerification:
    """Confirm the numbers that a line has now; when the table changes them, this ends by itself."""
    return LineVerification.objects.create(
        country=country.code,
        line=line.id,
        numbers=line.numbers,
        confirmed_by=operator,
        note=note,
    )


def line_withdraw(*, country: Country, line: Line, operator: User) -> int:
    """Take back every confirmation of a line; how many there were."""
    rows = LineVerification.objects.filter(country=country.code, line=line.id, withdrawn_at=None)
    return rows.update(withdrawn_at=timezone.now(), withdrawn_by=operator)
