"""What processes of their own read of a file is what one reads alone, whatever stands in it."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import psutil
import pytest

from finetune.datasets.doctor.control_tokens import ControlTokens
from finetune.datasets.doctor.examination import FILES, examine
from finetune.datasets.doctor.options import Options
from finetune.datasets.doctor.preparing.apart import Order, prepare_apart
from finetune.datasets.doctor.preparing.batches import Batch
from finetune.datasets.doctor.preparing.reading import prepare
from finetune.datasets.doctor.report import Report
from finetune.datasets.doctor.tallying import estimated
from finetune.datasets.reading.exceptions import DatasetRefused, RecordProblem
from finetune.datasets.reading.limits import Limits
from finetune.datasets.reading.records import source_of
from finetune.datasets.reading.sniffing import sniff

OPTIONS = Options(limits=Limits(min_dialogues=1, max_line_bytes=3000), validation_fraction=0.3)


def talk(number: int, letters: int = 20) -> dict[str, Any]:
    words = random.Random(number).choices(["ab", "<|im_end|>", "\n", "é好"], k=letters)
    return {
        "messages": [
            {"role": "user", "content": f"{number}: {' '.join(words)}"},
            {"role": "assistant", "content": "Yes."},
        ]
    }


def awkward_lines() -> bytes:
    """Good and bad lines, long and short ones, some over the limit, blank ones between them."""
    rng = random.Random(3)
    lines: list[bytes] = [b"", b"  "]
    for _ in range(400):
        one = talk(rng.randrange(300), rng.choice((2, 20, 400)))
        written = json.dumps(one, ensure_ascii=rng.random() < 0.5).encode()
        bad = (b"{broken", b"\xff\xfe", b'{"messages": []}', b"[" * 50, b"x" * 5000, b"", b"3")
        lines.append(rng.choice(bad) if rng.random() < 0.2 else written)
    return b"\r\n".join(lines[:50]) + b"\n" + b"\n".join(lines[50:])  # and no end of the last


def plain(batches: list[Batch]) -> tuple[int, list[Any], list[int]]:
    """What all batches hold, however they were cut."""
    found = [
        (*one[:1], one.problem.check, str(one.problem), *one[2:])
        if isinstance(one[1], RecordProblem)
        else (*one[:6], str(one[6]), *one[7:])
        for batch in batches
        for one in batch.found
    ]
    tokens = [count for batch in batches for count in batch.tokens]
    return sum(batch.records for batch in batches), found, tokens


@pytest.mark.parametrize(("processes", "block"), [(1, 1000), (2, 700), (3, 256), (3, 10**6)])
def test_shares_of_a_file_come_together_in_its_order(
    tmp_path: Path, processes: int, block: int
) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + awkward_lines())
    source = source_of(path, sniff(path, OPTIONS.limits), OPTIONS.limits)
    alone: list[Batch] = []
    report = Report(container="jsonl")
    prepare(source.records(), OPTIONS, report, estimated, ControlTokens(), alone.append)

    shared: list[Batch] = []
    read: list[int] = []
    order = Order(path, OPTIONS, None, Report(container="jsonl"), 0, processes, block)
    prepare_apart(order, shared.append, read.append)

    assert plain(shared) == plain(alone)
    assert len(plain(alone)[1]) > 300
    assert order.report.format == report.format == "openai"
    assert read[-1] == path.stat().st_size


GROUPED = "conversation_id,question,answer\n" + "".join(
    f"{number // 2},q{number},a{number}\n" for number in range(60)
)
ROWS = "".join(
    json.dumps({"thread": number // 3, "question": f"q{number}", "answer": f"a{number}"}) + "\n"
    for number in range(60)
)
PAIR = {"prompt": "p", "chosen": "c", "rejected": "r"}


def write(folder: Path, name: str) -> Path:
    path = folder / name
    if name == "a.zip":
        with zipfile.ZipFile(path, "w") as archive:
            for part in ("one", "two"):
                text = "".join(json.dumps(talk(number)) + "\n" for number in range(20))
                archive.writestr(f"{part}.jsonl", text + "{broken\n")
    elif name == "object.json":
        path.write_text(json.dumps({"about": 1, "data": [talk(number) for number in range(80)]}))
    elif name == "grouped.csv":
        path.write_text(GROUPED)
    elif name == "rows.jsonl":
        path.write_text(ROWS)
    elif name == "pairs.jsonl":
        lines = [json.dumps(PAIR | {"chosen": f"c{number}"}) for number in range(30)]
        path.write_text("\n".join([*lines, json.dumps(talk(1))]))
    elif name == "utf16.jsonl":
        path.write_text("\n".join(json.dumps(talk(one)) for one in range(30)), encoding="utf-16")
    else:
        path.write_bytes(awkward_lines())
    return path


NAMES = (
    *("awkward.jsonl", "a.zip", "object.json", "grouped.csv", "rows.jsonl"),
    *("pairs.jsonl", "utf16.jsonl"),
)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_written_is_the_same(tmp_path: Path, name: str) -> None:
    path = write(tmp_path, name)
    options = OPTIONS
    if name == "rows.jsonl":  # rows of one conversation stand together
        mapping = {"group": "thread", "user": "question", "assistant": "answer"}
        options = Options(limits=OPTIONS.limits, mapping=mapping, validation_fraction=0.3)
    reports = [
        examine(path, tmp_path / str(apart), options, apart=apart) for apart in (False, True)
    ]
    assert reports[0] == reports[1]
    assert reports[0].dialogues > 10
    for file in FILES:
        assert (tmp_path / "False" / file).read_bytes() == (tmp_path / "True" / file).read_bytes()


def test_a_refusal_comes_with_its_report(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("this,that\n1,2\n")
    with pytest.raises(DatasetRefused) as refused:
        examine(path, tmp_path / "out", Options(), apart=True)
    assert refused.value.code == "missing_columns"
    assert refused.value.report["columns"] == ["this", "that"]
    assert not (tmp_path / "out").exists()


def test_too_many_are_refused_with_what_was_counted(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps(talk(number)) + "\n" for number in range(30)))
    limits = Limits(min_dialogues=1, max_dialogues=20)
    with pytest.raises(DatasetRefused, match="More than 20 dialogues") as refused:
        examine(path, tmp_path / "out", Options(limits=limits), apart=True)
    assert refused.value.report["dialogues"] == 20
    assert reading() == []


def reading() -> list[psutil.Process]:
    """The processes that read for this one."""
    children = psutil.Process().children()
    return [one for one in children if "finetune.datasets.doctor.preparing" in one.cmdline()]


class Unwanted(Exception):
    """Nobody waits any more."""


def test_who_watches_ends_the_processes(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(awkward_lines())
    seen: list[int] = []

    def watch(read: int) -> None:
        seen.append(len(reading()))
        raise Unwanted

    with pytest.raises(Unwanted):
        examine(path, tmp_path / "out", OPTIONS, watch=watch, apart=True)
    assert seen == [2]
    assert reading() == []
    assert not (tmp_path / "out").exists()


def test_a_killed_process_breaks_the_check_off(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(awkward_lines() * 200)
    killed: list[int] = []

    def watch(read: int) -> None:
        if not killed:
            killed.append(reading()[-1].pid)
            os.kill(killed[0], signal.SIGKILL)

    with pytest.raises(ChildProcessError, match="ended without a word"):
        examine(path, tmp_path / "out", OPTIONS, watch=watch, apart=True)
    assert killed
    assert not (tmp_path / "out").exists()
    assert reading() == []


def test_a_long_file_is_read_apart_without_being_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(awkward_lines())
    started: list[Any] = []
    popen = subprocess.Popen

    def counted(*arguments: Any, **options: Any) -> Any:
        started.append(arguments)
        return popen(*arguments, **options)

    monkeypatch.setattr(subprocess, "Popen", counted)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    examine(path, tmp_path / "short", OPTIONS)
    assert started == []
    monkeypatch.setattr("finetune.datasets.doctor.examination.APART_BYTES", 1000)
    examine(path, tmp_path / "long", OPTIONS)
    assert len(started) == 2
