"""Turns in running text: a name, a colon and what is said. Knows nothing of files or roles."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

MOST_WORDS = 4  # of a name
# A time before the name, as transcribers write it: [00:12], (1:02:03), 00:12.
_TIME = r"(?:[\[(]?\d{1,2}:\d{2}(?::\d{2})?(?:[.,]\d+)?[\])]?[ \t]*[-–]?[ \t]*)?"
_NAME = r"[^\W_](?:[\w .'’()&/-]|[^\x00-\x7f:：，。！？“”「」]){0,30}?"
LINE = re.compile(
    rf"^[ \t]*{_TIME}(?:\*\*|__)?({_NAME})(?:\*\*|__)?[ \t]*[:：](?:\*\*|__)?(?!//)(.*)$"
)
# In the middle of a line only where no sentence would go on like this.
KNOWN = (
    "Human|User|Client|Patient|Customer|Seeker|Caller|Assistant|Bot|AI|Chatbot|Therapist|"
    "Counselor|Counsellor|Supporter|Agent|Doctor|Coach|求助者|来访者|用户|患者|支持者|咨询师|心理咨询师|客服|助手"
)
INLINE = re.compile(rf"(?:^|(?<=\s)|(?<=[。！？]))([A-Z]|{KNOWN})[ \t]*[:：][ \t]*")
_NO_NAME = frozenset(
    (
        *("http", "https", "note", "ps", "p.s", "eg", "e.g", "i.e", "re", "fyi"),
        # keys of settings and heads of letters
        *(
            "messages",
            "message",
            "content",
            "role",
            "title",
            "version",
            "type",
            "id",
            "data",
            "date",
        ),
        *("error", "status", "from", "to", "cc", "subject", "url", "file", "path", "name", "key"),
    )
)


@dataclass(frozen=True)
class Spoken:
    """What one person says in one go."""

    who: str
    words: str


def named(line: str) -> tuple[str, str] | None:
    """The name before a line's first colon and what stands behind it; None where none does."""
    match = LINE.match(line.rstrip("\r\n"))
    if match is None:
        return None
    name = " ".join(match[1].split())
    is_name = len(name.split()) <= MOST_WORDS and name.lower().rstrip(".") not in _NO_NAME
    return (name, match[2].strip()) if is_name and not name.isdigit() else None


def inline(line: str) -> list[Spoken]:
    """The turns of a dialogue that stands in one line; empty where it has not two names."""
    marks = list(INLINE.finditer(line))
    if len({mark[1] for mark in marks}) < 2 or line[: marks[0].start()].strip():
        return []
    ends = [mark.start() for mark in marks[1:]] + [len(line)]
    return [
        Spoken(mark[1], line[mark.end() : end].strip())
        for mark, end in zip(marks, ends, strict=True)
    ]


def turns_of(text: str) -> tuple[str, list[Spoken]]:
    """What stands before the first name, and the turns behind it.

    A line whose name occurs once, where two others take turns, is what the one before it says.
    """
    lines = text.split("\n")
    starts = [named(line) for line in lines]
    names = Counter(start[0] for start in starts if start)
    if len(names) < 2 and (in_line := inline(" ".join(text.split()))):
        return "", in_line
    if len(names) > 2:
        two = {name for name, _ in names.most_common(2)}
        once = {name for name in names if names[name] == 1 and name not in two}
        starts = [start if start and start[0] not in once else None for start in starts]
    before: list[str] = []
    turns: list[tuple[str, list[str]]] = []
    for line, start in zip(lines, starts, strict=True):
        if start:
            turns.append((start[0], [start[1]]))
        elif turns:
            turns[-1][1].append(line.rstrip())
        else:
            before.append(line)
    said = [Spoken(name, "\n".join(words).strip()) for name, words in turns]
    return "\n".join(before).strip(), said
