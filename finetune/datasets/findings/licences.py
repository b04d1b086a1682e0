"""Licences of data, and which of them leave no commercial use.

Names are those of the SPDX list where it has one (https://spdx.org/licenses/).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy


@dataclass(frozen=True)
class Licence:
    """One choice.

    Attributes:
        title: what people call it.
        commercial: whether it may be used for profit; None where nobody knows.
    """

    title: str | Promise
    commercial: bool | None = True


LICENCES: dict[str, Licence] = {
    "own": Licence(gettext_lazy("Own data, consent given"), None),
    "CC0-1.0": Licence("CC0 1.0"),
    "CC-BY-4.0": Licence("CC BY 4.0"),
    "CC-BY-SA-4.0": Licence("CC BY-SA 4.0"),
    "CC-BY-ND-4.0": Licence("CC BY-ND 4.0"),
    "CC-BY-NC-4.0": Licence("CC BY-NC 4.0", False),
    "CC-BY-NC-SA-4.0": Licence("CC BY-NC-SA 4.0", False),
    "CC-BY-NC-ND-4.0": Licence("CC BY-NC-ND 4.0", False),
    "MIT": Licence("MIT"),
    "Apache-2.0": Licence("Apache 2.0"),
    "BSD-3-Clause": Licence("BSD 3-Clause"),
    "ODC-By-1.0": Licence("ODC-By 1.0"),
    "ODbL-1.0": Licence("ODbL 1.0"),
    "CDLA-Permissive-2.0": Licence("CDLA Permissive 2.0"),
    "research-only": Licence(gettext_lazy("For research only"), False),
    "other": Licence(gettext_lazy("Another one"), None),
}
NOT_COMMERCIAL = re.compile(
    r"\bnc\b|cc[ -]by[ -]nc|non[ -]?commercial|research(?: use)? only|非商业|仅供研究|仅限研究",
    re.IGNORECASE,
)


def is_non_commercial(tag: str, text: str) -> bool:
    """Whether data may not be used for profit, by its tag, or else by what somebody wrote.

    >>> is_non_commercial("", "CC BY-NC 4.0"), is_non_commercial("MIT", "")
    (True, False)
    """
    known = LICENCES.get(tag)
    if known is not None and known.commercial is not None:
        return not known.commercial
    return bool(NOT_COMMERCIAL.search(text))


def licence_words(tag: str, text: str) -> str:
    """A licence in words: its name, and what somebody wrote beside it."""
    title = str(LICENCES[tag].title) if tag in LICENCES and tag != "other" else ""
    return ", ".join(dict.fromkeys(part for part in (title, text) if part))
