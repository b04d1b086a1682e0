"""What is refused of packed files and of those that are no text: by name, and bounded."""

from __future__ import annotations

import gzip
import io
import json
import struct
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pytest

from finetune.datasets.doctor.examination import examine
from finetune.datasets.doctor.options import Options
from finetune.datasets.doctor.report import Report
from finetune.datasets.reading.exceptions import DatasetRefused
from finetune.datasets.reading.limits import Limits
from finetune.datasets.reading.sniffing import sniff

from .writing import arrow, jsonl, parquet, sheet_of, xlsx, zipped

RECORDS = [
    {
        "messages": [
            {"role": "user", "content": f"Question {number}"},
            {"role": "assistant", "content": f"Answer {number}"},
        ]
    }
    for number in range(12)
]
LINES = jsonl(RECORDS)
TABLE = b"question,answer\n" + b"".join(b"q%d,a%d\n" % (one, one) for one in range(12))


def read(content: bytes, tmp_path: Path, **limits: Any) -> Report:
    path = tmp_path / "upload"
    path.write_bytes(content)
    return examine(path, tmp_path / "out", Options(limits=Limits(**limits)))


def encrypted() -> bytes:
    content = bytearray(zipped({"a.jsonl": LINES}, zipfile.ZIP_STORED))
    for magic, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(magic) + place] |= 1
    return bytes(content)


def with_formula() -> bytes:
    rows: list[list[Any]] = [["question", "answer"], *([f"q{n}", f"a{n}"] for n in range(12))]
    rows[3][1] = '="a" & "b"'
    return xlsx(rows)


REFUSED: list[tuple[str, bytes, str, str]] = [
    ("encrypted", encrypted(), "archive_encrypted", "a.jsonl"),
    ("zip in zip", zipped({"a.jsonl": LINES, "b/c.zip": b"x"}), "archive_nested", "b/c.zip"),
    ("gz in zip", zipped({"a.jsonl.gz": gzip.compress(LINES)}), "archive_nested", "a.jsonl.gz"),
    ("zip in gz", gzip.compress(zipped({"a.jsonl": LINES})), "archive", "Inside the gzip"),
    ("gz in gz", gzip.compress(gzip.compress(LINES)), "archive", "Inside the gzip"),
    ("tar in gz", gzip.compress(b"a" * 257 + b"ustar" + b"\0" * 300), "archive", "tar"),
    ("empty gz", gzip.compress(b""), "empty", "Inside the gzip"),
    ("gz cut short", gzip.compress(LINES * 40)[:-20], "archive_broken", "gzip"),
    ("gz with a wrong sum", gzip.compress(LINES)[:-8] + b"\0" * 8, "archive_broken", "gzip"),
    ("gz of nothing", b"\x1f\x8b\x08", "archive_broken", "gzip"),
    ("Parquet in zip", zipped({"d.parquet": parquet(RECORDS)}), "archive_nested", "d.parquet"),
    ("zip of pictures", zipped({"a.png": b"\x89PNG"}), "archive", "a.png"),
    ("zip of nothing seen", zipped({"__MACOSX/a.jsonl": b"x"}), "archive", "nothing"),
    ("two forms", zipped({"a.csv": TABLE, "b.jsonl": LINES}), "archive_mixed", "a.csv"),
    ("empty member", zipped({"a.jsonl": LINES, "b.jsonl": b""}), "empty", "b.jsonl"),
    ("picture as member", zipped({"a.jsonl": b"\x89PNG\r\n\x1a\n"}), "wrong_type", "a.jsonl"),
    ("zip cut short", zipped({"a.jsonl": LINES})[:-30], "archive_broken", "ends"),
    ("docx", zipped({"[Content_Types].xml": b"", "word/document.xml": b""}), "wrong_type", "docx"),
    ("pptx", zipped({"ppt/presentation.xml": b""}), "wrong_type", "pptx"),
    ("ods", zipped({"mimetype": b"", "content.xml": b""}), "wrong_type", "OpenDocument"),
    ("broken xlsx", zipped({"xl/workbook.xml": b"<workbook/>"}), "archive_broken", "workbook"),
    ("xlsx without rows", xlsx([]), "empty", "sheet"),
    ("xlsx with one column", xlsx([["a"], ["b"]]), "missing_columns", "first row"),
    ("Parquet cut short", parquet(RECORDS)[:-9], "archive_broken", "Parquet"),
    ("Parquet of nothing", b"PAR1\x15\x04", "archive_broken", "Parquet"),
    ("Arrow cut short", arrow(RECORDS)[:-200], "archive_broken", "Arrow"),
    ("Arrow of nothing", b"ARROW1\0\0", "archive_broken", "Arrow"),
    ("stream of nothing", b"\xff\xff\xff\xff\x08\0\0\0" + b"\1" * 40, "archive_broken", "Arrow"),
    ("Feather 1", b"FEA1" + b"\0" * 40, "wrong_type", "Feather"),
    ("7-Zip", b"7z\xbc\xaf\x27\x1c\x00\x04" + b"\x01" * 40, "archive", "7-Zip"),
]


@pytest.mark.parametrize(
    ("content", "code", "named"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED]
)
def test_refused(content: bytes, code: str, named: str, tmp_path: Path) -> None:
    with pytest.raises(DatasetRefused) as refused:
        read(content, tmp_path)
    assert refused.value.code == code
    assert named in refused.value.message
    assert refused.value.hint
    assert sorted(path.name for path in tmp_path.iterdir()) == ["upload"]


def test_a_member_with_other_bytes_than_its_sum_is_refused(tmp_path: Path) -> None:
    content = zipped({"a.jsonl": LINES}, zipfile.ZIP_STORED).replace(b"Question 3", b"Question X")
    with pytest.raises(DatasetRefused, match=r"a\.jsonl is damaged") as refused:
        read(content, tmp_path)
    assert refused.value.code == "archive_broken"


@pytest.mark.parametrize("pack", [gzip.compress, lambda raw: zipped({"a.jsonl": raw})])
def test_what_comes_out_is_bounded(pack: Any, tmp_path: Path) -> None:
    content = pack(LINES)
    assert read(content, tmp_path, max_expanded_bytes=len(LINES)).dialogues == 12
    with pytest.raises(DatasetRefused, match="the limit") as refused:
        read(content, tmp_path, max_expanded_bytes=len(LINES) - 1)
    assert refused.value.code == "archive_too_large"


def test_columns_are_bounded_too(tmp_path: Path) -> None:
    for content in (parquet(RECORDS), arrow(RECORDS)):
        with pytest.raises(DatasetRefused, match="the limit"):
            read(content, tmp_path, max_expanded_bytes=200)


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    bomb = LINES + b"\n" * (17 * 2**20)
    with pytest.raises(DatasetRefused, match="200 times"):
        read(gzip.compress(bomb), tmp_path)
    path = tmp_path / "bomb.zip"
    path.write_bytes(zipped({"a.jsonl": bomb}))
    with pytest.raises(DatasetRefused, match="200 times"):
        sniff(path, Limits())


def test_a_directory_without_end_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "many.zip"
    path.write_bytes(zipped({f"{number}.json": b"" for number in range(2001)}))
    with pytest.raises(DatasetRefused, match="2,001 files"):
        sniff(path, Limits())
    record = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 3, 3, 2**31, 0, 0)
    path.write_bytes(b"PK\x03\x04" + b"\0" * 40 + record)
    with pytest.raises(DatasetRefused) as refused:
        sniff(path, Limits())
    assert refused.value.code == "archive_too_large"


def test_a_problem_names_the_member(tmp_path: Path) -> None:
    doubled = json.dumps(RECORDS[0]).encode() + b"\n"
    files = {"a.jsonl": LINES, "b/c.jsonl": b"\n{broken\n" + doubled, "notes.txt": b"Hello."}
    report = read(zipped(files), tmp_path)
    assert report.members == ["a.jsonl", "b/c.jsonl"]
    assert report.left == ["notes.txt"]
    assert (report.packing, report.container) == ("zip", "jsonl")
    first, second = report.problems
    assert (first.line, first.member, first.check) == (
        len(RECORDS) + 2,
        "b/c.jsonl:2",
        "invalid_json",
    )
    assert (second.line, second.member, second.check) == (
        len(RECORDS) + 3,
        "b/c.jsonl:3",
        "duplicate",
    )
    assert "line 1 of a.jsonl" in second.reason
    written = (tmp_path / "out" / "problems.jsonl").read_text().splitlines()
    assert json.loads(written[0])["member"] == "b/c.jsonl:2"


def test_tables_of_an_archive_have_headers_of_their_own(tmp_path: Path) -> None:
    other = b"answer,question\n" + b"".join(b"b%d,p%d\n" % (one, one) for one in range(12))
    report = read(zipped({"a.csv": TABLE, "b.csv": other}), tmp_path)
    assert (report.dialogues, report.errors) == (24, 0)
    written = (tmp_path / "out" / "train.jsonl").read_text()
    assert '"user", "content": "p3"' in written


def test_cells_of_a_workbook_are_what_a_csv_export_writes(tmp_path: Path) -> None:
    rows = [[], ["question", "answer"], *([f"q{n}", n + 0.5 * (n % 2)] for n in range(12))]
    report = read(xlsx(rows, Other=[["x"]], Empty=[]), tmp_path)
    assert (report.container, report.members, report.left) == (
        "xlsx",
        ["Dialogues"],
        ["Other", "Empty"],
    )
    replies = [turn["content"] for one in report.preview for turn in one["messages"][1:]]
    assert replies[:3] == ["0", "1.5", "2"]
    assert report.preview[0]["line"] == 3  # as the sheet numbers its rows


def test_the_first_sheet_that_holds_something_is_read(tmp_path: Path) -> None:
    report = read(xlsx([], Talks=sheet_of(RECORDS)), tmp_path)
    assert (report.members, report.left) == (["Talks"], ["Dialogues"])


def test_a_formula_that_was_never_computed_is_a_problem(tmp_path: Path) -> None:
    report = read(with_formula(), tmp_path)
    (problem,) = [one for one in report.problems if one.severity == "error"]
    assert (problem.line, problem.check) == (4, "spreadsheet_error")
    assert "B4" in problem.reason


def test_a_formula_is_read_as_what_it_came_to(tmp_path: Path) -> None:
    """Excel keeps the value beside the formula; openpyxl writes none, so it is put in here."""
    files = {}
    with zipfile.ZipFile(io.BytesIO(with_formula())) as book:
        files = {name: book.read(name) for name in book.namelist()}
    sheet = files["xl/worksheets/sheet1.xml"]
    formula = sheet.index(b"<f>")
    cell, end = sheet.rindex(b"<c ", 0, formula), sheet.index(b"</c>", formula)
    written = sheet[formula : sheet.index(b"</f>", formula) + 4]
    files["xl/worksheets/sheet1.xml"] = (
        sheet[:cell] + b'<c r="B4" t="str">' + written + b"<v>ab</v>" + sheet[end:]
    )
    report = read(zipped(files), tmp_path)
    assert report.errors == 0
    assert report.preview[2]["messages"][1]["content"] == "ab"


def test_an_error_in_a_cell_is_a_problem(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in [["question", "answer"], *([f"q{n}", f"a{n}"] for n in range(12))]:
        book.active.append(row)
    book.active["B3"].value, book.active["B3"].data_type = "#N/A", "e"
    buffer = io.BytesIO()
    book.save(buffer)
    report = read(buffer.getvalue(), tmp_path)
    assert [problem.check for problem in report.problems] == ["spreadsheet_error"]


def test_other_values_of_arrow_become_plain_ones(tmp_path: Path) -> None:
    rows = [
        {
            "question": f"q{n}",
            "answer": f"a{n}",
            "score": float("nan"),
            "raw": b"\xff",
            "when": None,
        }
        for n in range(12)
    ]
    schema = pa.schema(
        [
            ("question", pa.dictionary(pa.int8(), pa.string())),
            ("answer", pa.large_string()),
            ("score", pa.float32()),
            ("raw", pa.binary()),
            ("when", pa.timestamp("ms")),
        ]
    )
    buffer = io.BytesIO()
    with pa.ipc.new_file(buffer, schema) as writer:
        writer.write_table(pa.Table.from_pylist(rows, schema))
    report = read(buffer.getvalue(), tmp_path)
    assert (report.dialogues, report.mapping) == (12, {"user": "question", "assistant": "answer"})
    assert report.unused == [{"key": "raw", "records": 12}]


def test_a_row_over_the_limit_is_a_problem(tmp_path: Path) -> None:
    long = {"messages": [{"role": "user", "content": "x" * 3000}, *RECORDS[0]["messages"]]}
    for content in (parquet([long, *RECORDS]), xlsx(sheet_of([long, *RECORDS]))):
        report = read(content, tmp_path, max_line_bytes=2000)
        assert report.problem_counts == {"line_too_long": 1}
