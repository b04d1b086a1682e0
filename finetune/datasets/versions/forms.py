"""Forms of the dialogues page: which are wanted, tags, and one dialogue turn by turn."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from finetune.datasets.formats.beside import TAG_LETTERS, TAGS_MOST, is_tag
from finetune.datasets.formats.calls import TOOL_KEYS, of_tools
from finetune.datasets.read_as import WHO
from finetune.exceptions import StudioError

from .dialogues import LINES_MOST, Wanted

TURNS_MOST = 1000
PARTS = [
    ("", gettext_lazy("Both parts")),
    ("train", gettext_lazy("Training")),
    ("validation", gettext_lazy("Held out")),
]
OF_TURN = re.compile(r"message (\d+)")


class WantedForm(forms.Form):
    """Which dialogues are shown, from the address of the page."""

    q = forms.CharField(
        label=gettext_lazy("Search"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"type": "search", "dir": "auto", "autocomplete": "off"}),
    )
    part = forms.ChoiceField(label=gettext_lazy("Part"), choices=PARTS, required=False)
    tag = forms.CharField(
        label=gettext_lazy("Tag"),
        required=False,
        max_length=TAG_LETTERS,
        widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off"}),
    )
    lines = forms.CharField(label=gettext_lazy("Lines"), required=False, max_length=6000)

    def clean_lines(self) -> tuple[int, ...]:
        numbers = re.findall(r"[0-9]{1,12}", self.cleaned_data["lines"])[:LINES_MOST]
        return tuple(dict.fromkeys(map(int, numbers)))

    def wanted(self) -> Wanted:
        """What is asked for; a field that cannot be read asks for nothing."""
        self.is_valid()
        values = self.cleaned_data
        return Wanted(
            values.get("q", ""),
            values.get("tag", ""),
            values.get("part", ""),
            values.get("lines", ()),
        )


class TagsForm(forms.Form):
    """Tags as a person types them: with commas between."""

    tags = forms.CharField(
        label=gettext_lazy("Tags"),
        required=False,
        max_length=TAGS_MOST * (TAG_LETTERS + 2),
        help_text=gettext_lazy("Short words with commas between."),
        widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off"}),
    )

    def clean_tags(self) -> list[str]:
        typed = self.cleaned_data["tags"].replace("，", ",").split(",")
        tags = list(dict.fromkeys(one.strip() for one in typed if one.strip()))
        if len(tags) > TAGS_MOST or not all(map(is_tag, tags)):
            raise forms.ValidationError(
                _("At most %(most)s tags of up to %(letters)s letters.")
                % {"most": TAGS_MOST, "letters": TAG_LETTERS}
            )
        return tags


@dataclass
class TurnFields:
    """One turn of the form."""

    number: int
    role: str
    content: str
    learned: bool = True
    calls: str = ""  # of tools, or what a result answers, as JSON
    errors: list[str] = field(default_factory=list)


class TurnsForm:
    """One dialogue with a field for each turn; knows no more of it than what was typed."""

    @property
    def roles(self) -> list[tuple[str, Any]]:
        """Who may speak; a tool where one does."""
        tools = any(turn.calls or turn.role == "tool" for turn in self.turns)
        return [one for one in WHO.items() if tools or one[0] != "tool"]

    def __init__(self, turns: list[TurnFields]) -> None:
        self.turns = turns
        self.errors: list[str] = []

    @classmethod
    def of_messages(cls, messages: list[dict[str, Any]]) -> TurnsForm:
        return cls(
            [
                TurnFields(
                    number, one["role"], one["content"], bool(one.get("weight", 1)), calls_of(one)
                )
                for number, one in enumerate(messages, 1)
            ]
        )

    @classmethod
    def of_post(cls, values: Mapping[str, str]) -> TurnsForm:
        """What was sent; a browser writes line ends as on Windows, which nobody typed."""
        turns: list[TurnFields] = []
        while (name := f"content-{len(turns) + 1}") in values and len(turns) < TURNS_MOST:
            number = len(turns) + 1
            learned = f"learned-{number}" in values or f"unlearned-{number}" not in values
            content = values[name].replace("\r\n", "\n")
            role, calls = values.get(f"role-{number}", ""), values.get(f"calls-{number}", "")
            turns.append(TurnFields(number, role, content, learned, calls))
        return cls(turns)

    def add(self) -> None:
        """A further turn, by the side whose turn it is."""
        last = self.turns[-1].role if self.turns else "assistant"
        self.turns.append(
            TurnFields(len(self.turns) + 1, "user" if last == "assistant" else "assistant", "")
        )

    def remove(self, number: int) -> None:
        self.turns = [turn for turn in self.turns if turn.number != number]
        for at, turn in enumerate(self.turns, 1):
            turn.number = at

    def messages(self) -> list[dict[str, Any]]:
        """The turns as messages; a weight is written only where it says something.

        Raises:
            StudioError: what stands as JSON beside a turn is none.
        """
        return [
            {"role": turn.role, "content": turn.content}
            | calls_read(turn)
            | ({"weight": 0} if turn.role == "assistant" and not turn.learned else {})
            for turn in self.turns
        ]

    def refuse(self, message: str) -> None:
        """Put what is wrong beside the turn that it is about."""
        found = OF_TURN.search(message)
        number = int(found[1]) if found else 0
        if 0 < number <= len(self.turns):
            self.turns[number - 1].errors.append(message)
        else:
            self.errors.append(message)


def calls_of(message: Mapping[str, Any]) -> str:
    """What a turn says of tools, as JSON; empty where it says nothing of them."""
    kept = of_tools(message)
    return json.dumps(kept, ensure_ascii=False, indent=1) if kept else ""


def calls_read(turn: TurnFields) -> dict[str, Any]:
    """The keys that were typed beside a turn. Raises StudioError: they are no JSON object."""
    if not turn.calls.strip():
        return {}
    try:
        value = json.loads(turn.calls)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict) or not value.keys() <= set(TOOL_KEYS):
        raise StudioError(
            _(
                "message %(number)s: what is said of tools is no JSON object with these "
                "keys: %(keys)s."
            )
            % {"number": turn.number, "keys": ", ".join(TOOL_KEYS)},
            code="invalid_dialogue",
        )
    return value
