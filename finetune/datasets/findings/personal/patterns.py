"""What personal data looks like, in English and Chinese text: a finder for each kind.

Precision before recall: a mask that stands in the wrong place spoils a dialogue, and nobody should
take a file without findings for one without personal data. What is missed is said in docs/data.md.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator

import phonenumbers
from phonenumbers import Leniency, PhoneNumberMatcher, PhoneNumberType

from .identities import cards, identities
from .names import names

Span = tuple[int, int]
Finder = Callable[[str], Iterator[Span]]
HAN = re.compile(r"[\u3400-\u9fff]")
DIGITS = re.compile(r"\d(?:[\s().+-]*\d){6}")
EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,24}(?![\w-])")
MOBILE_CHINA = re.compile(r"(?<!\d)(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}(?!\d)")
NUMBER_4 = re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])")
NUMBER_6 = re.compile(r"(?<![\w:])(?:[0-9a-f]{1,4}:){4,7}[0-9a-f]{1,4}(?![\w:])", re.IGNORECASE)
VERSION = re.compile(r"(?:version|ver\.?|release|v|版本)\s*$", re.IGNORECASE)
PROFILE = re.compile(
    r"(?<![\w.-])(?:https?://)?(?:www\.)?"
    r"(?:(?:twitter|x|instagram|facebook|tiktok|github|weibo)\.com/|t\.me/|linkedin\.com/in/|reddit\.com/u(?:ser)?/|medium\.com/@)"
    r"(?!(?:share|search|home|login|watch|about|pages|groups|hashtag|intent)\b)@?[\w.-]{3,40}",
    re.IGNORECASE,
)
WITH_USER = re.compile(r"\bhttps?://[^\s/@:]+(?::[^\s/@]+)?@[^\s/]+")
ACCOUNT = re.compile(
    r"(?:微信号?|加微|wechat(?: id)?|weixin|(?<![a-z])vx|qq号?)\s*(?:是|为|is)?\s*[::：]?\s*"
    r"(?P<id>[A-Za-z][-_A-Za-z0-9]{5,19}|[1-9]\d{5,10})(?![\w@.])",
    re.IGNORECASE,
)
STREET = re.compile(
    r"(?<![\w$£€.,])\d{1,5}[A-Za-z]?,?\s+(?:(?:North|South|East|West|[NSEW])\.?\s+)?"
    r"(?:[A-Z][A-Za-z'’]+\s+){1,3}"
    r"(?:Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Lane|Ln|Drive|Dr|Court|Ct|Crescent|Terrace"
    r"|Square|Parkway|Highway)\b\.?(?:,?\s+(?:Apt|Apartment|Suite|Unit|Flat|#)\.?\s*\w+)?"
)
SIGN = r"(?:(?![我你他她在住于到是从去])[\u4e00-\u9fff])"
STREET_CHINA = re.compile(
    rf"(?:{SIGN}{{2,8}}(?:省|市|自治区|县|区)){{0,3}}{SIGN}{{2,10}}?(?:路|街|大道|巷|胡同|弄)"
    r"\s*\d{1,5}\s*(?:号|弄)(?:\s*院)?(?:\s*\d{1,4}\s*(?:号楼|栋|幢|单元|室|楼)){0,4}"
)
NOBODYS = {  # a line of an office or of help for everybody, nobody's own
    PhoneNumberType.TOLL_FREE,
    PhoneNumberType.PREMIUM_RATE,
    PhoneNumberType.SHARED_COST,
    PhoneNumberType.UAN,
    PhoneNumberType.VOICEMAIL,
}


def by(pattern: re.Pattern[str], group: str | int = 0) -> Finder:
    def find(text: str) -> Iterator[Span]:
        return (found.span(group) for found in pattern.finditer(text))

    return find


def emails(text: str) -> Iterator[Span]:
    return by(EMAIL)(text) if "@" in text else iter(())


def phones(text: str) -> Iterator[Span]:
    """Numbers that a country gives out; without a country's code those of China in Chinese text, of
    the United States elsewhere."""
    if not DIGITS.search(text):
        return
    yield from by(MOBILE_CHINA)(text)
    region = "CN" if HAN.search(text) else "US"
    for match in PhoneNumberMatcher(text, region, leniency=Leniency.STRICT_GROUPING):
        international = match.raw_string.lstrip().startswith("+")
        grouped = any(sign in match.raw_string for sign in " -().")
        if (international or grouped) and phonenumbers.number_type(match.number) not in NOBODYS:
            yield match.start, match.end


def addresses_of_machines(text: str) -> Iterator[Span]:
    for pattern in (NUMBER_4, NUMBER_6):
        for found in pattern.finditer(text):
            if VERSION.search(text[: found.start()]):
                continue
            try:
                address = ipaddress.ip_address(found.group())
            except ValueError:
                continue
            if address.is_global:
                yield found.span()


def accounts(text: str) -> Iterator[Span]:
    yield from by(WITH_USER)(text)
    yield from by(PROFILE)(text)
    yield from by(ACCOUNT, "id")(text)


def streets(text: str) -> Iterator[Span]:
    if any(sign.isdigit() for sign in text):
        yield from by(STREET)(text)
        if HAN.search(text):
            yield from by(STREET_CHINA)(text)


FINDERS: dict[str, Finder] = {
    "EMAIL": emails,
    "ACCOUNT": accounts,
    "ID": identities,
    "CARD": cards,
    "PHONE": phones,
    "IP": addresses_of_machines,
    "ADDRESS": streets,
    "NAME": names,
}
