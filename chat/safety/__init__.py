"""The safety seam: one function (`assess`) and one shelf of reviewed words (`library`).

Knows text only: no database, no request, no model. The chat page, the websocket and the REST
endpoint call the same function; a classifier can join the rules behind it without touching them.
"""

from .assessment import Assessment, assess
from .cards import CARDS, Card, card_get
from .library import COUNTRIES, Country, country_get

__all__ = [
    "CARDS",
    "COUNTRIES",
    "Assessment",
    "Card",
    "Country",
    "assess",
    "card_get",
    "country_get",
]
