"""Reads `lines.json`, the one table of help lines: country, lines, hours, where each comes from.

The file confirms nothing: `checked` and `as_of` say where a number was read and when. Whether an
operator of this site confirmed a line is kept in the database (`chat.words`), not here.
"""

import json
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

TABLE = Path(__file__).with_name("lines.json")
UNKNOWN = "ZZ"  # ISO 3166's code for no country
SHOWN = 2  # lines on a card; with the emergency number that makes three resources
LANGUAGE_RANGE = re.compile(r"^([a-z]{2,3})((?:-[a-z0-9]{2,8})*)$")


@dataclass(frozen=True)
class Line:
    """One help line. `kind` is crisis (for anything) or abuse.

    Attributes:
        id: stays the same when the numbers change.
        source: public address of whoever runs it.
        checked: where the same number was read; empty where it is from memory.
        as_of: date of what was read, or of writing it down from memory.
    """

    id: str
    name: str
    hours: str
    source: str
    checked: str
    as_of: str
    kind: str = "crisis"
    phone: tuple[str, ...] = ()
    text: str = ""
    web: str = ""

    @property
    def dial(self) -> tuple[tuple[str, str], ...]:
        """Each number as shown, and as a telephone takes it: a comma waits before an extension."""
        return tuple((number, dialled(number)) for number in self.phone)

    @property
    def numbers(self) -> str:
        """What a confirmation confirms, in one string."""
        return " / ".join([*self.phone, *filter(None, [self.text, self.web])])


@dataclass(frozen=True)
class Country:
    """The lines of one country and its emergency numbers."""

    code: str
    name: str
    emergency: tuple[str, ...]
    lines: tuple[Line, ...]
    guessed: bool = False

    def lines_for(self, kind: str) -> tuple[Line, ...]:
        """What a card shows: lines of this kind first, then those that listen to anything."""
        return tuple(sorted(self.lines, key=lambda line: line.kind != kind))[:SHOWN]


def dialled(number: str) -> str:
    main, _, extension = number.partition("ext.")
    digits = "".join(sign for sign in main if sign.isdigit() or sign in "+*#")
    return f"{digits},{extension.strip()}" if extension else digits


def country_from(code: str, entry: dict[str, Any]) -> Country:
    lines = [Line(**line | {"phone": tuple(line.get("phone", ()))}) for line in entry["lines"]]
    in_order = sorted(lines, key=lambda line: line.kind == "abuse")
    return Country(code, entry["name"], tuple(entry["emergency"]), tuple(in_order))


def read(path: Path = TABLE) -> tuple[dict[str, Country], Country, dict[str, str]]:
    table = json.loads(path.read_text(encoding="utf-8"))
    countries = [country_from(code, entry) for code, entry in table["countries"].items()]
    by_name = sorted(countries, key=lambda country: country.name)
    elsewhere = country_from(UNKNOWN, table["international"])
    return {country.code: country for country in by_name}, elsewhere, table["languages"]


COUNTRIES, INTERNATIONAL, LANGUAGES = read()
COUNTRY_CHOICES = (*COUNTRIES.values(), INTERNATIONAL)


def country_get(code: str) -> Country | None:
    """The country with this code, or None where it is not in the table."""
    return INTERNATIONAL if code.upper() == UNKNOWN else COUNTRIES.get(code.upper())


def country_guess(accept_language: str) -> Country:
    """The country that a browser's languages point to; `INTERNATIONAL` where they point nowhere.

    A region decides (zh-TW, en-GB); without one a language does only if it is spoken in one country
    above all (ja, ko). A region that the table lacks is not replaced by the next language's.
    """
    for language, region in preferences(accept_language):
        code = region or LANGUAGES.get(language, "")
        if code:
            return replace(COUNTRIES.get(code, INTERNATIONAL), guessed=True)
    return replace(INTERNATIONAL, guessed=True)


def preferences(accept_language: str) -> list[tuple[str, str]]:
    """Language and region of each entry of an Accept-Language header, the most wanted first."""
    wanted: list[tuple[float, str, str]] = []
    for entry in accept_language[:400].lower().split(","):
        name, _, options = entry.partition(";")
        match = LANGUAGE_RANGE.match(name.strip().replace("_", "-"))
        if match is None:
            continue
        quality = re.fullmatch(r"\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*", options)
        weight = float(quality.group(1)) if quality else 1.0
        subtags = match.group(2).split("-")
        region = next((part.upper() for part in subtags if re.fullmatch("[a-z]{2}", part)), "")
        wanted.append((weight, match.group(1), region))
    ordered = sorted(wanted, key=lambda item: -item[0])
    return [(language, region) for weight, language, region in ordered if weight > 0]
