"""Every form by its name, in the order in which a record is compared with them."""

from __future__ import annotations

from collections.abc import Iterator

from finetune.datasets.reading.exceptions import DatasetRefused

from .alpaca import ALPACA
from .apis.gemini import GEMINI
from .apis.openai import BATCH, MESSAGES
from .beside import OWN, beside
from .calls import RESULT_ROLES, tools_listed
from .form import Columns, Format, Record
from .lists import EXCHANGES, TEXTS, TURNS
from .preference import ANTHROPIC_HH, OPENAI_DPO, TRL_PREFERENCE
from .published.chatgpt import CHATGPT
from .published.cpsycoun import CPSYCOUN
from .published.esconv import ESCONV
from .published.oasst import OASST
from .sharegpt import SHAREGPT
from .table import TABLE
from .texts.exported import EXPORTED
from .texts.marked import MARKED
from .texts.transcript import TRANSCRIPT
from .trl import TRL
from .turns import EMPTY, listed

_ALL = (
    *(OPENAI_DPO, ANTHROPIC_HH, TRL_PREFERENCE),
    *(MESSAGES, SHAREGPT, ESCONV, CPSYCOUN, GEMINI, OASST, TRL, BATCH, ALPACA, TABLE),
    *(TURNS, EXCHANGES, TEXTS, CHATGPT, EXPORTED, MARKED, TRANSCRIPT),
)
# Those that most people have, as they are shown to somebody who brings data.
USUAL = (MESSAGES, SHAREGPT, ALPACA, TABLE, TRANSCRIPT, TRL_PREFERENCE)
FORMATS: dict[str, Format] = {form.name: form for form in _ALL}


def get_format(name: str) -> Format:
    """Return a format by name. Raises DatasetRefused, code `unknown_format`, listing them."""
    if name not in FORMATS:
        raise DatasetRefused(
            "unknown_format", f"There is no format {name!r}.", f"Known: {', '.join(FORMATS)}."
        )
    return FORMATS[name]


def detect(record: Record) -> Format | None:
    """Return the format a record looks like, or None."""
    return next((form for form in FORMATS.values() if form.matches(record)), None)


def unused(form: Format, record: Record, columns: Columns) -> Iterator[str]:
    """Yield the keys of a record, and of its turns as `list[].key`, that no message is made of.

    One that holds nothing is not worth a word.
    """
    keys = [*form.keys, *([form.dialogue_key(record)] if form.dialogue_key else [])]
    used = {
        *keys,
        *(form.sides(record) if form.sides else ()),
        *(columns.values() if form.name == "table" else ()),
    }
    if form.name in OWN:
        used |= beside(record).keys()
    if form.tools and tools_listed(form.tools_place(record).get("tools")) is not None:
        used.add("tools")
    for key, value in record.items():
        blank = isinstance(value, str) and not value.strip()
        if key not in used and not blank and value not in EMPTY:
            yield key
    for name in form.keys if form.inner_keys else ():
        inner = record.get(name)
        for key, value in inner.items() if isinstance(inner, dict) else ():
            if key not in form.inner_keys and value not in EMPTY:
                yield f"{name}.{key}"
    for name in keys if form.turn_keys else ():
        turns = listed(record.get(name))
        if not isinstance(turns, list):
            continue
        objects = [turn for turn in turns if isinstance(turn, dict)]
        for key in dict.fromkeys(key for turn in objects for key in turn):
            known = key in form.turn_keys
            if not known and any(_says(turn, key, form.tools) for turn in objects):
                yield f"{name}[].{key}"


def _says(turn: Record, key: str, tools: bool) -> bool:
    """Whether a turn has something under a key; a tool's name is kept where tools are."""
    named = tools and key == "name" and turn.get("role") in RESULT_ROLES
    return turn.get(key) not in EMPTY and not named
