"""How a text is written in bytes: by its mark, by what was asked for, or by a guess that is said.

UTF-16 and UTF-32 with their marks are read as they are. A text that is not UTF-8 and has no mark is
never read by a guess: the guess is told, and somebody chooses it.
"""

from __future__ import annotations

import codecs
import io
import re
from typing import BinaryIO, cast

from finetune.datasets.reading.exceptions import RecordProblem
from finetune.datasets.reading.lines import CHUNK
from finetune.datasets.reading.watching import Stream

# The encodings that may be asked for, by Python's name, and what people call them.
ENCODINGS: dict[str, str] = {
    "utf-8": "UTF-8",
    "utf-16-le": "UTF-16 (little end first, as Windows writes it)",
    "utf-16-be": "UTF-16 (big end first)",
    "gb18030": "GB18030, GBK, GB2312 (Chinese, simplified)",
    "big5": "Big5 (Chinese, traditional)",
    "shift_jis": "Shift JIS (Japanese)",
    "euc_jp": "EUC-JP (Japanese)",
    "cp949": "CP949, EUC-KR (Korean)",
    "cp1252": "Windows-1252, Latin-1 (Western Europe)",
    "cp1250": "Windows-1250 (Central Europe)",
    "cp1251": "Windows-1251 (Cyrillic)",
    "koi8-r": "KOI8-R (Cyrillic)",
}
MARKS: tuple[tuple[bytes, str], ...] = (  # the longer one first where two begin alike
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
# Signs that stand often in texts of a language: what a wrong encoding makes of them is others.
_CHINESE = "的一是不了在人有我他上大和地到以要就出可也你生能而子那得下自之年作里，。？！、：“”"
_COMMON: dict[str, frozenset[str]] = {
    "gb18030": frozenset(_CHINESE + "这个们中来为国说时会对于着过发后没么感觉"),
    "big5": frozenset(_CHINESE + "這個們中來為國說時會對於著過發後沒麼感覺"),
    "shift_jis": frozenset(map(chr, range(0x3041, 0x3097))) | frozenset("、。"),
    "euc_jp": frozenset(map(chr, range(0x3041, 0x3097))) | frozenset("、。"),
    "cp949": frozenset("이다는의가을를에고하지은로사기도한어나해그리아서요니습"),
    "cp1251": frozenset("абвгдежзийклмнопрстуфхцчшщъыьэюяё«»—"),
    "koi8-r": frozenset("абвгдежзийклмнопрстуфхцчшщъыьэюяё"),
    "cp1250": frozenset("ąćęłńóśźżšĺčřžýáíéěúůďťňőűţş„”“’–…"),
    "cp1252": frozenset("éèêàâçùûôîïëüöäßñóíáúãõåøæœÉÄÖÜÀ’‘“”„–—…€£°«»¿¡"),
}
_ENOUGH = 0.1  # share of such signs below which no guess is told
_BYTE = re.compile(r"byte \d+, (character \d+),")
_UNREADABLE = "studio.unreadable"
codecs.register_error(_UNREADABLE, lambda error: ("\udcff", getattr(error, "end", 0)))


def not_utf8(place: str) -> RecordProblem:
    """Bytes that are no character, and where they stand."""
    return RecordProblem("invalid_encoding", f"not UTF-8 {place}", "Save the file as UTF-8.")


def as_written(problem: RecordProblem, encoding: str) -> RecordProblem:
    """The problem of a text that was read as UTF-8, with the encoding that it is written in.

    Bytes of what was read are not those of the file; characters are.
    """
    if problem.check != "invalid_encoding":
        return problem
    place = _BYTE.sub(r"\1", problem.reason.removeprefix("not UTF-8 "))
    return RecordProblem(problem.check, f"not {name_of(encoding)} {place}", problem.fix)


def name_of(encoding: str) -> str:
    """What people call an encoding: `UTF-16`, `Shift JIS`."""
    known = ENCODINGS.get(encoding)
    return known.split(" (")[0] if known else encoding[:6].upper()


def marked(head: bytes) -> tuple[str, int]:
    """The encoding that a file's mark names and the length of the mark; empty and 0 without one."""
    for mark, name in MARKS:
        if head.startswith(mark):
            return name, len(mark)
    return "", 0


def decoded(head: bytes, encoding: str) -> str:
    """The text of a beginning that may end inside a character; what is none is U+FFFD."""
    return codecs.getincrementaldecoder(encoding)("replace").decode(head)


def legacy(head: bytes) -> str:
    """A guess which older encoding a text is in; empty for UTF-8, also with some bad lines in it.

    >>> legacy("问题,答案\\n你好，我觉得不好,那是什么时候的事？\\n".encode("gb18030"))
    'gb18030'
    """
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
        return ""
    except UnicodeDecodeError:
        pass
    lines = [line for line in head.replace(b"\r", b"\n").split(b"\n") if line.strip()]
    bad = sum(not _is_utf8(line) for line in lines)
    text = decoded(head, "utf-8")
    errors = text.count("\ufffd")
    if bad * 4 <= len(lines) or errors <= sum(letter > "\x7f" for letter in text) - errors:
        return ""
    shares = {name: _share(head, name) for name in _COMMON}
    best = max(shares, key=lambda name: shares[name])
    return best if shares[best] >= _ENOUGH else ""


def without_mark(sample: bytes) -> str:
    """UTF-16 by the zeros in every other byte; empty where there are not enough of them."""
    half = len(sample) / 2
    if sample[1::2].count(0) > 0.8 * half and sample[0::2].count(0) < 0.2 * half:
        return "utf-16-le"
    if sample[0::2].count(0) > 0.8 * half and sample[1::2].count(0) < 0.2 * half:
        return "utf-16-be"
    return ""


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _share(head: bytes, encoding: str) -> float:
    """Which part of the letters beyond ASCII are common ones; 0 where it cannot be this."""
    try:
        text = codecs.getincrementaldecoder(encoding)().decode(head)
    except UnicodeDecodeError:
        return 0.0
    beyond = [letter for letter in text if letter > "\x7f"]
    return sum(letter in _COMMON[encoding] for letter in beyond) / len(beyond) if beyond else 0.0


def text_stream(handle: BinaryIO, start: int, encoding: str, returns: bool) -> BinaryIO:
    """A text from its first letter on, as UTF-8 with line feeds.

    Args:
        handle: at the first byte of the mark; it can be sought.
        start: bytes of the mark.
        encoding: Python's name of it.
        returns: whether its lines end with carriage returns alone.
    """
    handle.seek(start, io.SEEK_CUR)
    if encoding != "utf-8":
        handle = cast(BinaryIO, io.BufferedReader(Recoded(handle, encoding), CHUNK))
    if returns:
        handle = cast(BinaryIO, io.BufferedReader(LineEnds(handle), CHUNK))
    return handle


class Recoded(Stream):
    """A stream of another encoding as UTF-8, whose bytes it counts from 0. What is no character
    becomes a byte that is no UTF-8, so that its line is reported."""

    def __init__(self, source: BinaryIO, encoding: str) -> None:
        self._source = source
        self._origin = source.tell()
        self._decoder = codecs.getincrementaldecoder(encoding)(_UNREADABLE)
        self._begin()

    def _begin(self) -> None:
        self._decoder.reset()
        self._rest = b""
        self._ended = False
        self._at = 0

    def tell(self) -> int:
        return self._at

    def seek(self, place: int, whence: int = io.SEEK_SET) -> int:
        """Go to a byte of what comes out; back means once more from the start."""
        if whence == io.SEEK_CUR:
            place += self._at
        if place < self._at:
            self._source.seek(self._origin)
            self._begin()
        while self._at < place and self._taken(place - self._at):
            pass
        return self._at

    def _taken(self, most: int) -> bytes:
        while not self._rest and not self._ended:
            chunk = self._source.read(CHUNK)
            self._ended = not chunk
            text = self._decoder.decode(chunk, self._ended)
            self._rest = text.encode("utf-8", "surrogateescape")
        piece, self._rest = self._rest[:most], self._rest[most:]
        self._at += len(piece)
        return piece


class LineEnds(Stream):
    """A stream whose lines end with carriage returns alone, with line feeds instead."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source

    def tell(self) -> int:
        return self._source.tell()

    def seek(self, place: int, whence: int = io.SEEK_SET) -> int:
        return self._source.seek(place, whence)

    def _taken(self, most: int) -> bytes:
        return self._source.read(most).replace(b"\r", b"\n")
