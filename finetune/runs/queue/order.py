"""The order in which runs start: shares between teams, priorities within one. No database.

A run that an operator put first comes before all. Of the others, the team starts one that has had
the least worker time for its share; of that team's, the one with the highest priority, and among
equals the one that has waited longest. A team that has as many runs at work as its quota allows is
passed over until one ends.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

FIRST_OF_ALL = 2  # the priority that only an operator gives
UNKNOWN_SECONDS = 600.0  # what a run counts for its team while nobody knows how long it takes


@dataclass(frozen=True)
class Waiting:
    """A run in the queue. `seconds` is how long it will take; None where nobody knows."""

    pk: int
    team: int
    priority: int
    since: datetime
    seconds: float | None = None


@dataclass
class TeamLoad:
    """What a team has now: worker time for its share, and runs at work of those it may have."""

    used: float = 0.0
    share: int = 1
    at_work: int = 0
    most: int | None = None

    @property
    def full(self) -> bool:
        return self.most is not None and self.at_work >= self.most

    @property
    def load(self) -> float:
        return self.used / max(1, self.share)


@dataclass(frozen=True)
class Start:
    """When a run will start: its place from 1, seconds from now (None: nobody knows), and whether
    its team has as many runs at work now as it may have."""

    pk: int
    place: int
    seconds: float | None
    held_back: bool = False


class Line:
    """The queue at one moment; taking runs out of it changes the loads of their teams.

    Args:
        waiting: the runs, in any order.
        teams: what their teams have now; one that is not named has nothing.
    """

    def __init__(
        self, waiting: Iterable[Waiting], teams: Mapping[int, TeamLoad] | None = None
    ) -> None:
        self.teams = dict(teams or {})
        self._of_team: dict[int, list[Waiting]] = {}
        self._first: list[Waiting] = []
        for run in sorted(waiting, key=within):
            first = run.priority >= FIRST_OF_ALL
            (self._first if first else self._of_team.setdefault(run.team, [])).append(run)

    @property
    def waiting(self) -> list[Waiting]:
        return [*self._first, *(run for runs in self._of_team.values() for run in runs)]

    def team(self, team: int) -> TeamLoad:
        return self.teams.setdefault(team, TeamLoad())

    def next(self) -> Waiting | None:
        """The run that starts if a worker is free now; None where every team has enough."""
        for run in self._first:
            if not self.team(run.team).full:
                return run
        heads = [
            runs[0] for team, runs in self._of_team.items() if runs and not self.team(team).full
        ]
        return min(heads, key=lambda run: (self.team(run.team).load, within(run)), default=None)

    def take(self, run: Waiting) -> None:
        """It starts: its team has one more at work, and the time that this will take."""
        (self._first if run in self._first else self._of_team[run.team]).remove(run)
        team = self.team(run.team)
        team.at_work += 1
        team.used += UNKNOWN_SECONDS if run.seconds is None else run.seconds

    def startable(self) -> Iterator[int]:
        """The runs that would start, in their order, if there were any number of workers."""
        while (run := self.next()) is not None:
            self.take(run)
            yield run.pk


def within(run: Waiting) -> tuple[int, datetime, int]:
    """The order within a team."""
    return -run.priority, run.since, run.pk


def forecast(
    line: Line, *, workers: int, at_work: Iterable[tuple[int, float | None]]
) -> Sequence[Start]:
    """Play the queue through: who starts when, if everybody takes as long as expected.

    Args:
        line: the queue; it is used up.
        workers: how many carry out runs.
        at_work: team and seconds left of each run that a worker holds.
    """
    ends = [(math.inf if left is None else left, team) for team, left in at_work]
    heapq.heapify(ends)
    waiting = line.waiting
    blocked = {run.pk for run in waiting if line.team(run.team).full}
    now, left = 0.0, len(waiting)
    starts: list[Start] = []
    while left:
        free = len(ends) < workers
        run = line.next() if free or not ends else None
        if run is not None:
            line.take(run)
            left -= 1
            seconds = now if free and math.isfinite(now) else None
            starts.append(Start(run.pk, len(starts) + 1, seconds, run.pk in blocked))
            lasts = math.inf if run.seconds is None else run.seconds
            heapq.heappush(ends, (now + lasts, run.team))
            continue
        if not ends:
            break  # no team may start any
        now, team = heapq.heappop(ends)
        line.team(team).at_work -= 1
    return starts
