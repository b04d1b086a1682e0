"""A hundred more bad uploads: what people's tools and hands do to files.

Many are like those that people report to LLaMA-Factory, axolotl, TRL and unsloth. Each
row is a name, a file name, the bytes, and what is expected: see `bad_uploads`.
"""

from __future__ import annotations

import io
import json
import pickle
import zipfile
from collections.abc import Iterator
from typing import Any

Row = tuple[Any, ...]
USER = {"role": "user", "content": "Hello"}
REPLY = {"role": "assistant", "content": "Hi"}
TURNS = [USER, REPLY]
TEXT = b"text, and no more"


def good(number: int) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": f"Q {number}"}, REPLY]}


def lines(*first: Any, count: int = 12) -> bytes:
    raw = [item if isinstance(item, bytes) else json.dumps(item).encode() for item in first]
    raw += [json.dumps(good(number)).encode() for number in range(count)]
    return b"\n".join(raw) + b"\n"


def every(make: Any, count: int = 12) -> bytes:
    """Twelve lines of one bad kind."""
    return b"\n".join(json.dumps(make(number)).encode() for number in range(count)) + b"\n"


def bad_shapes() -> Iterator[Row]:
    yield from _broken_json()
    yield from _wrapped()
    yield from _roles()
    yield from _records()
    yield from _mixed()
    yield from _tables()
    yield from _texts()
    yield from _binary()


def _broken_json() -> Iterator[Row]:
    """One bad line among good ones, and whole files that are nearly JSON."""
    good_line = json.dumps(good(99))
    for name, line in {
        "cut in the middle": good_line[:40],
        "cut before the last bracket": good_line[:-1],
        "a bracket too many": good_line + "}",
        "no quotation marks": "{messages: []}",
        "Python's None": '{"messages": None}',
        "Python's True": '{"messages": [], "ok": True}',
        "undefined": '{"messages": undefined}',
        "comma at the end of a line": good_line + ",",
        "comment behind": good_line + " // note",
        "hash comment": "# " + good_line,
        "semicolon": good_line + ";",
        "typographic quotes": good_line.replace('"', "“"),
        "raw tab in a text": '{"messages": [{"role": "user", "content": "a\tb"}]}',
        "bad escape": '{"messages": [{"role": "user", "content": "\\x41"}]}',
        "half an escape": '{"messages": [{"role": "user", "content": "\\u12"}]}',
        "leading zero": '{"messages": [], "n": 007}',
        "plus sign": '{"messages": [], "n": +7}',
        "dot without digits": '{"messages": [], "n": 1.}',
        "list that becomes an object": '{"messages": [}]',
        "key without value": '{"messages": }',
        "colon missing": '{"messages" []}',
        "numbered line": "1: " + good_line,
        "log line": "INFO 2026-11-28 " + good_line,
        "fence": "```json",
        "shell prompt": "$ cat data.jsonl",
        "merge conflict": "<<<<<<< HEAD",
        "only a bracket": "{",
        "only a comma": ",",
        "a bare word": "null-ish",
        "escaped whole": json.dumps(good_line)[:-1],
    }.items():
        yield f"{name} in a line", "a.jsonl", lines(line.encode()), "ok:invalid_json"
    doubled = json.dumps(good_line)  # a text that holds JSON
    yield "JSON inside a text", "a.jsonl", lines(doubled.encode()), "ok:data_type"
    python = "\n".join(repr(good(number)) for number in range(12))
    yield "Python's print of every record", "a.jsonl", python.encode(), "no_usable"
    yield "Python's print of a list", "a.json", repr([good(1)]).encode(), "no_usable"
    fenced = b"```json\n" + json.dumps([good(n) for n in range(3)], indent=1).encode() + b"\n```\n"
    yield "JSON in a Markdown fence", "a.json", fenced, "unknown_format"
    comment = b"/* data */\n" + json.dumps([good(1)]).encode()
    yield "a comment before a list", "a.json", comment, "unknown_format"
    assigned = b"const data = [" + json.dumps(good(1)).encode() + b"];\n"
    yield "JavaScript", "a.json", assigned, ""
    trailing = json.dumps([good(n) for n in range(3)]).encode()[:-1] + b",]"
    yield "a list with a trailing comma", "a.json", trailing, "too_few"
    two = json.dumps([good(1)]).encode() + b"\n" + json.dumps([good(2)]).encode()
    yield "two lists one after the other", "a.json", two, "too_few"
    yield "a list of lists", "a.json", json.dumps([TURNS] * 12).encode(), "no_usable"
    yield "a list of texts", "a.json", json.dumps(["a", "b"] * 8).encode(), "no_usable"
    yield "a list of nulls", "a.json", json.dumps([None] * 12).encode(), "no_usable"
    yield "a number", "a.json", b"42", "unknown_format"
    yield "true", "a.json", b"true", "unknown_format"
    yield "two BOMs and rubbish", "a.jsonl", b"\xef\xbb\xbf\xef\xbb\xbfrubbish", "unknown_format"
    yield "BOM in the middle", "a.jsonl", lines(b"\xef\xbb\xbf{}x"), "ok:invalid_json"


def _wrapped() -> Iterator[Row]:
    """Objects that hold the records, in the wrong way."""
    yield "data that is empty", "a.json", b'{"data": []}', "no_usable"
    yield "data that is an object", "a.json", b'{"data": {"a": 1}}', "no_usable"
    yield "data of numbers", "a.json", b'{"data": [1, 2, 3]}', "no_usable"
    yield "data of rubbish", "a.json", json.dumps({"data": [{"a": 1}] * 12}).encode(), "no_usable"
    cut = json.dumps({"version": 1, "data": [good(n) for n in range(12)]}).encode()[:-30]
    yield "a wrapped list cut short", "a.json", cut, "ok:invalid_json"
    bad = '{"data": [' + "{bad}, " * 2 + ", ".join(json.dumps(good(n)) for n in range(12)) + "]}"
    yield "bad elements in a wrapped list", "a.json", bad.encode(), "ok:invalid_json"
    columns = {"question": ["a", "b"], "answer": ["c", "d"]}
    yield "columns as lists", "a.json", json.dumps(columns, indent=1).encode(), "no_usable"
    pandas = {"question": {"0": "a"}, "answer": {"0": "b"}}
    yield "pandas' columns", "a.json", json.dumps(pandas, indent=1).encode(), "no_usable"
    named = {f"dialogue_{number}": TURNS for number in range(12)}
    yield "dialogues by name", "a.json", json.dumps(named, indent=1).encode(), "no_usable"
    notebook = {"cells": [{"cell_type": "code", "source": ["x = 1"]}], "nbformat": 4}
    yield "a notebook", "a.ipynb", json.dumps(notebook, indent=1).encode(), "no_usable"
    schema = {"$schema": "x", "type": "object", "properties": {}}
    yield "a JSON schema", "a.json", json.dumps(schema, indent=1).encode(), "no_usable"
    config = {"model_type": "llama", "hidden_size": 64}
    yield "a model's config", "config.json", json.dumps(config, indent=1).encode(), "no_usable"
    info = {"my_data": {"file_name": "a.json", "formatting": "sharegpt"}}
    yield "LLaMA-Factory's dataset_info", "a.json", json.dumps(info, indent=1).encode(), "no_usable"
    error = {"error": {"message": "Not found", "code": 404}}
    yield "an API's error", "a.json", json.dumps(error).encode(), "no_usable"
    squad = {"version": "2", "data": [{"title": "x", "paragraphs": [{"qas": []}]}] * 12}
    yield "SQuAD", "a.json", json.dumps(squad).encode(), "no_usable"
    telegram = {"about": "x", "chats": {"list": []}}
    yield "all of Telegram", "result.json", json.dumps(telegram).encode(), "unknown_format"


def _roles() -> Iterator[Row]:
    for role in ("User ", "human", "bot", "gpt", "model", "narrator", "", None, 1, True, ["user"]):
        record = {"messages": [{"role": role, "content": "a"}, REPLY]}
        yield f"the role {role!r}", "a.jsonl", lines(record), "ok:unrecognized_role"
    for who in ("alien", "observation", "function_call", "tool", "", None, 3):
        turns = [{"from": who, "value": "a"}, {"from": "gpt", "value": "b"}]
        share = {"conversations": turns}
        well = [{"from": "human", "value": "a"}, {"from": "gpt", "value": "b"}]
        good_ones = [{"conversations": [{**well[0], "value": f"{n}"}, well[1]]} for n in range(12)]
        body = "\n".join(json.dumps(one) for one in [*good_ones, share])
        yield f"the speaker {who!r}", "a.jsonl", body.encode(), "ok:unrecognized_role"
    swapped = [{"content": "user", "role": "Hello"}, {"content": "assistant", "role": "Hi"}]
    yield (
        "role and content swapped",
        "a.jsonl",
        lines({"messages": swapped}),
        "ok:unrecognized_role",
    )


def _records() -> Iterator[Row]:
    """One record of which something is wrong."""

    def one(name: str, check: str, record: Any) -> Row:
        return name, "a.jsonl", lines(record), f"ok:{check}"

    yield one("messages by number", "missing_messages_list", {"messages": {"0": USER, "1": REPLY}})
    yield one("messages in Python's print", "invalid_json", {"messages": repr(TURNS)})
    yield one("messages as cut JSON", "invalid_json", {"messages": json.dumps(TURNS)[:-5]})
    yield one("messages written twice over", "missing_messages_list",
              {"messages": json.dumps(json.dumps(TURNS))})  # fmt: skip
    yield one("a list in the list", "data_type", {"messages": [TURNS]})
    yield one("Messages with a capital", "missing_messages_list", {"Messages": TURNS})
    yield one("message in the singular", "missing_messages_list", {"message": TURNS})
    yield one("content as an object", "missing_content",
              {"messages": [{"role": "user", "content": {"text": "a"}}, REPLY]})  # fmt: skip
    yield one("content of no parts", "missing_content",
              {"messages": [{"role": "user", "content": []}, REPLY]})  # fmt: skip
    yield one("content true", "missing_content",
              {"messages": [{"role": "user", "content": True}, REPLY]})  # fmt: skip
    sound = {"role": "user", "content": [{"type": "input_audio"}]}
    yield one("a sound", "missing_content", {"messages": [sound, REPLY]})
    yield one("segments of axolotl", "missing_messages_list", {"segments": [{"text": "a"}]})
    yield one("tokens for text", "missing_messages_list", {"input_ids": [1, 2], "labels": [1, 2]})
    yield one("zero-width words", "missing_content",
              {"messages": [{"role": "user", "content": "\u200b"}, REPLY]})  # fmt: skip
    yield one("weight true", "invalid_weight", {"messages": [USER, {**REPLY, "weight": True}]})
    yield one("weight minus one", "invalid_weight", {"messages": [USER, {**REPLY, "weight": -1}]})
    system = {"role": "system", "content": "b"}
    two = {"system": "a", "messages": [system, *TURNS]}
    yield one("two systems that differ", "misplaced_system", two)
    yield one("an empty record", "missing_messages_list", {})
    yield one("only the assistant without weight", "example_missing_assistant_message",
              {"messages": [{**REPLY, "weight": 0}]})  # fmt: skip


def _mixed() -> Iterator[Row]:
    """Records of several forms in one file: those of the first form are read."""
    others: dict[str, Any] = {
        "ShareGPT": {"conversations": [{"from": "human", "value": "a"}]},
        "Alpaca": {"instruction": "a", "output": "b"},
        "a table": {"question": "a", "answer": "b"},
        "Gemini": {"contents": [{"role": "user", "parts": [{"text": "a"}]}]},
        "a text": {"text": "a"},
    }
    for name, other in others.items():
        body = lines() + json.dumps(other).encode()
        yield f"messages, then {name}", "a.jsonl", body, "ok:missing_messages_list"
    csv_behind = lines() + b"question,answer\nq,a\n"
    yield "lines, then a table", "a.jsonl", csv_behind, "ok:invalid_json"
    latin = lines() + "caf\xe9".encode("latin-1")
    yield "UTF-8, then Latin-1", "a.jsonl", latin, "ok:invalid_encoding"
    half = lines() + lines().decode().encode("utf-16-le")
    yield "UTF-8, then UTF-16", "a.jsonl", half, "wrong_type"


def _tables() -> Iterator[Row]:
    def rows(*extra: str, header: str = "question,answer", mark: str = ",") -> bytes:
        usable = [f"q{number}{mark}a{number}" for number in range(12)]
        return "\n".join([header, *usable, *extra]).encode() + b"\n"

    yield (
        "the header twice with other columns",
        "a.csv",
        rows("question,answer,x"),
        "ok:invalid_csv",
    )
    yield "ragged rows", "a.csv", rows("alone", "a,b,c"), "ok:invalid_csv"
    wrong = rows(header="question;answer")
    yield "semicolons above, commas below", "a.csv", wrong, "no_usable"
    tabs = rows(header="question\tanswer")
    yield "tabs above, commas below", "a.tsv", tabs, "no_usable"
    yield "a title above the header", "a.csv", b"My data\n" + rows(), "unknown_format"
    yield "sep= above the header", "a.csv", b"sep=;\n" + rows(mark=";"), ""
    pipes = b"| question | answer |\n|---|---|\n| a | b |\n"
    yield "a Markdown table", "a.md", pipes, "unknown_format"
    yield "one column without a name", "a.csv", b"comment\nhello\nworld\n", "unknown_format"
    yield "one column of plain texts", "a.csv", b"text\n" + b"hello there\n" * 12, "no_usable"
    python = "text,messages\n" + "".join(f'a,"{[USER, REPLY]!r}"\n' for _ in range(12))
    yield "Python's lists in cells", "a.csv", python.encode(), "no_usable"
    yield "numbers in cells alone", "a.csv", b"question,answer\n" + b",\n" * 12, "no_usable"
    yield "three columns, none known", "a.csv", b"a,b,c\n1,2,3\n", "missing_columns"
    mac = b"question,answer\rq,a\rq2,a2\r"
    yield "old Macintosh line ends", "a.csv", mac, ""


def _texts() -> Iterator[Row]:
    yield "an HTML error page as jsonl", "a.jsonl", b"<html><body>404</body></html>", "wrong_type"
    yield "a page without html", "a.json", b"<div class='x'>Sign in</div>", "wrong_type"
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:abc\nsize 12345\n"
    yield "a Git LFS pointer", "a.jsonl", pointer, "unknown_format"
    yield "YAML", "a.yaml", b"messages:\n- role: user\n  content: hi\n", "unknown_format"
    yield "TOML", "a.toml", b'[data]\nname = "x"\n', ""
    yield "an ini file", "a.ini", b"[section]\nkey=value\n", ""
    yield "a Python script", "a.py", b"import json\nprint(json.dumps({}))\n", ""
    yield "a log", "a.log", b"2026-11-28 10:00:00 INFO started\n" * 5, ""
    yield "base64", "a.txt", b"eyJtZXNzYWdlcyI6IFtdfQ==\n" * 3, "unknown_format"
    yield "a link", "a.txt", b"https://example.org/data.jsonl\n", "unknown_format"
    yield "curl's help", "a.jsonl", b"curl: (22) The requested URL returned error: 404\n", ""
    letter = b"Dear all,\nplease find it below.\nRegards\n"
    yield "a letter", "a.txt", letter, ""
    alone = b"Ann: hi\nAnn: again\nAnn: hello\n"
    yield "one speaker", "a.txt", alone, ""
    three = "\n\n".join("Ann: a\nBen: b\nCy: c\nAnn: a\nBen: b\nCy: c" for _ in range(12))
    yield "three speakers", "a.txt", three.encode(), ""
    short = b"Client: hi\nTherapist: hello\n"
    yield "a transcript of one dialogue", "a.txt", short, "too_few"
    open_mark = b"<|im_start|>user\nhi<|im_end|>\n"
    yield "marks without a reply", "a.txt", open_mark, "no_usable"
    chat = b"31/12/24, 21:15 - Ann: Hi\n31/12/24, 21:16 - Ben: Hello\n"
    yield "a chat without consent", "chat.txt", chat, "consent_needed"
    talk = b"Ann: Hi\nBen: Hello\n"
    for name, line in {
        "blanks": b" " * 900_000 + b"x",
        "a heading of blanks": b"dialogue" + b" " * 900_000 + b"x",
        "dashes": b"-" * 900_000 + b"x",
        "hashes": b"#" * 900_000 + b" x",
        "colons": b":" * 900_000,
        "marks": b"### Human" * 100_000,
        "letters and blanks": b"A " * 400_000,
    }.items():
        yield f"a line of {name} in a transcript", "a.txt", talk + line + b"\n", ""
    sent = b"31/12/24, 21:15 - Ann: "
    omitted = sent + b"Hi\n" + sent + b"<" + b"omitted" * 120_000 + b"\n"
    yield "a long notice in a chat", "a.txt", omitted, "consent_needed"
    name = sent + b"Hi\n31/12/24, 21:15 - " + b" " * 900_000 + b"x: Hi\n"
    yield "a long name in a chat", "a.txt", name, "consent_needed"
    table = b"a|b\n" + b"-" * 60_000 + b"x\n"
    yield "a line of dashes below a header", "a.md", table, ""
    plain = every(lambda number: {"text": f"Just words {number}"})
    yield "texts without marks", "a.jsonl", plain, "no_usable"


def _zipped(name: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(name, b"<x/>")
    return buffer.getvalue()


def _binary() -> Iterator[Row]:
    yield "docx", "a.docx", _zipped("word/document.xml"), ""
    yield "odt", "a.odt", _zipped("content.xml"), ""
    yield "safetensors", "a.safetensors", b"\x10\0\0\0\0\0\0\0" + b'{"a":{}}' + b"\0" * 40, ""
    yield "torch weights", "a.bin", _zipped("archive/data.pkl"), ""
    for protocol in (2, 3, 4, 5):
        body = pickle.dumps([good(1)], protocol)
        yield f"a pickle of protocol {protocol}", "a.pkl", body, "wrong_type"
    yield "an old pickle", "a.pkl", pickle.dumps([good(1)], 0), "unknown_format"
    yield "arrow", "a.arrow", b"ARROW1\0\0" + b"\0\xff\x10" * 40, ""
    yield "wav", "a.wav", b"RIFF\x24\0\0\0WAVEfmt ", "wrong_type"
    yield "a Java class", "a.class", b"\xca\xfe\xba\xbe" + b"\0\1" * 60, ""
    yield "random letters of Latin-1", "a.txt", bytes(range(160, 256)) * 3, "encoding"
