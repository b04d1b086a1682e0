"""Numbers of persons and of their accounts, by their check digits (python-stdnum)."""

# A pattern reads better whole than broken.
# ruff: noqa: E501

from __future__ import annotations

import re
from collections.abc import Iterator

from stdnum import iban, luhn
from stdnum.cn import ric
from stdnum.de import idnr
from stdnum.fr import nir
from stdnum.us import ssn

CHINA = re.compile(r"(?<![\dA-Za-z])\d{17}[\dXx](?![\dA-Za-z])")
UNITED_STATES = re.compile(r"(?<![\d-])\d{3}-\d{2}-\d{4}(?![\d-])")
# HMRC's rule: letters that are not given out, and prefixes that are not.
BRITAIN = re.compile(
    r"(?<![A-Z0-9])(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]"
    r" ?\d{2} ?\d{2} ?\d{2} ?[A-D](?![A-Z0-9])"
)
GERMANY = re.compile(r"(?<!\d)[1-9]\d ?\d{3} ?\d{3} ?\d{3}(?!\d)")
GERMAN_WORDS = re.compile(r"steuer|idnr|tax\s*(?:id|number)|identifikationsnummer", re.IGNORECASE)
FRANCE = re.compile(r"(?<!\d)[12] ?\d{2} ?\d{2} ?\d[\dAB] ?\d{3} ?\d{3} ?\d{2}(?!\d)")
ACCOUNT = re.compile(
    r"(?<![A-Z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?![A-Z0-9])"
)
CARD = re.compile(
    r"(?<![\d-])[3-6]\d{3}(?:[ -]?\d{4}){2}[ -]?\d{1,4}(?![\d-])|(?<!\d)3[47]\d{2} \d{6} \d{5}(?!\d)"
)
NEAR = 60


def identities(text: str) -> Iterator[tuple[int, int]]:
    """National ids of China, the United States, Britain, Germany and France, and IBANs."""
    if sum(sign.isdigit() for sign in text) < 6:
        return
    for pattern, valid in (
        (CHINA, ric.is_valid),
        (UNITED_STATES, ssn.is_valid),
        (FRANCE, nir.is_valid),
        (ACCOUNT, iban.is_valid),
    ):
        yield from (found.span() for found in pattern.finditer(text) if valid(found.group()))
    yield from (found.span() for found in BRITAIN.finditer(text))
    for found in GERMANY.finditer(text):  # one digit of check in eleven: a word has to name it
        before = text[max(0, found.start() - NEAR) : found.start()]
        if GERMAN_WORDS.search(before) and idnr.is_valid(found.group()):
            yield found.span()


def cards(text: str) -> Iterator[tuple[int, int]]:
    """Credit cards: as many digits as they have, and a check digit that is right."""
    for found in CARD.finditer(text):
        digits = re.sub(r"\D", "", found.group())
        if 14 <= len(digits) <= 16 and luhn.is_valid(digits) and len(set(digits)) > 1:
            yield found.span()
