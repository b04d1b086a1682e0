"""Tables: what a proper writer wrote is read as it is; a stray quotation mark costs one line."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finetune.datasets.doctor.examination import examine
from finetune.datasets.doctor.options import Options
from finetune.datasets.reading.exceptions import DatasetRefused, RecordProblem
from finetune.datasets.reading.limits import Limits
from finetune.datasets.reading.lines import Read
from finetune.datasets.reading.tables import Table

ROWS = 40
OPENED, CLOSED = 19, 30  # rows with stray marks; a row stands two lines below its number


def table(*changed: tuple[int, str], delimiter: str = ",", end: str = "\n") -> str:
    """A header and forty short rows, some of them otherwise."""
    rows = [f"q{number},a{number}" for number in range(ROWS)]
    for number, text in changed:
        rows[number] = text
    text = end.join(["question,answer", *rows, ""])
    return text.replace(",", delimiter)


def read(text: str, delimiter: str = ",", limits: Limits | None = None) -> list[Read]:
    handle = io.BytesIO(text.encode("utf-8", "surrogateescape"))
    return list(Table(handle, delimiter, limits or Limits()).records())


def kept(reads: list[Read]) -> list[str]:
    """The questions of the rows that are kept."""
    return [
        read.value["question"] for read in reads if isinstance(read.value, dict) and not read.doubt
    ]


def doubted(reads: list[Read]) -> list[int]:
    return [read.line for read in reads if read.doubt is not None]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("row", ['q19,"a19', '"q19,a19'])
def test_a_quotation_mark_that_is_never_closed_costs_its_line(
    delimiter: str, end: str, row: str
) -> None:
    reads = read(table((OPENED, row), delimiter=delimiter, end=end), delimiter)
    assert doubted(reads) == [OPENED + 2]
    assert "never closed" in str(reads[OPENED].doubt)
    assert kept(reads) == [f"q{number}" for number in range(ROWS) if number != OPENED]
    assert [read.line for read in reads] == list(range(2, ROWS + 2))


@pytest.mark.parametrize(
    "closing",
    ['q30,"a30', '"q30,a30', '"q30, too",a30', 'q30,"a, 30"', 'q30,a "30" a', 'q30,5" wide,a30'],
)
def test_another_mark_far_below_does_not_close_it(closing: str) -> None:
    reads = read(table((OPENED, 'q19,"a19'), (CLOSED, closing)))
    assert doubted(reads)[0] == OPENED + 2
    rows = [f"q{number}" for number in range(ROWS) if number not in (OPENED, CLOSED)]
    assert [words for words in kept(reads) if words in rows] == rows


def test_where_two_marks_make_a_proper_cell_it_is_said_what_is_inside(tmp_path: Path) -> None:
    """It could be meant: a reply may be a table. So it is kept, and listed."""
    path = tmp_path / "upload.csv"
    path.write_text(table((OPENED, 'q19,"a19'), (CLOSED, 'q30,a30"')))
    report = examine(path, tmp_path / "out")
    (problem,) = report.problems
    assert (problem.line, problem.check) == (OPENED + 2, "rows_in_a_cell")
    assert f"from line {OPENED + 2} to line {CLOSED + 2}" in problem.reason
    assert problem.severity == "warning"
    assert report.dialogues == ROWS - (CLOSED - OPENED)


def test_the_marks_of_two_rows_that_belong_to_none() -> None:
    """The first one seems to be closed, but what it holds are rows."""
    reads = read(table((OPENED, 'q19,"a19'), (CLOSED, 'q30","a30')))
    assert doubted(reads) == [OPENED + 2, CLOSED + 2]
    assert len(kept(reads)) == ROWS - 2


def test_a_mark_inside_a_cell_is_text(tmp_path: Path) -> None:
    path = tmp_path / "upload.csv"
    path.write_text(table((3, 'q3,5" wide'), (4, '"So" he said,a4'), (5, 'q5,"a, ""5"""')))
    report = examine(path, tmp_path / "out", Options(limits=Limits(preview=9)))
    assert report.problem_counts == {"stray_quote": 1}
    assert report.problems[0].line == 6
    said = [[item["content"] for item in entry["messages"]] for entry in report.preview]
    assert said[3:6] == [["q3", '5" wide'], ['"So" he said', "a4"], ["q5", 'a, "5"']]


def test_prose_over_several_lines_is_left_in_peace() -> None:
    verses = (
        'q,"Roses are red, dear,\nViolets are blue, dear,\n\nSugar is sweet,\nand so, are you"\n'
    )
    letter = 'q,"Hello, John\nThank you, too\nSee you, then\nYours, Mary"\n'
    reads = read("question,answer\n" + verses * 3 + letter * 3)
    assert len(reads) == 6
    assert not [one for one in reads if one.doubt or one.remarks]


cells = st.text(alphabet=st.sampled_from('ab ,;\t"\n“é='), max_size=8)


@settings(max_examples=300, deadline=None)
@given(
    rows=st.lists(st.lists(cells, min_size=3, max_size=3), max_size=6),
    delimiter=st.sampled_from(",;\t|"),
    end=st.sampled_from(["\n", "\r\n"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
def test_what_a_writer_wrote_is_read_back(
    rows: list[list[str]], delimiter: str, end: str, quoting: int
) -> None:
    written = io.StringIO(newline="")
    writer = csv.writer(written, delimiter=delimiter, lineterminator=end, quoting=quoting)  # type: ignore[arg-type]
    writer.writerow(["x", "y", "z"])
    writer.writerows(rows)
    reads = read(written.getvalue(), delimiter)
    assert [list(one.value.values()) for one in reads] == [
        row for row in rows if any(cell.strip() for cell in row)
    ]
    assert not [one for one in reads if one.doubt or one.remarks]


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.sampled_from(['"', '""', ",", "\n", "\r\n", "a", "b", " ", "\udcff"]), max_size=60)
)
def test_no_line_is_lost_whatever_the_marks(pieces: list[str]) -> None:
    """Each line with words is in a row, a problem, or the cell of several lines of a row."""
    text = "".join(pieces)
    reads = read("question,answer\n" + text)
    for number, line in enumerate(text.split("\n"), 2):
        if line.strip(' ,"\r'):
            row = [one for one in reads if one.line <= number][-1]
            inside = isinstance(row.value, RecordProblem) or any(
                "\n" in cell for cell in row.value.values()
            )
            assert row.line == number or inside, (number, line)


def test_a_stray_mark_behind_a_cell_of_several_lines_loses_none_of_them() -> None:
    reads = read('question,answer\nq1,"a1, and\nmore","stray\nq2,a2\n')
    assert [one.line for one in reads] == [2, 3, 4]
    assert "closed in line 3, where another one is never closed" in str(reads[0].value)
    assert "is never closed" in str(reads[1].doubt)
    assert reads[2].value == {"question": "q2", "answer": "a2"}


def test_a_row_over_the_limit_does_not_take_the_rest_along() -> None:
    reads = read(table((OPENED, 'q19,"a19')), limits=Limits(max_line_bytes=60))
    assert doubted(reads) == [OPENED + 2]
    assert "not closed within 60 bytes" in str(reads[OPENED].doubt)
    assert len(kept(reads)) == ROWS - 1


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('question,"answer\nq,a\n', "first line"),
        ("question,answer\rq,a\nq,a\r", "carriage return"),
    ],
)
def test_a_header_that_cannot_be_read_says_why(text: str, says: str) -> None:
    with pytest.raises(DatasetRefused, match=says) as refused:
        read(text)
    assert refused.value.code == "missing_columns"


def test_a_carriage_return_inside_a_row_is_reported() -> None:
    reads = read("question,answer\nq1,a1\rq2,a2\nq3,a3\n")
    assert isinstance(reads[0].value, RecordProblem)
    assert reads[1].value == {"question": "q3", "answer": "a3"}


def test_a_column_without_a_name_keeps_its_place() -> None:
    (row,) = read(",question,,answer\n7,q,x,a\n")
    assert row.value == {"(column 1)": "7", "question": "q", "(column 3)": "x", "answer": "a"}
