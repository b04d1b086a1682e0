"""What votes come to: counts, and the share of pairs that the run wins with its interval."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from .interval import wilson
from .models import Ballot

Choice = Ballot.Choice


@dataclass(frozen=True)
class Totals:
    """Votes of people who have finished.

    A vote is one person's on one pair. Several people's votes on a pair are not independent, so the
    interval is over pairs: one goes to the side that more people prefer.

    Attributes:
        people: who finished with at least one vote.
        votes: all of them.
        wins, losses, both_good, both_bad: votes for the run, for the base, for both, for neither.
        pairs_won, pairs_lost, pairs_tied: pairs that more people gave to the run, to the base, or
            to none of the two.
        share: pairs_won of those that are not tied, 0 to 1; None where all are.
        low, high: Wilson's 95 % interval of the share; None likewise.
    """

    people: int
    votes: int
    wins: int
    losses: int
    both_good: int
    both_bad: int
    pairs_won: int
    pairs_lost: int
    pairs_tied: int
    share: float | None
    low: float | None
    high: float | None


def totals_of(ballots: Iterable[Ballot]) -> Totals:
    """Count the ballots that are finished; open ones are left aside."""
    finished = [one for one in ballots if one.finished_at is not None and one.choices]
    counts: Counter[str] = Counter()
    leads: Counter[str] = Counter()  # by line: votes for the run less those for the base
    for ballot in finished:
        counts.update(ballot.choices.values())
        for line, choice in ballot.choices.items():
            leads[line] += (choice == Choice.RUN) - (choice == Choice.BASE)
    won = sum(lead > 0 for lead in leads.values())
    lost = sum(lead < 0 for lead in leads.values())
    interval = wilson(won, won + lost)
    return Totals(
        people=len(finished),
        votes=sum(counts.values()),
        wins=counts[Choice.RUN],
        losses=counts[Choice.BASE],
        both_good=counts[Choice.GOOD],
        both_bad=counts[Choice.BAD],
        pairs_won=won,
        pairs_lost=lost,
        pairs_tied=len(leads) - won - lost,
        share=won / (won + lost) if won + lost else None,
        low=interval[0] if interval else None,
        high=interval[1] if interval else None,
    )
