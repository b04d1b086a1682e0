"""The same dialogues in every container, for tests."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq

Records = list[dict[str, Any]]


def jsonl(records: Records) -> bytes:
    return b"".join(
        json.dumps(one, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n"
        for one in records
    )


def table(records: Records, encoding: str = "utf-8", end: str = "\r\n") -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator=end)
    writer.writerow(["messages"])
    writer.writerows([[json.dumps(one["messages"], ensure_ascii=False)] for one in records])
    return text.getvalue().encode(encoding)


def zipped(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def parquet(records: Records) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(records), buffer, row_group_size=5)
    return buffer.getvalue()


def arrow(records: Records, kind: Callable[..., Any] = pa.ipc.new_file) -> bytes:
    rows = pa.Table.from_pylist(records)
    buffer = io.BytesIO()
    with kind(buffer, rows.schema) as writer:
        writer.write_table(rows, max_chunksize=7)
    return buffer.getvalue()


def xlsx(rows: list[list[Any]], path: Path | None = None, **others: list[list[Any]]) -> bytes:
    book = openpyxl.Workbook()
    sheets = [("Dialogues", rows), *others.items()]
    for place, (name, cells) in enumerate(sheets):
        sheet = book.active if place == 0 else book.create_sheet(name)
        sheet.title = name
        for row in cells:
            sheet.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def sheet_of(records: Records) -> list[list[Any]]:
    texts = [[json.dumps(one["messages"], ensure_ascii=False)] for one in records]
    return [["messages"], *texts]


def halves(records: Records) -> dict[str, bytes]:
    middle = len(records) // 2
    return {
        "b.jsonl": jsonl(records[middle:]),
        "__MACOSX/._b.jsonl": b"\0\1\2",
        "folder/.hidden": b"x",
        "README.md": b"Read me.",
        "a.jsonl": jsonl(records[:middle]),
    }


CONTAINERS: dict[str, Callable[[Records], bytes]] = {
    "jsonl": jsonl,
    "json": lambda records: json.dumps(records).encode(),
    "csv": table,
    "csv with carriage returns": lambda records: table(records, end="\r"),
    "jsonl with carriage returns": lambda records: jsonl(records).replace(b"\n", b"\r"),
    "UTF-8 with a mark": lambda records: b"\xef\xbb\xbf" + jsonl(records),
    "UTF-16": lambda records: jsonl(records).decode().encode("utf-16"),
    "UTF-16 BE": lambda records: b"\xfe\xff" + jsonl(records).decode().encode("utf-16-be"),
    "UTF-16 CSV": lambda records: table(records, "utf-16"),
    "UTF-32": lambda records: jsonl(records).decode().encode("utf-32"),
    "UTF-32 BE": lambda records: b"\x00\x00\xfe\xff" + jsonl(records).decode().encode("utf-32-be"),
    "gzip": lambda records: gzip.compress(jsonl(records)),
    "two gzip members": lambda records: (
        gzip.compress(jsonl(records[:5])) + gzip.compress(jsonl(records[5:]))
    ),
    "gzip of CSV": lambda records: gzip.compress(table(records)),
    "gzip of UTF-16": lambda records: gzip.compress(jsonl(records).decode().encode("utf-16")),
    "zip": lambda records: zipped({"data.jsonl": jsonl(records)}),
    "zip without packing": lambda records: zipped({"d.csv": table(records)}, zipfile.ZIP_STORED),
    "zip by LZMA": lambda records: zipped({"d.json": jsonl(records)}, zipfile.ZIP_LZMA),
    "zip of two": lambda records: zipped(halves(records)),
    "Parquet": parquet,
    "Parquet with JSON": lambda records: parquet(
        [{"messages": json.dumps(one["messages"])} for one in records]
    ),
    "Arrow": arrow,
    "Arrow stream": lambda records: arrow(records, pa.ipc.new_stream),
    "xlsx": lambda records: xlsx(sheet_of(records)),
}
