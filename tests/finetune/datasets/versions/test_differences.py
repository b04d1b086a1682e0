"""What is marked as gone and new adds up to the two texts."""

from hypothesis import given, settings
from hypothesis import strategies as st

from finetune.datasets.versions.differences import COMPARED, difference


def sides(pieces):
    before = "".join(one.text for one in pieces if one.kind != "new")
    after = "".join(one.text for one in pieces if one.kind != "gone")
    return before, after


@settings(max_examples=200, deadline=None)
@given(st.text("ab 睡,", max_size=60), st.text("ab 睡,", max_size=60))
def test_short_texts_come_back_whole(before, after):
    assert sides(difference(before, after)) == (before, after)


def test_words_are_compared_and_chinese_by_signs():
    pieces = [(one.kind, one.text) for one in difference("sleeping 我睡了", "sleep 我醒了")]
    assert pieces == [
        ("gone", "sleeping"), ("new", "sleep"), ("same", " 我"), ("gone", "睡"), ("new", "醒"),
        ("same", "了"),
    ]  # fmt: skip


def test_long_unchanged_text_is_cut():
    pieces = difference("word " * 5000 + "end,", "word " * 5000 + "end")
    assert [one.kind for one in pieces] == ["same", "gone"]
    assert len(pieces[0].text) < 400
    assert pieces[0].text.endswith("word end")


def test_much_that_differs_is_shown_as_a_whole():
    old, new = ("".join(f"{word}{n} " for n in range(COMPARED)) for word in ("a", "b"))
    assert [one.kind for one in difference(old, new)][:2] == ["gone", "new"]
