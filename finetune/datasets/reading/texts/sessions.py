"""A messenger's chat in sessions: what people write without a long pause is one dialogue."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from finetune.datasets.reading.exceptions import RecordProblem
from finetune.datasets.reading.limits import Limits
from finetune.datasets.reading.lines import Read, too_long

LONGEST_NAME = 80
_PHONE = re.compile(r"^[~\u202a\u200e\s]*\+?[\d\s()./\u00a0\u202c-]{6,}$")


@dataclass(frozen=True)
class Sent:
    """One message of a chat.

    Attributes:
        line: where it stands.
        at: when it was sent.
        who: the name that the messenger shows.
        words: what it says; empty where it is no text.
    """

    line: int
    at: datetime
    who: str
    words: str


def sessions(sent: Iterable[Sent | Read], limits: Limits) -> Iterator[Read]:
    """Yield each session as `{"chat": [{"from": ..., "text": ...}, ...]}`; what could not be read
    as it comes. Phone numbers for names become "Person 1"."""
    people: dict[str, str] = {}
    session: list[Sent] = []
    size = 0
    pause = timedelta(hours=limits.pause_hours)
    for one in sent:
        if isinstance(one, Read):
            yield one
            continue
        if session and abs(one.at - session[-1].at) > pause:
            yield _session(session, size, people, limits)
            session, size = [], 0
        size += len(one.words.encode("utf-8", "surrogatepass"))
        if size > limits.max_line_bytes:  # keep only what tells when it ends
            session = [*session[:1], Sent(one.line, one.at, one.who, "")]
        else:
            session.append(one)
    if session:
        yield _session(session, size, people, limits)


def _session(session: list[Sent], size: int, people: dict[str, str], limits: Limits) -> Read:
    line = session[0].line
    if size > limits.max_line_bytes:
        return Read(line, too_long(limits))
    texts = [one for one in session if one.words.strip()]
    silent = len(session) - len(texts)
    remarks = []
    if silent:
        reason = f"{silent} of its messages are no text (pictures, sounds, notices); left out"
        remarks.append(RecordProblem("media_left_out", reason, "Only text is trained."))
    if not texts:
        return Read(
            line,
            RecordProblem("missing_content", "a session without a text", "Only text is trained."),
        )
    chat = [{"from": _shown(one.who, people), "text": one.words.strip()} for one in texts]
    return Read(line, {"chat": chat}, remarks=tuple(remarks))


def _shown(name: str, people: dict[str, str]) -> str:
    """A name; a number where a phone number stands for one."""
    name = name[:LONGEST_NAME]
    if not _PHONE.match(name):
        return name.strip("~\u202a\u202c\u200e\u200f ") or "?"
    digits = re.sub(r"\D", "", name)
    return people.setdefault(digits, f"Person {len(people) + 1}")
