"""Cuts a growing reply into whole sentences, so that each can be judged before it is shown.

Where a sentence ends depends on the text alone, never on the pieces it came in: a place is decided
only when all the signs that the decision looks at are there. What is handed out, joined, is the
text exactly. Blanks and newlines stand at the beginning of the sentence that follows them.
"""

import re

LONGEST = 400  # as wide as a sentence gets before it is cut at a clause
HAN_WIDTH = 3  # a Chinese sign says about as much as three letters, and takes as many tokens
MOST_BLANKS = 40  # how far over blanks the next word is looked for

HAN = "\u3400-\u9fff\uf900-\ufaff"
CLOSING = "\"'”’»」』）)\\]】》*_"
EMOJI = "\u2600-\u27bf\U0001f000-\U0001faff"
JOINED = "\ufe0f\u200d\U0001f3fb-\U0001f3ff"
CANDIDATE = re.compile(
    rf"\n|(?P<stop>[.!?。！？｡…]+)(?P<closing>[{CLOSING}]*)|[{EMOJI}][{EMOJI}{JOINED}]*"
)
CHINESE_STOP = re.compile("[。！？｡]")
ONLY_DOTS = re.compile(r"[.…]+")
LIST_MARK = re.compile(r"\s*[*_(]*(?:\d{1,3}|[a-zA-Z])")
NEVER_LAST = re.compile(
    r"(?:^|[\s(\"'“])(?:mr|mrs|ms|dr|drs|prof|rev|st|mt|messrs|vs|e\.g|eg|i\.e|ie|cf|approx|incl"
    r"|fig|dept|est|resp|viz|ca)$",
    re.IGNORECASE,
)
SELDOM_LAST = re.compile(
    r"(?:^|[\s(\"'“])(?:etc|al|inc|ltd|co|jr|sr|a\.m|p\.m|ph\.d|m\.d|b\.a|u\.s|u\.k|hrs?|mins?)$",
    re.IGNORECASE,
)
NUMBERED = re.compile(r"(?:^|[\s(])(?:no|nr|tel|ext|pp?|vol)$", re.IGNORECASE)
INITIAL = re.compile(r"(?:^|[\s.(])[A-HJ-Z]$")
OPENERS = {"“": "”", "「": "」", "『": "』", "《": "》"}
CLAUSE = re.compile(rf"[,;:，；：、—](?=[\s{HAN}])")


class SentenceStream:
    """Takes a reply piece by piece and gives back the sentences that are whole."""

    def __init__(self) -> None:
        self.pending = ""

    def push(self, delta: str) -> list[str]:
        """The sentences that this piece has finished."""
        self.pending += delta
        return self.taken(last=False)

    def flush(self) -> list[str]:
        """What is left when nothing more comes."""
        return self.taken(last=True)

    def taken(self, *, last: bool) -> list[str]:
        sentences: list[str] = []
        start = 0
        while start < len(self.pending):
            # A window: what lies further on cannot move the end of this sentence.
            window = self.pending[start : start + LONGEST + MOST_BLANKS + 1]
            whole = last and start + len(window) == len(self.pending)
            end = sentence_end(window, last=whole)
            if end is None:
                break
            sentences.append(window[:end])
            start += end
        self.pending = self.pending[start:]
        return sentences


def sentences(text: str) -> list[str]:
    """A finished text in sentences."""
    stream = SentenceStream()
    return stream.push(text) + stream.flush()


def sentence_end(text: str, *, last: bool) -> int | None:
    """Where the first sentence of `text` ends; None while that cannot be said yet.

    Args:
        text: begins with the sentence.
        last: whether nothing comes after `text`.
    """
    limit = longest(text)
    for mark in CANDIDATE.finditer(text):
        if mark.end() > limit:
            break
        ends = decided(text, mark, last=last)
        if ends is None:
            return None
        if ends:
            return mark.start() if mark.group() == "\n" else mark.end()
    if limit < len(text):
        return cut(text, limit)
    return len(text) if last and text else None


def longest(text: str) -> int:
    """How many signs of `text` a sentence may have."""
    width = 0
    for place, sign in enumerate(text):
        width += HAN_WIDTH if "\u3400" <= sign <= "\u9fff" else 1
        if width > LONGEST:
            return place
    return len(text)


def cut(text: str, limit: int) -> int:
    """Behind the last clause before the limit, else behind the last word, else at the limit."""
    shortest = limit // 3  # half a thought is hard to judge
    clauses = [mark.end() for mark in CLAUSE.finditer(text, 0, limit) if mark.end() > shortest]
    if clauses:
        return clauses[-1]
    blank = text.rfind(" ", shortest, limit)
    return blank if blank > 0 else limit


def decided(text: str, mark: re.Match[str], *, last: bool) -> bool | None:
    """Whether the sentence ends with this mark; None where what follows has to be seen first."""
    before = text[: mark.start()]
    if mark.group() == "\n":
        return bool(before.strip())
    rest = text[mark.end() : mark.end() + MOST_BLANKS]
    following = rest.lstrip()
    if "\n" in rest[: len(rest) - len(following)]:
        return True
    if not following and len(rest) < MOST_BLANKS:
        return True if last else None
    if quoting(text[: mark.end()]):
        return False
    if mark["stop"] is None:
        return begins(rest, following)
    return stops(before, mark["stop"], mark["closing"], rest, following)


def begins(rest: str, following: str) -> bool:
    """Whether a new sentence begins behind signs that can also stand within one."""
    if not following:
        return True
    first = following[0]
    return rest != following and (first.isupper() or "\u3400" <= first <= "\u9fff")


def stops(before: str, stop: str, closing: str, rest: str, following: str) -> bool:
    """Whether a full stop, question mark or exclamation mark is the end."""
    apart = rest != following
    if ONLY_DOTS.fullmatch(stop) and stop != ".":
        return begins(rest, following)
    if CHINESE_STOP.search(stop):
        return apart or not closing
    if not apart:
        return stop != "." and not closing and "\u3400" <= following[0] <= "\u9fff"
    if closing and following and following[0].islower():
        return False  # "Are you all right?" she asked.
    return stop != "." or bool(closing) or full_stop(before, following)


def full_stop(before: str, following: str) -> bool:
    """Whether a single full stop with a blank behind it is one, and no abbreviation's."""
    if LIST_MARK.fullmatch(before) or NEVER_LAST.search(before) or INITIAL.search(before):
        return False
    if NUMBERED.search(before):
        return not following[:1].isdigit()
    return not (SELDOM_LAST.search(before) and not following[:1].isupper())


def quoting(text: str) -> bool:
    """Whether a quotation is open that began within the sentence.

    One that the sentence itself begins with is no reason to wait: some models put all they say
    in quotation marks.
    """
    text = text.lstrip()[1:]
    if text.count('"') % 2:
        opened = text.rindex('"') if text.count('"') == 1 else text.index('"')
        return text[opened - 1 : opened].isspace() or text[opened - 1 : opened] in ":,，："
    return any(text.count(left) > text.count(right) for left, right in OPENERS.items())
