"""Who starts next: shares between teams, priorities within one, quotas, and the forecast."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

from finetune.runs.queue.order import FIRST_OF_ALL, Line, TeamLoad, Waiting, forecast

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)


def waits(pk: int, team: int, *, priority: int = 0, seconds: float | None = 100.0) -> Waiting:
    return Waiting(pk, team, priority, NOON + timedelta(seconds=pk), seconds)


def order(line: Line) -> list[int]:
    return list(line.startable())


def test_one_team_starts_in_the_order_of_queueing() -> None:
    assert order(Line([waits(3, 1), waits(1, 1), waits(2, 1)])) == [1, 2, 3]


def test_a_priority_counts_within_its_team_alone() -> None:
    runs = [waits(1, 1), waits(2, 1, priority=1), waits(3, 2), waits(4, 1, priority=-1)]
    assert order(Line(runs[:])) == [2, 3, 1, 4]
    loaded = Line(runs[:], {1: TeamLoad(used=500.0)})
    assert order(loaded) == [3, 2, 1, 4]  # a high priority does not push past the other team


def test_what_an_operator_put_first_is_first() -> None:
    runs = [waits(1, 1), waits(2, 2, priority=FIRST_OF_ALL)]
    assert order(Line(runs, {2: TeamLoad(used=1e6)})) == [2, 1]


def test_teams_take_turns_by_what_they_had() -> None:
    many = [waits(pk, 1) for pk in range(1, 6)]
    assert order(Line([*many, waits(9, 2)])) == [1, 9, 2, 3, 4, 5]


def test_a_share_of_two_gets_twice_as_much() -> None:
    runs = [waits(pk, pk % 2) for pk in range(1, 61)]
    line = Line(runs, {1: TeamLoad(share=2), 0: TeamLoad(share=1)})
    first = order(line)[:30]
    assert sum(pk % 2 for pk in first) == 20


def test_shares_hold_for_any_queue() -> None:
    draw = random.Random(7)
    for _ in range(10):
        shares = {team: draw.randint(1, 4) for team in range(3)}
        runs = [waits(pk, draw.randrange(3), seconds=10.0) for pk in range(300)]
        line = Line(runs, {team: TeamLoad(share=share) for team, share in shares.items()})
        team_of = {run.pk: run.team for run in runs}
        first = [team_of[pk] for pk in order(line)[:60]]  # no team has run out by then
        had = {team: first.count(team) for team in shares}
        per_share = [had[team] / shares[team] for team in shares]
        assert max(per_share) - min(per_share) <= 1.0


def test_a_team_never_has_more_at_work_than_it_may() -> None:
    runs = [waits(pk, 1) for pk in (1, 2, 3)]
    assert order(Line(runs, {1: TeamLoad(most=2)})) == [1, 2]
    assert order(Line(runs[:], {1: TeamLoad(most=1, at_work=1)})) == []


def test_the_forecast_plays_the_queue_through() -> None:
    runs = [waits(1, 1), waits(2, 1), waits(3, 2, seconds=30.0)]
    starts = forecast(Line(runs), workers=1, at_work=[(1, 40.0)])
    assert [(start.pk, start.place, start.seconds) for start in starts] == [
        (1, 1, 40.0),
        (3, 2, 140.0),
        (2, 3, 170.0),
    ]


def test_two_workers_halve_the_wait() -> None:
    runs = [waits(pk, 1) for pk in (1, 2, 3)]
    starts = forecast(Line(runs), workers=2, at_work=[])
    assert [start.seconds for start in starts] == [0.0, 0.0, 100.0]


def test_nobody_knows_when_what_follows_an_unknown_run_starts() -> None:
    runs = [waits(1, 1, seconds=None), waits(2, 1)]
    starts = forecast(Line(runs), workers=1, at_work=[])
    assert [(start.pk, start.seconds) for start in starts] == [(1, 0.0), (2, None)]


def test_a_quota_holds_back_though_a_worker_is_free() -> None:
    runs = [waits(1, 1), waits(2, 2)]
    line = Line(runs, {1: TeamLoad(at_work=1, most=1)})
    starts = forecast(line, workers=2, at_work=[(1, 50.0)])
    assert [(start.pk, start.seconds, start.held_back) for start in starts] == [
        (2, 0.0, False),
        (1, 50.0, True),
    ]


def test_without_a_worker_there_are_places_and_no_times() -> None:
    starts = forecast(Line([waits(1, 1), waits(2, 1)]), workers=0, at_work=[])
    assert [(start.place, start.seconds) for start in starts] == [(1, None), (2, None)]
