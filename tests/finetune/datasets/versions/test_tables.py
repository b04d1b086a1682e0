"""Broken cells of a table: mended where it is clear what they were meant to be, else left alone."""

import pytest

from finetune.datasets.checking import options_of
from finetune.datasets.selectors import dataset_problems
from finetune.datasets.versions import changes
from finetune.datasets.versions.mending.cells import mended_cells, shown_cells
from finetune.datasets.versions.proposals import Proposals

pytestmark = pytest.mark.django_db
ROWS = [f"I cannot sleep, night {number}".replace(",", "") for number in range(12)]
GOOD = "".join(f"{row},That sounds hard {at}\n" for at, row in enumerate(ROWS))
HEAD = "question,answer\n"


@pytest.mark.parametrize(
    ("bad", "after"),
    [
        (b"caf\xe9 au lait,Good morning\n", ["café au lait", "Good morning"]),
        ("我睡不着,那很难受\n".encode("gb18030"), ["我睡不着", "那很难受"]),
        (b"No\0thing,So it is\n", ["Nothing", "So it is"]),
        (b"One\rTwo,So it is\n", ["One\nTwo", "So it is"]),
        (b'"I am sad,That is hard\n', ["I am sad", "That is hard"]),
        (b'I am sad,"That is hard\n', ["I am sad", "That is hard"]),
    ],
)
def test_what_is_mended(made, changed, records, bad, after):
    first = made(HEAD.encode() + bad + GOOD.encode(), "nights.csv")
    assert (first.state, first.report["dialogues"]) == ("ready", 12), first.problem
    (problem,) = dataset_problems(first)
    assert problem["fixable"]
    fix = Proposals(first.folder, first.report, options_of(first.options)).fix(problem)
    assert [one["content"] for one in fix.dialogues[0]] == after
    assert fix.steps[0].before != fix.steps[0].after
    for change in (changes.fix(problem["line"]), changes.fix_all()):
        second = changed(first, change)
        assert second.report["dialogues"] == 13
        assert [one["content"] for one in records(second)[0]["messages"]] == after


@pytest.mark.parametrize(
    "bad",
    [
        b'"Hello, I am sad\n',  # a blank behind the comma: half a sentence, not a cell
        b'"I am sad,That is hard,And more\n',  # too many cells
        b'"I am sad\n',  # too few
        b'"I say ""no,That is hard\n',  # which of its marks is stray?
        b"caf\xe9 \xe4\xbd\xa0\xe5\xa5\xbd,Good morning\n",  # UTF-8 and something else
        b"One\rTwo,So it is,And more\n",
    ],
)
def test_what_is_left_alone(made, changed, bad):
    first = made(HEAD.encode() + bad + GOOD.encode(), "nights.csv")
    assert (first.state, first.report["dialogues"]) == ("ready", 12), first.problem
    assert not any(problem.get("fixable") for problem in dataset_problems(first))
    assert changed(first, changes.fix_all(), changes.tag(4, ["a"])).report["dialogues"] == 12


def test_cells():
    assert mended_cells({"a": "one", "b": "two"}) is None
    assert mended_cells({"a": "on\x1fe", "b": "\0"}) is None
    cells = {"a": "caf\udce9", "b": '"x\0\r\ny'}
    mended, done = mended_cells(cells)
    assert mended == {"a": "café", "b": "x\ny"}
    assert done == ("null_bytes", "cp1252", "invalid_csv", "open_quote")
    assert shown_cells(cells) == 'a: caf\\xe9\nb: "x\\x00\\r\ny'
