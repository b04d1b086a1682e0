"""Splits of a few dialogues, written as the first check leaves them, and what checks say."""

import json

import numpy as np
import pytest

from finetune.datasets.findings.process.examination import examine
from finetune.datasets.findings.process.order import Order


def talk(*turns, **beside):
    """A dialogue; the person begins."""
    roles = ("user", "assistant")
    messages = [{"role": roles[n % 2], "content": text} for n, text in enumerate(turns)]
    return {"messages": messages, **beside}


def filler(number):
    """A dialogue that has nothing in common with another number's."""
    words = [f"{chr(97 + number % 26)}{number * 31 + place}x" for place in range(40)]
    return talk("The " + " ".join(words[:20]), "So " + " ".join(words[20:]))


def split_write(folder, train, validation=()):
    """The two files and the places: the held-out dialogues stand first in the upload."""
    folder.mkdir(parents=True, exist_ok=True)
    places, line = [], 0
    for name, rows, held_out in (("validation", validation, 1), ("train", train, 0)):
        start = 0
        with (folder / f"{name}.jsonl").open("wb") as file:
            for row in rows:
                line += 1
                places.append((line, 2 * start + held_out))
                start += file.write(json.dumps(row, ensure_ascii=False).encode() + b"\n")
    np.array(places, dtype="<u8").tofile(folder / "places")
    return folder


@pytest.fixture
def found(tmp_path):
    """What the checks find in some dialogues, by name."""

    def look(train, validation=(), **order):
        folder = split_write(tmp_path / "data", train, validation)
        out = tmp_path / "out"
        out.mkdir(exist_ok=True)
        count = len(train) + len(validation)
        return {one.name: one for one in examine(Order(str(folder), count, **order), out)}

    return look


def lines(finding):
    return [place.line for place in finding.first]
