"""What may stand beside a dialogue in our own form: tags, the person, tools, where it comes from.

Each is taken only in the form in which versions write it, so that an upload's key of the same name
with something else in it is still named as not used.
"""

from __future__ import annotations

import re
from typing import Any

from .calls import tools_listed
from .form import Record

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
    if (tools := tools_listed(record.get("tools"))) is not None:
        kept["tools"] = tools
    source = record.get("source")
    if isinstance(source, str) and SOURCE.fullmatch(source):
        kept["source"] = source
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
