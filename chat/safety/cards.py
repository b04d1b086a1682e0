"""The care cards: reviewed words in three languages, by key. Their numbers are in the table.

A card validates, asks openly, and urges both a professional and a person one trusts. It never
diagnoses, never blames and never ends the conversation. Its words are in
`library/words/cards.json`; whoever changes one raises the version of that card.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

KEYS = (
    "emergency", "suicide", "self_harm", "harm_to_others", "abuse", "somebody_else", "eating",
    "psychosis",
)  # fmt: skip
WORDS = Path(__file__).parent / "library" / "words" / "cards.json"
HAN = re.compile(r"[\u3400-\u9fff]")
INDONESIAN = re.compile(r"\b(?:aku|nggak|yang|udah|banget|saya|tidak|gak|dari|buat)\b")


@dataclass(frozen=True)
class Card:
    """What is shown above a reply. `lines` says which numbers of a country come first.

    `foot` has the notes on the numbers: confirmed, unconfirmed, guessed, anywhere.
    """

    key: str
    language: str
    version: int
    heading: str
    text: str
    urge: str
    danger: str
    foot: Mapping[str, str] = field(default_factory=dict, hash=False)

    @property
    def lines(self) -> str:
        return "abuse" if self.key == "abuse" else "crisis"


def read(path: Path = WORDS) -> dict[tuple[str, str], Card]:
    table = json.loads(path.read_text(encoding="utf-8"))
    shared = {
        language: {"danger": table["danger"][language], "foot": table["foot"][language]}
        for language in table["danger"]
    }
    cards = [Card(**entry, **shared[entry["language"]]) for entry in table["cards"]]
    return {(card.key, card.language): card for card in cards}


CARDS = read()


def card_get(key: str, language: str = "en") -> Card:
    """The card with this key, in English where the language is not there."""
    if key not in KEYS:
        raise KeyError(f"There is no card {key!r}. Known: {', '.join(KEYS)}.")
    return CARDS.get((key, language)) or CARDS[key, "en"]


def language_of(text: str) -> str:
    """The language of the card for this text: zh, id or en."""
    if len(HAN.findall(text)) >= 2:
        return "zh"
    return "id" if len(INDONESIAN.findall(text.lower())) >= 2 else "en"
