"""A run's curves: whole while it is short, bounded and true to the eye when it is long."""

import pytest

from finetune.runs.events import run_events_copy
from finetune.runs.models import RunEvent
from finetune.runs.page import curves
from finetune.runs.page.curves import run_curves, run_series
from tests.finetune.runs.test_events import line

pytestmark = pytest.mark.django_db


def log_of(run, steps, **spikes):
    """Copy a log of `steps` steps with an evaluation every hundred; returns the run."""
    lines, seq = [], run.copied_seq
    for step in range(1, steps + 1):
        seq += 1
        loss = spikes.get(f"at_{step}", 3.0 - step / steps)
        lines.append(line(seq, step=step, total_steps=steps, train_loss=loss, grad_norm=1.0))
        if step % 100 == 0:
            seq += 1
            lines.append(line(seq, "evaluation", step=step, validation_loss=3.5 - step / steps))
    return run_events_copy(run.pk, lines)


def test_a_short_run_is_shown_whole(run_made):
    run = log_of(run_made, 250)
    series = run_series(run)
    assert series["step"] == list(range(1, 251))
    assert series["evaluation"]["step"] == [100, 200]
    assert "seq" not in series


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(curves, "STEPS", 100)
    monkeypatch.setattr(curves, "CHECKS", 10)
    monkeypatch.setattr(curves, "BLOCK", 300)
    monkeypatch.setattr(curves, "BLOCK_STEPS", 60)
    monkeypatch.setattr(curves, "BLOCK_CHECKS", 6)


def test_a_long_run_is_bounded_and_keeps_ends_extremes_and_evaluations(run_made, small):
    run = log_of(run_made, 2_000, at_777=9.0, at_1555=0.01)
    series = run_series(run)
    assert len(series["step"]) <= 100
    assert series["step"] == sorted(set(series["step"]))
    assert (series["step"][0], series["step"][-1]) == (1, 2_000)
    assert max(series["train_loss"]) == 9.0
    assert min(series["train_loss"]) == 0.01
    checks = series["evaluation"]
    assert len(checks["step"]) <= 10
    assert (checks["step"][0], checks["step"][-1]) == (100, 2_000)
    assert set(checks["step"]) <= set(series["step"]), "the table shows both in one row"


def test_old_blocks_are_not_read_again(run_made, small, django_assert_num_queries):
    run = log_of(run_made, 2_000)
    first = run_curves(run)
    with django_assert_num_queries(1):  # the rows behind the last whole block
        assert run_curves(run) == first


def test_new_events_come_at_once(run_made, small):
    run = log_of(run_made, 1_000)
    run_curves(run)
    copied = run.copied_seq
    run = run_events_copy(run.pk, [line(copied + 1, step=1_001, total_steps=1_001, train_loss=7.0)])
    series = run_series(run)
    assert series["step"][-1] == 1_001
    assert series["train_loss"][-1] == 7.0


def test_without_the_cache_curves_are_read_from_the_log(run_made, small, monkeypatch, caplog):
    from redis.exceptions import ConnectionError as Away

    def away(*_, **__):
        raise Away("no broker")

    run = log_of(run_made, 1_000)
    known = run_curves(run)
    monkeypatch.setattr(curves.cache, "get_many", away)
    monkeypatch.setattr(curves.cache, "set_many", away)
    assert run_curves(run) == known
    assert "read from the log" in caplog.text


def test_the_numbers_are_those_of_the_log(run_made, small):
    run = log_of(run_made, 2_000)
    metrics = run_curves(run)["metrics"]
    steps = dict(RunEvent.objects.filter(run=run, type="metrics").values_list("seq", "data__step"))
    assert [steps[seq] for seq in metrics["seq"]] == metrics["step"]
