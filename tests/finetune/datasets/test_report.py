"""The report as its page shows it."""

import pytest

from finetune.datasets.models import Dataset
from finetune.datasets.previews import PREVIEW_LETTERS, clipped
from finetune.datasets.report import HEIGHT, WIDTH, ReportView, bars_of


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


FAMILY = "👩\u200d👩\u200d👧"


@pytest.mark.parametrize("sign", [FAMILY, "👍🏽", "🇮🇩", "e\u0301", "1\ufe0f\u20e3", "क्\u200dष"])
@pytest.mark.parametrize("before", range(8))
def test_a_preview_is_not_cut_inside_a_sign(sign, before):
    text = "a" * (PREVIEW_LETTERS - before) + sign + " and more words"
    shown = clipped(text).removesuffix("…")
    assert len(shown) <= PREVIEW_LETTERS
    assert len(shown) >= PREVIEW_LETTERS - len(sign)
    assert shown.lstrip("a").startswith(sign) or not shown.strip("a")


def test_a_long_row_of_joined_signs_is_cut_somewhere():
    assert 0 < len(clipped("\u0301" * 5000)) <= PREVIEW_LETTERS + 1


def test_the_summary_names_what_was_not_used_or_left_out():
    report = {
        "errors": 2,
        "duplicates": 1,
        "warnings": 4,
        "unused": [{"key": f"k{n}", "records": 1000 + n} for n in range(14)],
    }
    words = ReportView(Dataset(report=report)).summary
    assert words.startswith("Left out: 2 (with problems), 1 (exact duplicates). Keys")
    assert "k0 (1,000), k1 (1,001)" in words
    assert "k11 (1,011) and 2 more." in words
    assert words.endswith("Remarks on the data page: 3.")
    assert ReportView(Dataset(report={"dialogues": 9})).summary == ""


def test_unknown_roles_come_after_the_known_ones():
    view = ReportView(Dataset(report={"roles": {"narrator": 1, "assistant": 2, "user": 3}}))
    assert view.roles == [("Person", 3), ("Assistant", 2), ("narrator", 1)]
