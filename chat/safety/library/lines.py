"""Reads `lines.json`, the one table of help lines: country, lines, hours, when verified."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TABLE = Path(__file__).with_name("lines.json")


@dataclass(frozen=True)
class Line:
    """One help line. `kind` is crisis (for anything) or abuse."""

    name: str
    hours: str
    kind: str = "crisis"
    phone: tuple[str, ...] = ()
    text: str = ""
    web: str = ""

    @property
    def dial(self) -> tuple[tuple[str, str], ...]:
        """Each number as shown, and as a telephone takes it."""
        return tuple(
            (number, "".join(sign for sign in number if sign.isdigit() or sign == "+"))
            for number in self.phone
        )


@dataclass(frozen=True)
class Country:
    """The lines of one country and its emergency numbers."""

    code: str
    name: str
    emergency: tuple[str, ...]
    lines: tuple[Line, ...]
    verified_on: str
    note: str = ""

    def lines_for(self, kind: str) -> tuple[Line, ...]:
        """Lines of this kind first; the others follow, because they listen to anything."""
        return tuple(sorted(self.lines, key=lambda line: line.kind != kind))


def read(path: Path = TABLE) -> dict[str, Country]:
    table = json.loads(path.read_text(encoding="utf-8"))
    countries = [
        Country(
            code,
            entry["name"],
            tuple(entry["emergency"]),
            tuple(sorted(map(line_of, entry["lines"]), key=lambda line: line.kind == "abuse")),
            entry.get("verified_on", table["verified_on"]),
            entry.get("note", table["note"]),
        )
        for code, entry in table["countries"].items()
    ]
    return {country.code: country for country in sorted(countries, key=lambda each: each.name)}


def line_of(entry: dict[str, Any]) -> Line:
    return Line(**entry | {"phone": tuple(entry.get("phone", ()))})


COUNTRIES = read()


def country_get(code: str) -> Country | None:
    """The country with this code, or None where it is unknown or not chosen."""
    return COUNTRIES.get(code.upper())
