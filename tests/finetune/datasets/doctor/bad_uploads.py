"""Three hundred bad uploads with those of `bad_shapes`, for the doctor's tests and the site's.

Each is a name, a file name, what to write, and the code of the refusal, or, where the file is
accepted, `ok:CHECK` with a check that the report must count. Big files are written lazily.
"""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.finetune.datasets.doctor.bad_shapes import bad_shapes

Content = bytes | Callable[[Path], None]


@dataclass(frozen=True)
class BadUpload:
    """One bad upload.

    Attributes:
        name: test id.
        filename: name the browser would send.
        content: the bytes, or a function that writes the file.
        expected: substring of the refusal's code (empty: any), or "ok:CHECK".
        mapping: column mapping, if the upload comes with one.
    """

    name: str
    filename: str
    content: Content
    expected: str
    mapping: tuple[tuple[str, str], ...] = ()

    def write(self, path: Path) -> Path:
        """Write the upload to `path` and return it."""
        if callable(self.content):
            self.content(path)
        else:
            path.write_bytes(self.content)
        return path


def good(number: int) -> dict[str, Any]:
    """A usable dialogue."""
    return {
        "messages": [
            {"role": "user", "content": f"Question {number}"},
            {"role": "assistant", "content": f"Answer {number}"},
        ]
    }


def lines(*records: Any, count: int = 12) -> bytes:
    """Bad records (JSON values or raw bytes) followed by usable dialogues."""
    raw = [item if isinstance(item, bytes) else json.dumps(item).encode() for item in records]
    raw += [json.dumps(good(number)).encode() for number in range(count)]
    return b"\n".join(raw) + b"\n"


def _messages(*messages: Any) -> dict[str, Any]:
    return {"messages": list(messages)}


def _zip(name: str, content: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return buffer.getvalue()


def _zip_bomb(path: Path) -> None:
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("data.jsonl", "w", force_zip64=True) as member,
    ):
        for _ in range(200):
            member.write(b"\0" * 1_000_000)


def _gzip_bomb(path: Path) -> None:
    with gzip.open(path, "wb") as archive:
        archive.write(lines())
        for _ in range(200):
            archive.write(b"0" * 1_000_000)


def _tar() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        info = tarfile.TarInfo("data.jsonl")
        info.size = 3
        archive.addfile(info, io.BytesIO(b"{}\n"))
    return buffer.getvalue()


def _sparse(size: int, head: bytes = b"") -> Callable[[Path], None]:
    def write(path: Path) -> None:
        with path.open("wb") as handle:
            handle.write(head)
            handle.truncate(size)

    return write


def _huge_line(path: Path) -> None:
    with path.open("wb") as handle:
        handle.write(b'{"messages": [{"role": "user", "content": "')
        for _ in range(200):
            handle.write(b"a" * 1_000_000)
        handle.write(b'"}]}\n')
        handle.write(lines())


def _huge_element(path: Path) -> None:
    with path.open("wb") as handle:
        handle.write(b'[{"messages": [{"role": "user", "content": "')
        for _ in range(40):
            handle.write(b"a" * 1_000_000)
        handle.write(b'"}]},\n')
        handle.write(b",".join(json.dumps(good(number)).encode() for number in range(12)) + b"]")


def _huge_cell(path: Path) -> None:
    with path.open("wb") as handle:
        handle.write(b"question,answer\n")
        handle.write(b"".join(b"q%d,a%d\n" % (number, number) for number in range(12)))
        handle.write(b'"')
        for _ in range(20):
            handle.write(b"a" * 1_000_000)


def _csv(*rows: str, header: str = "question,answer", count: int = 12) -> bytes:
    usable = [f"q{number},a{number}" for number in range(count)]
    return "\n".join([header, *rows, *usable]).encode() + b"\n"


USER = {"role": "user", "content": "Hello"}
REPLY = {"role": "assistant", "content": "Hi"}
DEEP_LIST = b"[" * 100_000 + b"]" * 100_000
DEEP_DICT = b'{"a":' * 100_000 + b"1" + b"}" * 100_000


def bad_uploads(each: int = 1) -> Iterator[BadUpload]:
    """Yield all bad uploads; of the further shapes each so-and-so-manieth."""
    for row in (
        *_files(),
        *_encodings(),
        *_json(),
        *_records(),
        *_tables(),
        *_others(),
        *list(bad_shapes())[::each],
    ):
        yield BadUpload(*row)


def _files() -> list[tuple[Any, ...]]:
    """Wrong types, archives, sizes."""
    return [
        ("empty", "a.jsonl", b"", "empty"),
        ("blank lines", "a.jsonl", b"\n\n  \n\t\n", "empty"),
        ("only a BOM", "a.jsonl", b"\xef\xbb\xbf", "empty"),
        ("only null bytes", "a.jsonl", b"\0" * 1000, "empty"),
        ("one null byte", "a.jsonl", b"\0", "empty"),
        ("one newline", "a.csv", b"\n", "empty"),
        ("zip", "a.zip", _zip("a.jsonl", b"{}"), "no_usable"),
        ("zip named jsonl", "a.jsonl", _zip("a.jsonl", b"{}"), "no_usable"),
        ("empty zip", "a.zip", b"PK\x05\x06" + b"\0" * 18, "archive"),
        ("zip bomb", "a.zip", _zip_bomb, "archive"),
        ("gzip bomb", "a.jsonl.gz", _gzip_bomb, "archive"),
        ("xlsx", "a.xlsx", _zip("xl/workbook.xml", b"<workbook/>"), "archive"),
        ("gzip", "a.gz", gzip.compress(b"{}"), "no_usable"),
        ("bzip2", "a.bz2", bz2.compress(b"{}"), "archive"),
        ("xz", "a.xz", lzma.compress(b"{}"), "archive"),
        ("7-Zip", "a.7z", b"7z\xbc\xaf\x27\x1c\x00\x04" + b"\x01" * 40, "archive"),
        ("rar", "a.rar", b"Rar!\x1a\x07\x01\x00", "archive"),
        ("zstd", "a.zst", b"\x28\xb5\x2f\xfd\x04\x00", "archive"),
        ("tar", "a.tar", _tar(), "archive"),
        ("pdf", "a.pdf", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "wrong_type"),
        ("png", "a.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "wrong_type"),
        ("png named jsonl", "a.jsonl", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "wrong_type"),
        ("jpeg", "a.jpg", b"\xff\xd8\xff\xe0\x00\x10JFIF", "wrong_type"),
        ("gif", "a.gif", b"GIF89a\x01\x00", "wrong_type"),
        ("mp3", "a.mp3", b"ID3\x04\0\0", "wrong_type"),
        ("mp4", "a.mp4", b"\0\0\0\x18ftypmp42\0\0\0\0", "wrong_type"),
        ("program", "a.bin", b"\x7fELF\x02\x01\x01" + b"\0" * 50, "wrong_type"),
        ("old Excel", "a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 50, "wrong_type"),
        ("parquet", "a.parquet", b"PAR1\x15\x04", "archive_broken"),
        ("sqlite", "a.db", b"SQLite format 3\x00", "wrong_type"),
        ("gguf", "a.gguf", b"GGUF\x03\0\0\0", "wrong_type"),
        ("pickle", "a.pkl", b"\x80\x04\x95\x10\0\0\0", "wrong_type"),
        ("rtf", "a.rtf", b"{\\rtf1\\ansi hello}", "wrong_type"),
        ("html", "a.html", b"<!DOCTYPE html><html><body>hi</body></html>", "wrong_type"),
        ("xml", "a.xml", b'<?xml version="1.0"?><a><b/></a>', "wrong_type"),
        (
            "random bytes",
            "a.jsonl",
            bytes((i * 37 + i // 7) % 32 for i in range(4000)),
            "wrong_type",
        ),
        (
            "prose",
            "a.txt",
            b"Once upon a time there was a file.\nIt was no table.\n",
            "unknown_format",
        ),
        ("one word", "a.txt", b"hello", "unknown_format"),
        ("markdown", "a.md", b"# Title\n\n- a point\n", "unknown_format"),
        ("1 GB", "a.jsonl", _sparse(1_000_000_000), "too_large"),
        ("2 GB that starts well", "a.jsonl", _sparse(2_000_000_000, lines()), "too_large"),
    ]


def _encodings() -> list[tuple[Any, ...]]:
    text = lines().decode()
    chinese = json.dumps(_messages({"role": "user", "content": "你好"}, REPLY), ensure_ascii=False)
    latin = '{"messages": [{"role": "user", "content": "caf\xe9"}]}'.encode("latin-1")
    return [
        (
            "UTF-16 with BOM",
            "a.jsonl",
            ("{}\n" + text).encode("utf-16"),
            "ok:missing_messages_list",
        ),
        ("UTF-16 LE", "a.jsonl", text.encode("utf-16-le"), "encoding"),
        ("UTF-16 BE", "a.jsonl", text.encode("utf-16-be"), "encoding"),
        ("UTF-16 CSV", "a.csv", "question,answer\nq,a\n".encode("utf-16"), "too_few"),
        (
            "half a UTF-16 pair",
            "a.jsonl",
            b"\xff\xfe\0\xd8\n\0" + text.encode("utf-16-le"),
            "ok:invalid_encoding",
        ),
        ("one Latin-1 line", "a.jsonl", lines(latin), "ok:invalid_encoding"),
        ("GBK line", "a.jsonl", lines(chinese.encode("gbk")), "ok:invalid_encoding"),
        ("all Latin-1", "a.jsonl", (latin + b"\n") * 20, "encoding"),
        (
            "Latin-1 CSV",
            "a.csv",
            _csv("caf\xe9,x").decode().encode("latin-1"),
            "ok:invalid_encoding",
        ),
        ("cut in a character", "a.jsonl", lines(b'{"messages": "\xe4\xbd'), "ok:invalid_encoding"),
        ("overlong UTF-8", "a.jsonl", lines(b'{"messages": "\xc0\xaf"}'), "ok:invalid_encoding"),
        ("null byte in a line", "a.jsonl", lines(b'{"messages"\0: []}'), "ok:null_bytes"),
        (
            "null character in text",
            "a.jsonl",
            lines(_messages({"role": "user", "content": "a\0b"}, REPLY)),
            "ok:null_bytes",
        ),
        ("null byte in a cell", "a.csv", _csv("a\0b,c"), "ok:null_bytes"),
        (
            "half a surrogate pair",
            "a.jsonl",
            lines(
                b'{"messages": [{"role": "user", "content": "\\ud83d"},'
                b'{"role": "assistant", "content": "x"}]}'
            ),
            "ok:invalid_unicode",
        ),
        (
            "UTF-8 encoded surrogate",
            "a.jsonl",
            lines(b'{"messages": "\xed\xa0\x80"}'),
            "ok:invalid_encoding",
        ),
    ]


def _json() -> list[tuple[Any, ...]]:
    return [
        ("broken line", "a.jsonl", lines(b'{"messages": ['), "ok:invalid_json"),
        ("broken first line of text", "a.jsonl", lines(b"oops"), "ok:invalid_json"),
        ("trailing comma", "a.jsonl", lines(b'{"messages": [],}'), "ok:invalid_json"),
        ("single quotes", "a.jsonl", lines(b"{'messages': []}"), "ok:invalid_json"),
        (
            "two objects on a line",
            "a.jsonl",
            lines(b'{"messages": []} {"messages": []}'),
            "ok:invalid_json",
        ),
        ("NaN", "a.jsonl", lines(b'{"messages": NaN}'), "ok:invalid_json"),
        ("Infinity", "a.jsonl", lines(b'{"messages": Infinity}'), "ok:invalid_json"),
        ("minus Infinity", "a.jsonl", lines(b'{"messages": -Infinity}'), "ok:invalid_json"),
        (
            "huge integer",
            "a.jsonl",
            lines(b'{"messages": ' + b"9" * 10_000 + b"}"),
            "ok:invalid_json",
        ),
        ("huge exponent", "a.jsonl", lines(b'{"messages": 1e999999}'), "ok:missing_messages_list"),
        (
            "duplicate key",
            "a.jsonl",
            lines(b'{"messages": [], "messages": []}'),
            "ok:duplicate_key",
        ),
        ("deep list", "a.jsonl", lines(b'{"messages": ' + DEEP_LIST + b"}"), "ok:too_deep"),
        ("deep object", "a.jsonl", lines(DEEP_DICT), "ok:too_deep"),
        ("only a deep list", "a.json", DEEP_LIST, "no_usable"),
        ("only open brackets", "a.json", b"[" * 500_000, "no_usable"),
        ("only open braces", "a.jsonl", b'{"a":' * 150_000, "no_usable"),
        (
            "deep element of a list",
            "a.json",
            b"[" + DEEP_DICT + b"," + json.dumps([good(n) for n in range(12)]).encode()[1:],
            "ok:too_deep",
        ),
        (
            "list cut short",
            "a.json",
            json.dumps([good(n) for n in range(12)]).encode()[:-9],
            "ok:invalid_json",
        ),
        ("list of numbers", "a.json", b"[1, 2, 3]", "no_usable"),
        ("empty list", "a.json", b"[]", "no_usable"),
        ("empty object", "a.json", b"{}", "no_usable"),
        ("JSON text", "a.json", b'"hello"', "unknown_format"),
        ("JSON null", "a.json", b"null", "unknown_format"),
        ("unclosed string in a list", "a.json", b'[{"messages": "abc', "no_usable"),
        ("closing brackets", "a.json", b"[]]]]}}}", "no_usable"),
        (
            "string of escaped quotation marks without end",
            "a.jsonl",
            lines(b'{"messages": [' + b"[]," * 40 + b'"' + b'\\"' * 400_000),
            "ok:invalid_json",
        ),
        ("huge line", "a.jsonl", _huge_line, "ok:line_too_long"),
        ("huge element", "a.json", _huge_element, "ok:line_too_long"),
        ("comment lines", "a.jsonl", lines(b"// a comment"), "ok:invalid_json"),
    ]


def _records() -> list[tuple[Any, ...]]:
    def one(check: str, record: Any, name: str = "") -> tuple[Any, ...]:
        return (name or check, "a.jsonl", lines(record), f"ok:{check}")

    return [
        one("data_type", [USER, REPLY]),
        one("data_type", "hello", "a text for a dialogue"),
        one("data_type", 7, "a number for a dialogue"),
        one("data_type", None, "null for a dialogue"),
        one("missing_messages_list", {"text": "hello"}),
        one("missing_messages_list", {"messages": []}, "no messages"),
        one("missing_messages_list", {"messages": "hello"}, "text for messages"),
        one("missing_messages_list", {"messages": {"role": "user"}}, "object for messages"),
        one("data_type", {"messages": ["hello"]}, "text for a message"),
        one("data_type", {"messages": [None]}, "null for a message"),
        one("message_missing_key", _messages({"role": "user"}, REPLY)),
        one("message_missing_key", _messages({"content": "x"}, REPLY), "no role"),
        one("message_unrecognized_key", _messages({**USER, "mood": "sad"}, REPLY)),
        one("message_unrecognized_key", _messages({**USER, "": 1}, REPLY), "nameless key"),
        one("unrecognized_role", _messages({"role": "narrator", "content": "x"}, REPLY)),
        one("unrecognized_role", _messages({"role": ["user"], "content": "x"}, REPLY), "list role"),
        one("tool_call", _messages({"role": "tool", "content": "x"}, REPLY), "tool role"),
        one("missing_content", _messages({"role": "user", "content": ""}, REPLY)),
        one("missing_content", _messages({"role": "user", "content": None}, REPLY), "null content"),
        one("missing_content", _messages({"role": "user", "content": 5}, REPLY), "number content"),
        one("missing_content", _messages({"role": "user", "content": " \n"}, REPLY), "blank"),
        one(
            "missing_content",
            _messages(
                {"role": "user", "content": [{"type": "image_url", "image_url": "x"}]}, REPLY
            ),
            "a picture",
        ),
        one("example_missing_assistant_message", _messages(USER)),
        one(
            "example_missing_assistant_message",
            _messages(USER, {**REPLY, "weight": 0}),
            "all weights zero",
        ),
        one("invalid_weight", _messages(USER, {**REPLY, "weight": 2})),
        one("invalid_weight", _messages(USER, {**REPLY, "weight": "1"}), "text weight"),
        one(
            "misplaced_system",
            {**_messages({"role": "system", "content": "x"}, USER, REPLY), "system": "y"},
        ),
        one("too_many_turns", _messages(*[USER, REPLY] * 2000)),
        one("duplicate", good(0)),
        ("all duplicates", "a.jsonl", (json.dumps(good(1)) + "\n").encode() * 50, "too_few"),
        ("one line", "a.jsonl", lines(count=1), "too_few"),
        ("nine lines", "a.jsonl", lines(count=9), "too_few"),
        (
            "no assistant anywhere",
            "a.jsonl",
            (json.dumps(_messages(USER)) + "\n").encode() * 20,
            "no_usable",
        ),
        ("single messages", "a.jsonl", (json.dumps(USER) + "\n").encode() * 20, "unknown_format"),
    ]


def _tables() -> list[tuple[Any, ...]]:
    mapping = (("user", "question"), ("assistant", "answer"))
    return [
        ("formula", "a.csv", _csv('=1+1,"=HYPERLINK(""http://x"",""y"")"'), "ok:formula"),
        ("plus formula", "a.csv", _csv("+cmd|' /C calc'!A0,x"), "ok:formula"),
        ("at formula", "a.csv", _csv("@SUM(A1),x"), "ok:formula"),
        ("minus formula", "a.csv", _csv("-2+3+cmd,x"), "ok:formula"),
        ("unknown columns", "a.csv", b"foo,bar\n1,2\n", "missing_columns"),
        ("mapped column is missing", "a.csv", b"foo,bar\n1,2\n", "missing_columns", mapping),
        ("half a mapping", "a.csv", _csv(), "missing_columns", mapping[:1]),
        ("only a header", "a.csv", b"question,answer\n", "no_usable"),
        ("twice the same column", "a.csv", b"question,question\n1,2\n", "missing_columns"),
        ("nameless columns", "a.csv", b",,,\n1,2,3,4\n", "missing_columns"),
        ("too many cells", "a.csv", _csv("a,b,c,d"), "ok:invalid_csv"),
        ("too few cells", "a.csv", _csv("alone"), "ok:missing_content"),
        ("empty cells", "a.csv", _csv("x,"), "ok:missing_content"),
        ("open quotation mark", "a.csv", _csv() + b'"open,', "ok:missing_content"),
        ("huge cell", "a.csv", _huge_cell, "ok:line_too_long"),
        ("numbers only", "a.csv", b"1,2,3\n4,5,6\n", "missing_columns"),
        ("semicolon table of one row", "a.csv", b"question;answer\nq;a\n", "too_few"),
        ("mapping on JSONL without columns", "a.jsonl", lines(), "no_usable", mapping),
    ]


def _others() -> list[tuple[Any, ...]]:
    share = {"conversations": [{"from": "alien", "value": "x"}]}
    return [
        (
            "ShareGPT unknown speaker",
            "a.jsonl",
            (json.dumps(share) + "\n").encode() * 12,
            "no_usable",
        ),
        (
            "ShareGPT text turns",
            "a.jsonl",
            (json.dumps({"conversations": ["a", 5]}) + "\n").encode() * 12,
            "no_usable",
        ),
        (
            "ESConv without speaker",
            "a.jsonl",
            (json.dumps({"dialog": [{"text": "x"}]}) + "\n").encode() * 12,
            "no_usable",
        ),
        (
            "ESConv dialog is text",
            "a.json",
            json.dumps([{"dialog": "x"}] * 12).encode(),
            "no_usable",
        ),
        (
            "CPsyCoun unknown speaker",
            "a.jsonl",
            (json.dumps({"data": ["求助者：你好", "路人：嗨"]}) + "\n").encode() * 12,
            "no_usable",
        ),
        (
            "Alpaca without instruction text",
            "a.jsonl",
            (json.dumps({"instruction": 5, "output": "x"}) + "\n").encode() * 12,
            "no_usable",
        ),
        (
            "right-to-left override in a role",
            "a.jsonl",
            lines(_messages({"role": "\u202euser", "content": "x"}, REPLY)),
            "ok:unrecognized_role",
        ),
        ("line separators in a file name", "a\u2028b.jsonl", b"", "empty"),
    ]
