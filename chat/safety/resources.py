"""Reads `resources.json`, the one table of help lines: country, lines, hours, when verified."""

import json
from dataclasses import dataclass
from pathlib import Path

TABLE = Path(__file__).with_name("resources.json")


@dataclass(frozen=True)
class Line:
    """One help line. `kind` is crisis (for anything) or abuse."""

    name: str
    kind: str
    hours: str
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
    countries = {}
    for code, entry in table["countries"].items():
        lines = tuple(
            Line(
                name=line["name"],
                kind=line.get("kind", "crisis"),
                hours=line["hours"],
                phone=tuple(line.get("phone", ())),
                text=line.get("text", ""),
                web=line.get("web", ""),
            )
            for line in entry["lines"]
        )
        countries[code] = Country(
            code,
            entry["name"],
            tuple(entry["emergency"]),
            tuple(line for line in lines if line.kind == "crisis")
            + tuple(line for line in lines if line.kind == "abuse"),
            entry.get("verified_on", table["verified_on"]),
            entry.get("note", table["note"]),
        )
    return dict(sorted(countries.items(), key=lambda item: item[1].name))


COUNTRIES = read()


def country_get(code: str) -> Country | None:
    """The country with this code, or None where it is unknown or not chosen."""
    return COUNTRIES.get(code.upper())
