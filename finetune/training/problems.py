"""What is wrong with a run's settings, as data: each edge says it in its own way.

Knows nothing of torch or Django, and nothing of where a setting came from.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticCustomError

from quantum.exceptions import OptionError
from quantum.options import OptionField, validate_options

HALF_CHARACTER = "must be valid text; it holds half of a character (or bytes that are not UTF-8)"
COMPLAINTS: dict[Any, str] = {
    str: "must be text",
    int: "must be a whole number",
    float: "must be a number",
    list: "must be a list of texts",
    dict: "must be an object of options",
}
BOUNDS = {
    "greater_than": ("gt", "must be greater than"),
    "greater_than_equal": ("ge", "must be at least"),
    "less_than_equal": ("le", "must be at most"),
}


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong.

    Attributes:
        field: the setting, or what else a person chose, such as "base".
        text: what is wrong and what would do, without a name before it.
        option: the option of the adapter or the backend, where the setting holds options.
    """

    field: str
    text: str
    option: str = ""

    @property
    def place(self) -> str:
        """Where it stands in the settings, for example “adapter_options.r”."""
        return f"{self.field}.{self.option}" if self.option else self.field

    @property
    def words(self) -> str:
        """The text, after the option's name."""
        return f"{self.option}: {self.text}" if self.option else self.text

    def __str__(self) -> str:
        return f"{self.field}: {self.words}"

    @classmethod
    def of_option(cls, field: str, error: OptionError) -> Problem:
        """Put what an option's own check says beside the setting that holds it, or the layers."""
        if error.field == "targets":
            return cls("targets", error.words)
        return cls(field, error.words, error.field)


class Unusable(PydanticCustomError):
    """Raised in a validator: carries problems, or a sentence about the field, through pydantic."""

    def __new__(cls, text: str = "", *problems: Problem) -> Unusable:
        return super().__new__(cls, "unusable", "{text}", {"text": text, "problems": problems})


def problems_of(error: ValidationError, model: type[BaseModel]) -> tuple[Problem, ...]:
    """Return pydantic's errors in our words, one for each field or option."""
    found: dict[str, Problem] = {}
    for item in error.errors(include_url=False):
        context = item.get("ctx", {})
        field = str(item["loc"][0]) if item["loc"] else ""
        given = context.get("problems") or (Problem(field, _words(item, field, model)),)
        for problem in given:
            found.setdefault(problem.place, problem)
    return tuple(found.values())


def texts_in(value: Any) -> Iterator[str]:
    """Yield every text in a value, at any depth."""
    left = [value]
    while left:
        item = left.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, Mapping):
            left += [*item, *item.values()]
        elif isinstance(item, list | tuple):
            left += item


def options_parsed(
    field: str, known: tuple[OptionField, ...], given: dict[str, Any]
) -> dict[str, Any]:
    """Return the given options in their types. Raises Unusable, which tells of every wrong one."""
    parsed: dict[str, Any] = {}
    problems = []
    for name, value in given.items():
        try:
            if name == "backend":
                parsed[name] = value  # older files have it here too: `conflicts` compares them
            elif value is not None:
                parsed[name] = validate_options(known, {name: value})[name]
        except OptionError as error:
            problems.append(Problem.of_option(field, error))
    if problems:
        raise Unusable("", *problems)
    return parsed


def _words(item: Any, field: str, model: type[BaseModel]) -> str:
    kind, context = item["type"], item.get("ctx", {})
    if kind == "unusable":
        return str(context["text"])
    if kind == "extra_forbidden":
        return f"unknown setting; known: {', '.join(sorted(model.model_fields))}"
    if kind == "string_unicode":
        return HALF_CHARACTER
    if kind == "finite_number":
        return "must be a finite number"
    if kind in BOUNDS:
        bound, words = BOUNDS[kind]
        return f"{words} {context[bound]:g}"
    wanted = model.model_fields[field].annotation
    complaint = COMPLAINTS[get_origin(wanted) or wanted]
    return complaint if len(item["loc"]) > 1 else f"{complaint}, not {item['input']!r:.60}"
