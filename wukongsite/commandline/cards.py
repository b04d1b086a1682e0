"""A care card as lines of a terminal: the words and numbers of the page, with a bar beside them."""

from __future__ import annotations

import shutil
import textwrap

from django.utils.translation import gettext

from chat.safety.cards import Card
from chat.safety.library.lines import Country
from chat.words.selectors import ShownLine, lines_of

BAR = "┃ "
WIDEST = 80


def card_lines(card: Card, country: Country) -> list[str]:
    """Heading, what to do in danger, words, help lines: in an emergency the number stands first."""
    shown = lines_of(country, country.lines_for(card.lines))
    danger = [f"{card.danger}: {' / '.join(country.emergency)}"]
    if country.code == "ZZ":
        danger.append(card.foot["anywhere"])
    words = [card.text, card.urge]
    urgent = card.key == "emergency"
    body = [card.heading, *(danger if urgent else []), *words, *([] if urgent else danger)]
    body += [help_line(one, card) for one in shown]
    if not all(one.confirmed_at for one in shown):
        body.append(card.foot["unconfirmed"])
    if country.guessed:
        body.append(card.foot["guessed"])
    return ["", *(BAR + row for text in body for row in wrapped(text, card.language)), ""]


def help_line(one: ShownLine, card: Card) -> str:
    """Name, numbers, address and hours; when an operator confirmed them, if one did."""
    line = one.line
    ways = [*line.phone, gettext(line.text) if line.text else "", line.web]
    text = f"• {line.name}: {' · '.join(filter(None, ways))}"
    if line.hours:
        text += f" ({gettext(line.hours)})"
    if one.confirmed_at:
        text += f" {card.foot['confirmed']} {one.confirmed_at:%Y-%m-%d}"
    return text


def wrapped(text: str, language: str) -> list[str]:
    """Rows that fit the terminal; Chinese takes two columns a sign."""
    columns = min(shutil.get_terminal_size().columns, WIDEST) - len(BAR)
    return textwrap.wrap(text, max(columns // (2 if language == "zh" else 1), 20)) or [""]
