"""Tags, persons and sources are taken in our own form alone; anything else is named as not used."""

import pytest

from finetune.datasets.formats.beside import beside
from finetune.datasets.formats.registry import FORMATS, unused

OURS = {"tags": ["sleep", "夜"], "person": "p7", "source": "line 17 of version 1"}


def test_ours_are_kept_and_used():
    record = {"messages": [], **OURS}
    assert beside(record) == OURS
    assert list(unused(FORMATS["openai"], record, {})) == []


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("tags", "sleep"),
        ("tags", ["a", "a"]),
        ("tags", ["x" * 41]),
        ("tags", [1]),
        ("tags", ["a, b"]),
        ("person", 7),
        ("person", "a\nb"),
        ("source", "Reddit"),
        ("source", "line 1 of version 1, and more"),
    ],
)
def test_what_is_not_ours_is_named(key, value):
    record = {"messages": [], key: value}
    assert beside(record) == {}
    assert list(unused(FORMATS["openai"], record, {})) == [key]


def test_other_forms_have_none():
    record = {"conversations": [], **OURS}
    assert set(unused(FORMATS["sharegpt"], record, {})) == set(OURS)
