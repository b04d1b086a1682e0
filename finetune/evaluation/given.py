"""Cases that a person hands in with an evaluation: one small file, kept in its folder."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from django.utils.translation import gettext as _

from finetune.datasets.services import NAME_LENGTH, safe_filename
from finetune.exceptions import StudioError
from finetune.files import json_lines, write_whole
from finetune.text import text_problem

from .process.order import CASES, SUFFIXES

MOST_BYTES = 500_000


@dataclass(frozen=True)
class Given:
    """A file that was handed in.

    Attributes:
        name: as the person calls it; it is shown, never opened.
        suffix: one of `SUFFIXES`, which tells the form.
        text: what it holds.
    """

    name: str
    suffix: str
    text: str

    def write(self, folder: Path) -> None:
        """Put it into an evaluation's folder."""
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(folder / f"{CASES}{self.suffix}", self.text)


def given_read(name: str, content: bytes) -> Given:
    """Take in a file of cases; what it asks for is read by the worker.

    Raises:
        StudioError: it is empty, too large, of another kind, or no text.
    """
    name = safe_filename(name)
    suffix = PurePosixPath(name).suffix.lower()
    if suffix not in SUFFIXES:
        raise refused(
            _("%(name)s is none of these: %(kinds)s. Its ending says which form it has.")
            % {"name": name, "kinds": ", ".join(SUFFIXES)}
        )
    if not content.strip():
        raise refused(_("%(name)s is empty.") % {"name": name})
    if len(content) > MOST_BYTES:
        raise refused(
            _("%(name)s has %(size)d kB; the limit is %(limit)d kB.")
            % {"name": name, "size": len(content) // 1000, "limit": MOST_BYTES // 1000}
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise refused(_("%(name)s is no text in UTF-8.") % {"name": name}) from None
    if text_problem(text):
        raise refused(_("%(name)s is no text in UTF-8.") % {"name": name})
    if suffix in (".json", ".jsonl"):
        json_check(name, text, lines=suffix == ".jsonl")
    return Given(name[:NAME_LENGTH], suffix, text)


def json_check(name: str, text: str, *, lines: bool) -> None:
    """Refuse what is no JSON at once, with its line. YAML takes longer: the worker reads it."""
    rows = json_lines(text) if lines else [text]
    for number, row in enumerate(rows, start=1):
        try:
            if row.strip():
                json.loads(row)
        except (ValueError, RecursionError) as error:
            words = _("%(name)s, line %(line)d is no JSON: %(why)s")
            at = number if lines else getattr(error, "lineno", 1)
            raise refused(words % {"name": name, "line": at, "why": error}) from None


def refused(message: str) -> StudioError:
    return StudioError(message, code="invalid_value", field="cases")
