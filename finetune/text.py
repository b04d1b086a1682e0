"""What may enter as text: one rule for bodies, forms, addresses and sockets. And tables that leave.

What passes can be kept by every database, sent to every model and shown on every page. Knows
nothing of Django and nothing of fields; the site, the API and the engine ask it alike.
"""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Iterable, Iterator
from typing import Any

DEEPEST = 64  # levels of one JSON body; nothing that is asked for here needs ten
LONGEST_NUMBER = 400  # digits; what is longer is not even read
BITS = 64
LONGEST_WAY = 200  # signs of a place in a body, as a message names it
DIGITS = re.compile(r"[0-9]{1,18}")
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
# A value of a body with its key and, the same again, the value that holds it.
Link = tuple[Any, Any, "Link | None"]


class TextRefused(ValueError):
    """Something that cannot be taken in. `param` names the field, as far as there is one."""

    def __init__(self, message: str, *, code: str = "invalid_value", param: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.param = param


def text_problem(text: str) -> str:
    """Why this cannot be kept as text, as the end of a sentence; empty where it can."""
    if "\0" in text:
        return "contains a null character, which cannot be kept"
    if not is_whole(text):
        return "contains half of a surrogate pair, which is not text"
    return ""


def is_whole(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def mended(value: Any) -> Any:
    """A value from JSON with every half of a surrogate pair replaced by U+FFFD, at any depth."""
    if isinstance(value, str):
        if is_whole(value):
            return value
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if isinstance(value, list):
        return [mended(item) for item in value]
    if isinstance(value, dict):
        return {mended(name): mended(item) for name, item in value.items()}
    return value


def typed(text: str) -> str:
    """What was typed into a box, with one kind of line end, without null signs and outer space."""
    return text.replace("\r\n", "\n").replace("\0", "").strip()


def whole_number(text: str | None) -> int | None:
    """The number that ASCII digits write, or None: "²", "١", "+5" and "1e5" are none."""
    return int(text) if text and DIGITS.fullmatch(text) else None


def as_whole_number(value: Any) -> int:
    """The same for a field's validator.

    Raises:
        ValueError: with words for the person.
    """
    number = whole_number(str(value))
    if number is None:
        raise ValueError("must be a whole number, written in digits")
    return number


def json_object(body: bytes | str) -> dict[str, Any]:
    """Read a body that has to be one JSON object.

    Raises:
        TextRefused: as `json_value` does, or it is another value.
    """
    content = json_value(body)
    if not isinstance(content, dict):
        raise TextRefused("The body must be a JSON object.", code="invalid_json")
    return content


def json_value(text: bytes | str) -> Any:
    """Read JSON.

    Raises:
        TextRefused: it is none, it is nested too deeply, a name stands twice in one object, or it
            holds what is no text and no number here.
    """
    try:
        content = json.loads(
            text, parse_constant=no_constant, parse_int=bounded, object_pairs_hook=each_once
        )
    except TextRefused:
        raise
    except RecursionError:
        raise too_deep() from None
    except ValueError as error:
        words = f"The body is not valid JSON: {error}."
        raise TextRefused(words, code="invalid_json") from None
    for link, depth in values_of(content):
        value_check(link, depth)
    return content


def values_of(content: Any) -> Iterator[tuple[Link, int]]:
    """Every value of a body with the way to it, without recursion."""
    waiting: list[tuple[Link, int]] = [((content, None, None), 0)]
    while waiting:
        link, depth = waiting.pop()
        yield link, depth
        value = link[0]
        if isinstance(value, dict):
            waiting += [((item, name, link), depth + 1) for name, item in value.items()]
        elif isinstance(value, list):
            waiting += [((item, index, link), depth + 1) for index, item in enumerate(value)]


def value_check(link: Link, depth: int) -> None:
    value, name, parent = link
    if depth > DEEPEST:
        raise too_deep()
    if isinstance(name, str) and (problem := text_problem(name)):
        param = way_to(parent)
        raise TextRefused(f"{param or 'The body'}: a name in it {problem}.", param=param)
    problem = ""
    if isinstance(value, str):
        problem = text_problem(value)
    elif isinstance(value, float):
        problem = "" if math.isfinite(value) else "is too large a number"
    elif isinstance(value, int):
        problem = f"is a number of more than {BITS} bits" if abs(value) >= 2**BITS else ""
    if problem:
        param = way_to(link)
        raise TextRefused(f"{param or 'The body'}: {problem}.", param=param)


def way_to(link: Link | None) -> str:
    """`messages[0].content`; empty for the body itself."""
    names = []
    while link is not None and link[1] is not None:
        names.append(link[1])
        link = link[2]
    way = ""
    for name in reversed(names):
        way += f"[{name}]" if isinstance(name, int) else f".{name}" if way else name
    return way[:LONGEST_WAY]


def each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose names are unlike; of two equal ones nobody knows which was meant."""
    content = dict(pairs)
    if len(content) < len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                shown = ascii(name[:60])
                text = f"The body is not valid JSON: the name {shown} stands twice in one object."
                raise TextRefused(text, code="invalid_json", param=mended(name[:60]))
            seen.add(name)
    return content


def bounded(digits: str) -> int:
    if len(digits) > LONGEST_NUMBER:
        text = f"The body is not valid JSON: a number has {len(digits)} digits."
        raise TextRefused(text, code="invalid_json")
    return int(digits)


def no_constant(name: str) -> None:
    text = f"The body is not valid JSON: {name} is not a JSON number."
    raise TextRefused(text, code="invalid_json")


def too_deep() -> TextRefused:
    text = f"The body is nested too deeply: {DEEPEST} levels are the limit."
    return TextRefused(text, code="invalid_json")


def is_formula(cell: str) -> bool:
    """Tell whether a spreadsheet would run this cell as a formula; plain numbers are none."""
    if not cell.startswith(FORMULA_STARTS):
        return False
    try:
        float(cell)
    except ValueError:
        return True
    return False


def neutralised(cell: str) -> str:
    """Return the cell for a CSV export: a quotation mark before what would be a formula."""
    return f"'{cell}" if is_formula(cell) else cell


def csv_text(rows: Iterable[Iterable[Any]], end: str = "\r\n") -> str:
    """Rows of a table; what a spreadsheet would run as a formula is a text in it."""
    text = io.StringIO()
    csv.writer(text, lineterminator=end).writerows(
        [neutralised(cell) if isinstance(cell, str) else cell for cell in row] for row in rows
    )
    return text.getvalue()
