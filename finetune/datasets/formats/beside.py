"""What may stand beside a dialogue or a pair in our own forms: tags, the person, its source.

Each is taken only in the form in which versions write it, so that an upload's key of the same name
with something else in it is still named as not used.
"""

from __future__ import annotations

import re
from typing import Any

from .calls import tools_listed
from .form import Columns, Format, Record
from .turns import EMPTY

OWN = ("openai", "trl_preference")  # the forms in which versions are written
TAGS_MOST = 20
TAG_LETTERS = 40
PERSON_LETTERS = 200
SOURCE = re.compile(r"line [0-9]+ of version [0-9]+")


def beside(record: Record) -> dict[str, Any]:
    """Return what is kept of it with the dialogue.

    >>> beside({"messages": [], "tags": ["sleep"], "source": "Reddit"})
    {'tags': ['sleep']}
    """
    kept: dict[str, Any] = {}
    if are_tags(record.get("tags")):
        kept["tags"] = record["tags"]
    person = record.get("person")
    if isinstance(person, str) and 0 < len(person) <= PERSON_LETTERS and person.isprintable():
        kept["person"] = person
    source = record.get("source")
    if isinstance(source, str) and SOURCE.fullmatch(source):
        kept["source"] = source
    return kept


def kept_beside(form: Format, record: Record, columns: Columns) -> dict[str, Any]:
    """Return what is kept with a record's messages: what our own forms have there, a table's
    person, and the tools that may be called."""
    kept: dict[str, Any] = {}
    if form.name in OWN:
        kept = beside(record)
    elif (person := record.get(columns.get("person", ""))) not in EMPTY:
        kept = beside({"person": str(person).strip()})
    if form.tools and (tools := tools_listed(form.tools_place(record).get("tools"))) is not None:
        kept["tools"] = tools
    return kept


def are_tags(value: Any) -> bool:
    """Whether it is a list of a few short texts, each once."""
    return (
        isinstance(value, list)
        and 0 < len(value) <= TAGS_MOST
        and all(is_tag(one) for one in value)
        and len(set(value)) == len(value)
    )


def is_tag(value: Any) -> bool:
    """Whether it is a short text on one line without a comma."""
    return (
        isinstance(value, str)
        and 0 < len(value) <= TAG_LETTERS
        and value.isprintable()
        and value == value.strip()
        and "," not in value
    )
