"""The report as its page shows it."""

import pytest

from finetune.models import Dataset
from finetune.selectors.report import HEIGHT, WIDTH, ReportView, bars_of


def bins(*counts):
    return [{"from": 10 * n, "to": 10 * n + 10, "count": count} for n, count in enumerate(counts)]


@pytest.mark.parametrize("counts", [(1,), (0, 5, 2), (1, 100_000), tuple(range(200))])
def test_bars_stay_inside_the_drawing_and_every_count_is_visible(counts):
    bars = bars_of(bins(*counts))
    assert [bar.count for bar in bars] == list(counts)
    for bar in bars:
        assert 0 <= bar.x <= bar.x + bar.width <= WIDTH
        assert 0 <= bar.y <= bar.y + bar.height <= HEIGHT
        assert (bar.height > 0) == (bar.count > 0)


def test_no_bins_no_bars():
    assert bars_of([]) == []


def test_an_empty_report_has_nothing_to_show_and_does_not_fail():
    view = ReportView(Dataset(name="new", state="uploaded"))
    assert (view.dialogues, view.tokens, view.problem_total, view.problem_lines) == (0, 0, 0, 0)
    assert (view.bars, view.ticks, view.preview, view.roles, view.columns) == ([], [], [], [], [])
    assert view.lengths_words == view.tokens_note == ""


def test_a_preview_is_cut_and_says_how_much_is_left():
    messages = [{"role": "user", "content": "a" * 5000}] * 9
    (preview,) = ReportView(
        Dataset(report={"preview": [{"line": 3, "messages": messages}]})
    ).preview
    assert (preview.line, len(preview.turns), preview.more) == (3, 6, 3)
    assert preview.turns[0].text.endswith("…")
    assert len(preview.turns[0].text) < 400


def test_unknown_roles_come_after_the_known_ones():
    view = ReportView(Dataset(report={"roles": {"tool": 1, "assistant": 2, "user": 3}}))
    assert view.roles == [("Person", 3), ("Assistant", 2), ("tool", 1)]
