"""WhatsApp's "Export chat": a line for each message, with date, time and name; further lines of a
message stand below it.

The date is written as the phone's region has it. Android writes `31/12/24, 21:15 - Ann: Hi`, iOS
`[31/12/24, 21:15:30] Ann: Hi`. Source: WhatsApp's help centre, "How to save your chat history".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import pairwise
from typing import BinaryIO

from finetune.datasets.reading.encodings import not_utf8
from finetune.datasets.reading.limits import Limits
from finetune.datasets.reading.lines import Read, numbered_lines, too_long
from finetune.datasets.reading.texts.sessions import Sent, sessions

HEAD_LINES = 400
LONGEST_NOTICE = 200
_MARKS = "\u200e\u200f\u202a\u202c\ufeff"
_HEAD = re.compile(
    r"^(\[)?(\d{1,4})[./-](\d{1,2})[./-](\d{2,4}),?\s+(上午|下午|凌晨|晚上)?(\d{1,2})[:.](\d{2})"
    r"(?:[:.](\d{2}))?(?:\s*([AaPp])\.?\s?[Mm]\.?)?(?(1)\]\s*|\s+[-–]\s+)(.*)$",
    re.DOTALL,
)
_NO_TEXT = re.compile(
    r"^<[^<>]*(?:omitted|attached|weggelassen|omitido|省略|附件)[^<>]*>$"
    r"|^(?:image|video|audio|sticker|gif|document|contact card|voice message|.+\.\w{3,4} .*)"
    r" omitted$|^<attached: .*>$|^.{1,80} \(file attached\)$"
    r"|^(?:this message was deleted|you deleted this message|null"
    r"|missed (?:voice|video) call.*|(?:voice|video) call.*)\.?$",
    re.IGNORECASE,
)


def is_whatsapp(text: str) -> bool:
    """Whether a file that begins like this is such an export."""
    lines = [line.strip(_MARKS) for line in text.split("\n")[:40] if line.strip()]
    heads = [match for match in map(_HEAD.match, lines) if match]
    return bool(lines) and _HEAD.match(lines[0]) is not None and len(heads) >= 2


def chat(handle: BinaryIO, limits: Limits) -> Iterator[Read]:
    """Yield the chat's sessions."""
    start = handle.tell()
    firsts = [handle.readline(4096).decode("utf-8", "replace") for _ in range(HEAD_LINES)]
    handle.seek(start)
    yield from sessions(_sent(handle, limits, _day_place(firsts)), limits)


def _sent(handle: BinaryIO, limits: Limits, day_first: bool) -> Iterator[Sent | Read]:
    now: tuple[int, datetime, str, list[str]] | None = None
    for number, raw in numbered_lines(handle, limits):
        if raw is None:
            yield Read(number, too_long(limits))
            continue
        try:
            line = raw.decode("utf-8").rstrip("\r\n")
        except UnicodeDecodeError as error:
            before = raw[: error.start].decode("utf-8")
            yield Read(number, not_utf8(f"at character {len(before) + 1} of the line"))
            continue
        line = line.replace("\0", "")
        match = _HEAD.match(line.strip(_MARKS))
        at = _time(match, day_first) if match else None
        if match is None or at is None:
            if now and sum(map(len, now[3])) < limits.max_line_bytes:
                now[3].append(line)
            continue
        if now:
            yield _message(*now)
        who, colon, words = match[10].strip(_MARKS).partition(": ")
        now = (number, at, who, [words]) if colon else (number, at, "", [""])
    if now:
        yield _message(*now)


def _message(line: int, at: datetime, who: str, lines: list[str]) -> Sent:
    words = "\n".join(lines).strip(_MARKS + " \n")
    return Sent(line, at, who, "" if not who or _is_no_text(words) else words)


def _is_no_text(words: str) -> bool:
    return len(words) <= LONGEST_NOTICE and _NO_TEXT.match(words) is not None


def _day_place(lines: Iterable[str]) -> bool:
    """Whether the day stands before the month: from days over 12, else from the order of dates."""
    heads = [match for line in lines if (match := _HEAD.match(line.strip(_MARKS)))]
    if any(int(match[2]) > 12 for match in heads if len(match[2]) < 3):
        return True
    if any(int(match[3]) > 12 for match in heads):
        return False

    def falls(day_first: bool) -> int:
        times = [at for match in heads if (at := _time(match, day_first))]
        return sum(later < earlier for earlier, later in pairwise(times))

    if falls(True) != falls(False):
        return falls(True) < falls(False)
    return not any(match[9] for match in heads)  # a.m. and p.m. go with the month before the day


def _time(match: re.Match[str], day_first: bool) -> datetime | None:
    first, second, third = int(match[2]), int(match[3]), int(match[4])
    if len(match[2]) == 4:
        year, month, day = first, second, third
    else:
        year = third + 2000 if third < 100 else third
        day, month = (first, second) if day_first else (second, first)
    hour = int(match[6])
    afternoon = match[5] in ("下午", "晚上") or (match[9] or "").lower() == "p"
    if afternoon or match[9] or match[5]:
        hour = hour % 12 + 12 * afternoon
    try:
        return datetime(year, month, day, hour, int(match[7]), int(match[8] or 0))
    except ValueError:
        return None
