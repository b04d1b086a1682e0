"""The record: lines are copied once, in order, whatever happens."""

import json

import pytest

from finetune.runs.events import EventTail, run_events_copy
from finetune.runs.models import RunEvent
from finetune.runs.transitions import run_log

pytestmark = pytest.mark.django_db


def line(seq, kind="metrics", **data):
    return {
        "seq": seq,
        "time": 1.7e9 + seq,
        "type": kind,
        "level": "info",
        "message": f"event {seq}",
        "data": data or {"step": seq, "total_steps": 9, "train_loss": 1 / seq},
    }


def seqs(run):
    return list(RunEvent.objects.filter(run=run).order_by("seq").values_list("seq", flat=True))


def test_copying_twice_changes_nothing(run_made):
    before = run_made.last_seq
    lines = [line(1), line(2), line(3)]
    run_events_copy(run_made.pk, lines)
    once = run_events_copy(run_made.pk, lines)
    assert once.last_seq == before + 3
    assert once.copied_seq == 3
    assert seqs(run_made) == list(range(1, before + 4))


def test_overlapping_batches_leave_no_gap(run_made):
    run_events_copy(run_made.pk, [line(1), line(2)])
    run = run_events_copy(run_made.pk, [line(2), line(3)])
    rows = RunEvent.objects.filter(run=run, type="metrics").order_by("seq")
    assert [row.data["step"] for row in rows] == [1, 2, 3]
    assert run.step == 3
    assert run.latest["train_loss"] == pytest.approx(1 / 3)


def test_the_sites_own_events_take_numbers_between(run_made):
    run_events_copy(run_made.pk, [line(1)])
    run_log(run_made, "log", "Somebody said something.")
    run = run_events_copy(run_made.pk, [line(2)])
    kinds = list(RunEvent.objects.filter(run=run).order_by("-seq").values_list("type", flat=True))
    assert kinds[:3] == ["metrics", "log", "metrics"]
    assert seqs(run) == list(range(1, run.last_seq + 1))


def test_base_loss_is_kept_beside_the_newest(run_made):
    run_events_copy(run_made.pk, [line(1, "evaluation", step=0, validation_loss=4.0)])
    run = run_events_copy(run_made.pk, [line(2, "evaluation", step=5, validation_loss=3.0)])
    assert run.latest["base_validation_loss"] == 4.0
    assert run.latest["validation_loss"] == 3.0


def test_tail_leaves_half_a_line_for_later(tmp_path):
    path = tmp_path / "events.jsonl"
    tail = EventTail(path)
    assert tail.read() == []
    first, second = (json.dumps(line(n)) for n in (1, 2))
    path.write_text(first + "\n" + second[:20])
    assert [found["seq"] for found in tail.read()] == [1]
    with path.open("a") as handle:
        handle.write(second[20:] + "\n")
    assert [found["seq"] for found in tail.read()] == [2]
    assert tail.read() == []
