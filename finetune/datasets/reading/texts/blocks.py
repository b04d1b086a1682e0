"""Dialogues of a plain text: what stands between them, each as one text with its line."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import BinaryIO, Literal

from finetune.datasets.reading.encodings import not_utf8
from finetune.datasets.reading.exceptions import RecordProblem
from finetune.datasets.reading.limits import Limits
from finetune.datasets.reading.lines import Read, numbered_lines, too_long
from finetune.datasets.reading.texts.spoken import inline, named

HEAD_BYTES = 65536
LONGEST_RULE = 80
Between = Literal["lines", "blank", "rule", "mark"]
# Signs with which trainers mark turns in a text, at its beginning.
OPENING = re.compile(
    r"<\|im_start\|>\w*|<\|begin_of_text\|>|<\|start_header_id\|>\w*|<bos>|<start_of_turn>\w*"
    r"|<s>\s*\[INST\]|\[INST\]|<\|(?:system|user|assistant)\|>|###[ \t]*\w+:?|<s>"
)
RULE = re.compile(
    r"(?:[-=*_#~—]{3,}|#{0,6}\s*(?:dialogue|dialog|conversation|session|transcript|对话|会话)"
    r"\s*[#№]?\s*\d+\s*[:：.]?)$",
    re.IGNORECASE,
)


def is_rule(line: str) -> bool:
    """Whether a line stands between dialogues; a long one is words."""
    short = line.strip()
    return len(short) <= LONGEST_RULE and RULE.match(short) is not None


def is_spoken(text: str) -> bool:
    """Whether a file that begins like this holds dialogues as text."""
    if OPENING.match(text.lstrip()):
        return True
    lines = [line for line in text.split("\n") if line.strip() and not is_rule(line)]
    names = [name for name in map(named, lines) if name]
    if not lines or not (named(lines[0]) or inline(lines[0])):
        return False
    if sum(bool(inline(line)) for line in lines[:20]) * 2 > len(lines[:20]):
        return True
    turns = Counter(name for name, _ in names)
    most = max(turns.values(), default=0)
    return len(turns) == 2 or (len(turns) > 2 and most > 1 and most * 3 >= len(names))


def between(head: str) -> tuple[Between, str]:
    """What stands between the dialogues of a file, and the sign that each begins with."""
    opening = OPENING.match(head.lstrip())
    if opening:
        return "mark", opening[0]
    lines = [line for line in head.split("\n") if line.strip() and not is_rule(line)][:20]
    if sum(bool(inline(line)) for line in lines) * 2 > len(lines):
        return "lines", ""
    several = single = 0
    for block in re.split(r"\n[ \t\r]*\n", head):
        turns = sum(named(line) is not None for line in block.split("\n"))
        several += turns > 1
        single += turns == 1
    return ("blank" if several >= single else "rule"), ""


def blocks(handle: BinaryIO, limits: Limits) -> Iterator[Read]:
    """Yield each dialogue as `{"text": ...}`."""
    start = handle.tell()
    kind, opening = between(handle.read(HEAD_BYTES).decode("utf-8", errors="replace"))
    handle.seek(start)
    block = _Block(limits)
    blanks = 0
    for number, raw in numbered_lines(handle, limits):
        line = raw.decode("utf-8", errors="surrogateescape") if raw is not None else None
        if line is not None and not line.strip():
            blanks += 1
            block.add(number, line)
            continue
        ends = kind == "lines" or (line is not None and is_rule(line))
        ends |= kind == "blank" and blanks > 0
        ends |= kind == "rule" and blanks > 1
        ends |= kind == "mark" and (line or "").lstrip().startswith(opening) and blanks > 0
        if ends and block.lines:
            yield from block.taken()
        blanks = 0
        if line is None or not is_rule(line):
            block.add(number, line)
    yield from block.taken()


class _Block:
    """The lines of one dialogue, as they come in; none are held beyond the limit."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._start = 0
        self._letters = 0
        self._over = False
        self.lines: list[str] = []

    def add(self, number: int, line: str | None) -> None:
        if not self.lines and line is not None and not line.strip():
            return
        self._start = self._start or number
        self._letters += len(line or "")
        if line is None or self._letters > self._limits.max_line_bytes:
            self._over = True
            self.lines = [""]
        elif not self._over:
            self.lines.append(line)

    def taken(self) -> Iterator[Read]:
        text, number, over = "".join(self.lines).strip(), self._start, self._over
        self.lines, self._start, self._letters, self._over = [], 0, 0, False
        if over:
            yield Read(number, too_long(self._limits))
        elif text:
            yield Read(number, _record(text.replace("\r\n", "\n")))


def _record(text: str) -> dict[str, str] | RecordProblem:
    if bad := re.search("[\udc80-\udcff]", text):
        before = text[: bad.start()].split("\n")
        return not_utf8(f"in its line {len(before)} at character {len(before[-1]) + 1}")
    if "\0" in text:
        return RecordProblem("null_bytes", "null byte in the text", "Remove the null bytes.")
    return {"text": text}
