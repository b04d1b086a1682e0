"""Splits of the public data sets, made once from `../shared/data` and the same everywhere.

Each is three JSONL files of dialogues: train, validation and test. The order follows from hashes of
the dialogues' names, so that it depends neither on Python's random numbers nor on the file's order.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from benchmarks.frame import ROOT

SHARED = ROOT.parent / "shared" / "data"
VALIDATION, TEST = 48, 100
LONG = 80  # characters
SHORT = 45  # words
PARTS = ("train", "validation", "test")

Dialogue = list[dict[str, str]]
Parts = Mapping[str, list[Dialogue]]


def prepare(name: str, folder: Path) -> dict[str, Path]:
    """Write the parts of a data set where they are not yet there.

    Args:
        name: a key of `SETS`; with `:N` behind it the first N training dialogues alone.
        folder: where its files are to be.

    Raises:
        FileNotFoundError: the data are not on this machine.
    """
    known, _, most = name.partition(":")
    paths = {part: folder / f"{name.replace(':', '-')}.{part}.jsonl" for part in PARTS}
    if all(path.exists() for path in paths.values()):
        return paths
    folder.mkdir(parents=True, exist_ok=True)
    for part, dialogues in SETS[known]().items():
        taken = dialogues[: int(most)] if most and part == "train" else dialogues
        lines = (json.dumps({"messages": one}, ensure_ascii=False) for one in taken)
        paths[part].write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return paths


def cpsycoun() -> Parts:
    """CPsyCounD, the paper's own: 3,084 Chinese counselling dialogues, split by dialogue."""
    named = [(str(row["id"]), row["messages"]) for row in _lines("cpsycoun/CPsyCounD.jsonl")]
    return _split(named, "cpsycoun")


def counsel_chat() -> Parts:
    """Answers of therapists to questions; all answers to a question stay on one side."""
    named = []
    with (SHARED / "counsel_chat" / "20200325_counsel_chat.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            question = " ".join([row["questionTitle"] or "", row["questionText"] or ""]).strip()
            answer = (row["answerText"] or "").strip()
            if question and answer:
                # The same question stands there under several numbers.
                named.append((question, [_said("user", question), _said("assistant", answer)]))
    return _split(named, "counsel_chat")


def esconv() -> Parts:
    """ESConv in its own split; of validation and test the first ones by hash."""
    parts = {}
    for part, file, most in (
        ("train", "train", None),
        ("validation", "valid", VALIDATION),
        ("test", "test", TEST),
    ):
        named = []
        for number, row in enumerate(_lines(f"esconv/{file}.jsonl")):
            named.append((f"{part}-{number}", _esconv_dialogue(row)))
        parts[part] = [dialogue for _, dialogue in _ordered(named, "esconv") if dialogue][:most]
    return parts


def _esconv_dialogue(row: Mapping[str, Any]) -> list[dict[str, str]]:
    """One dialogue; turns of one speaker that follow one another are one."""
    told: list[dict[str, str]] = []
    for turn in row["dialog"]:
        role = {"usr": "user", "sys": "assistant", "seeker": "user", "supporter": "assistant"}[
            turn["speaker"]
        ]
        text = " ".join(str(turn.get("text", turn.get("content", ""))).split())
        if not text:
            continue
        if told and told[-1]["role"] == role:
            told[-1]["content"] += f" {text}"
        else:
            told.append(_said(role, text))
    while told and told[0]["role"] == "assistant":
        told.pop(0)
    return told if len(told) > 1 else []


def gsm8k() -> Parts:
    """Short problems of GSM8K's training part with their answers alone, numbers without a word."""
    named = []
    for row in _lines("gsm8k/train.jsonl"):
        answer = row["answer"].rpartition("####")[2].strip()
        if len(row["question"].split()) <= SHORT and answer.isdigit():
            named.append(
                (row["question"], [_said("user", row["question"]), _said("assistant", answer)])
            )
    return _split(named, "gsm8k")


def _said(role: str, content: str) -> dict[str, str]:
    return {"role": role, "content": content}


def _lines(name: str) -> Iterator[Any]:
    with (SHARED / name).open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def _ordered(named: Iterable[tuple[str, Any]], salt: str) -> list[tuple[str, Any]]:
    def place(item: tuple[str, Any]) -> str:
        return hashlib.sha256(f"{salt}/{item[0]}".encode()).hexdigest()

    return sorted(named, key=place)


def _split(named: list[tuple[str, Any]], salt: str) -> Parts:
    """Validation and test are the first names by hash, until there are enough dialogues."""
    parts: dict[str, list[Any]] = {part: [] for part in PARTS}
    side = ""
    last = None
    for name, dialogue in _ordered(named, salt):
        if name != last:
            full = len(parts["validation"]) >= VALIDATION
            side = "validation" if not full else "test" if len(parts["test"]) < TEST else "train"
            last = name
        parts[side].append(dialogue)
    held = {**parts, "validation": parts["validation"][:VALIDATION], "test": parts["test"][:TEST]}
    known = _long_replies(held["test"])
    held["validation"] = [one for one in held["validation"] if not _long_replies([one]) & known]
    known |= _long_replies(held["validation"])
    held["train"] = [one for one in parts["train"] if not _long_replies([one]) & known]
    return held


def _long_replies(dialogues: Iterable[Dialogue]) -> set[str]:
    """Replies of some length: one that stands on two sides word by word would be known by heart."""
    return {
        turn["content"]
        for dialogue in dialogues
        for turn in dialogue
        if turn["role"] == "assistant" and len(turn["content"]) >= LONG
    }


SETS: Mapping[str, Callable[[], Parts]] = {
    "cpsycoun": cpsycoun,
    "counsel_chat": counsel_chat,
    "esconv": esconv,
    "gsm8k": gsm8k,
}
