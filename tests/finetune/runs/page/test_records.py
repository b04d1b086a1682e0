"""Replies and lines of a log come a page at a time, each once, and none is missed."""

import pytest

from finetune.runs.events import run_events_copy
from finetune.runs.page.records import event_types, log_lines, run_outline, sample_replies
from tests.finetune.runs.test_events import line

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _gate(settings):
    settings.REPLY_GATE = "tests.doubles.reply_gate.open_gate"


@pytest.fixture
def long_run(run_made):
    lines = []
    for step in range(1, 201):
        lines.append(line(len(lines) + 1, step=step, total_steps=200, train_loss=3.0))
        if step % 2 == 0:
            for index in range(2):
                data = {"step": step, "index": index, "prompt": f"p{index}", "reply": f"r{step}"}
                lines.append(line(len(lines) + 1, "sample", **data))
        if step % 5 == 0:
            lines.append(line(len(lines) + 1, "log", said=step))
    return run_events_copy(run_made.pk, lines)


def test_types_are_found_by_jumps(long_run):
    assert event_types(long_run) == sorted(set(long_run.events.values_list("type", flat=True)))


@pytest.mark.parametrize("limit", [1, 7, 1000])
def test_lines_go_back_to_the_first(long_run, limit):
    expected = list(
        long_run.events.exclude(type__in=("metrics", "sample"))
        .order_by("seq")
        .values_list("seq", flat=True)
    )
    seen, before = [], None
    while lines := log_lines(long_run, before, limit):
        assert len(lines) <= limit
        seen = [event.seq for event in lines] + seen
        before = lines[0].seq
    assert seen == expected


def test_replies_go_back_to_the_first(long_run):
    page, steps = sample_replies(long_run), []
    assert [entry.prompt for entry in page.prompts] == ["p0", "p1"]
    assert page.prompts[0].newest == (200, "r200")
    while True:
        assert all(len(entry.later) <= 8 for entry in page.prompts)
        assert page.prompts[0].later == page.prompts[1].later
        steps += [step for step, _ in page.prompts[0].later]
        if page.earlier is None:
            break
        page = sample_replies(long_run, page.earlier)
    assert steps == list(range(200, 0, -2))


def test_the_reply_before_training_stays_on_every_page(run_made):
    lines = [line(1, "sample", step=0, index=0, prompt="p", reply="base")]
    lines += [line(n, "sample", step=n, index=0, prompt="p", reply=f"r{n}") for n in range(2, 40)]
    run = run_events_copy(run_made.pk, lines)
    page = sample_replies(run)
    assert page.prompts[0].base == "base"
    assert sample_replies(run, page.earlier).prompts[0].base == "base"


def test_an_outline_is_in_order_and_ends_with_the_log(long_run):
    outline = run_outline(long_run, 50)
    assert outline == sorted(set(outline))
    assert outline[0] > 50
    assert outline[-1] == long_run.last_seq
