"""A data set's report in the form that its page shows: bars, shares, kinds and bubbles."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .containers import left_summary
from .formats.form import PREFERENCE
from .models import Dataset
from .previews import Preview, preview_of
from .read_as import WHO, ReadAs
from .words import PAIR_WORDS

WIDTH, HEIGHT, FOOT, TOP = 640, 180, 26, 10  # of the histogram's drawing
UNUSED_SHOWN = 12
WORDS = PAIR_WORDS | {
    "duplicate": gettext_lazy("twice, letter by letter"),
    "near_duplicate": gettext_lazy("nearly the same words"),
    "control_token": gettext_lazy("control tokens as text"),
    "open_quote": gettext_lazy("quotation mark not closed"),
    "stray_quote": gettext_lazy("quotation mark inside a cell"),
    "rows_in_a_cell": gettext_lazy("rows inside a cell"),
    "another_system": gettext_lazy("another instruction"),
    "later_system": gettext_lazy("instruction behind the first turn"),
    "misplaced_system": gettext_lazy("more than one instruction"),
    "invalid_weight": gettext_lazy("weight neither 0 nor 1"),
    "invalid_unicode": gettext_lazy("half a character"),
    "duplicate_key": gettext_lazy("key twice"),
    "too_many_turns": gettext_lazy("too many turns"),
    "formula": gettext_lazy("cell like a formula"),
    "line_too_long": gettext_lazy("line too long"),
    "null_bytes": gettext_lazy("null bytes"),
    "invalid_encoding": gettext_lazy("bytes that are no characters"),
    "invalid_json": gettext_lazy("not JSON"),
    "spreadsheet_error": gettext_lazy("cell without a value"),
    "invalid_csv": gettext_lazy("not a CSV row"),
    "too_deep": gettext_lazy("nested too deep"),
    "data_type": gettext_lazy("wrong type"),
    "missing_messages_list": gettext_lazy("no list of messages"),
    "message_missing_key": gettext_lazy("turn without a part"),
    "message_unrecognized_key": gettext_lazy("unknown part in a turn"),
    "unrecognized_role": gettext_lazy("unknown role"),
    "missing_content": gettext_lazy("turn without text"),
    "example_missing_assistant_message": gettext_lazy("no assistant turn"),
    "group_not_together": gettext_lazy("conversation in pieces"),
    "missing_marks": gettext_lazy("text without marks"),
    "text_between_turns": gettext_lazy("words outside the turns"),
    "too_many_speakers": gettext_lazy("more than two speakers"),
    "media_left_out": gettext_lazy("pictures and notices left out"),
}


@dataclass(frozen=True)
class Bar:
    """One bin of the histogram, with the box of its bar in the drawing."""

    low: int
    high: int
    count: int
    x: float
    y: float
    width: float
    height: float

    @property
    def label(self) -> str:
        return str(self.low) if self.low == self.high else f"{self.low}–{self.high}"


class ReportView(ReadAs):
    """What the pages need from `Dataset.report`, which is empty until the first check has ended."""

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        self.report: dict[str, Any] = dataset.report or {}

    def number(self, name: str) -> int:
        return int(self.report.get(name) or 0)

    @property
    def dialogues(self) -> int:
        return self.number("dialogues")

    @property
    def pairs(self) -> bool:
        return self.dataset.kind == PREFERENCE

    @property
    def turns(self) -> int:
        return self.number("turns")

    @property
    def tokens(self) -> int:
        return self.number("tokens")

    @property
    def duplicates(self) -> int:
        return self.number("duplicates")

    @property
    def near_duplicates(self) -> int:
        return self.number("near_duplicates")

    @property
    def starts_with_assistant(self) -> int:
        return self.number("starts_with_assistant")

    @property
    def ends_with_user(self) -> int:
        return self.number("ends_with_user")

    @property
    def unused(self) -> list[dict[str, Any]]:
        """Keys that no message is made of, with the records in which they hold something."""
        return list(self.report.get("unused") or [])

    @property
    def unused_shown(self) -> list[dict[str, Any]]:
        return self.unused[:UNUSED_SHOWN]

    @property
    def unused_more(self) -> int:
        return max(0, len(self.unused) - UNUSED_SHOWN)

    @property
    def summary(self) -> str:
        """What was not used, or deserves a look, in a few words; empty where all is well."""
        left_out = {"with problems": self.number("errors"), "exact duplicates": self.duplicates}
        counted = [f"{count:,} ({why})" for why, count in left_out.items() if count]
        parts = [f"Left out: {', '.join(counted)}."] if counted else []
        if self.beside:
            parts.append(f"Beside the list of records, not used: {', '.join(self.beside)}.")
        if self.assistant and self.guessed:
            parts.append(f"Taken for the assistant: {self.assistant}.")
        if self.unused:
            keys = ", ".join(f"{one['key']} ({one['records']:,})" for one in self.unused_shown)
            more = f" and {self.unused_more} more" if self.unused_more else ""
            parts.append(f"Keys that were not used, with their records: {keys}{more}.")
        parts += filter(None, [left_summary(self.report)])
        remarks = self.number("warnings") - self.duplicates
        if remarks > 0:
            parts.append(f"Remarks on the data page: {remarks:,}.")
        return " ".join(parts)

    @property
    def train(self) -> int:
        return int((self.report.get("train") or {}).get("dialogues", 0))

    @property
    def validation(self) -> int:
        return int((self.report.get("validation") or {}).get("dialogues", 0))

    @property
    def turns_per_dialogue(self) -> float | None:
        return self.turns / self.dialogues if self.dialogues else None

    @property
    def tokens_note(self) -> str:
        if self.report.get("tokens_estimated"):
            return _("estimated from the size")
        return (
            _("%(tokens)s per dialogue") % {"tokens": f"{round(self.tokens / self.dialogues):,}"}
            if self.dialogues
            else ""
        )

    @property
    def format_title(self) -> str:
        return str(self.report.get("format_title") or "")

    @property
    def seed(self) -> int:
        return self.number("seed")

    @property
    def fraction(self) -> float:
        return float(self.report.get("validation_fraction") or 0)

    @property
    def all_alike(self) -> bool:
        """Whether nothing could be held out, because every dialogue is nearly like the others."""
        return bool(self.fraction and self.dialogues and not self.validation)

    @property
    def left_out(self) -> int:
        """Lines that are in neither part: those with errors and those that stand twice."""
        return self.number("errors") + self.duplicates

    @property
    def problem_total(self) -> int:
        return self.number("errors") + self.number("warnings")

    @property
    def problem_lines(self) -> int:
        """Lines of the problems file, which is there only for a file that was read to its end."""
        if self.dataset.state == Dataset.State.READY:
            return self.problem_total
        return len(self.kept_problems)

    @property
    def kept_problems(self) -> list[dict[str, Any]]:
        """The first problems, which the report holds itself."""
        return list(self.report.get("problems") or [])

    @property
    def problem_kinds(self) -> list[dict[str, Any]]:
        counts = self.report.get("problem_counts") or {}
        return [
            {"words": WORDS.get(check, check.replace("_", " ")), "count": count}
            for check, count in counts.items()
        ]

    @property
    def roles(self) -> list[tuple[str, int]]:
        counts = self.report.get("roles") or {}
        known = [role for role in WHO if role in counts]
        return [(WHO.get(role, role), counts[role]) for role in dict.fromkeys([*known, *counts])]

    @cached_property
    def bars(self) -> list[Bar]:
        return bars_of(self.report.get("histogram") or [])

    @property
    def ticks(self) -> list[dict[str, Any]]:
        """Lengths written under the drawing: its ends and its middle."""
        if not self.bars:
            return []
        low, high = self.bars[0].low, self.bars[-1].high
        ticks = [
            {"x": 0, "anchor": "start", "text": f"{low:,}"},
            {"x": WIDTH, "anchor": "end", "text": _("%(number)s tokens") % {"number": f"{high:,}"}},
        ]
        if len(self.bars) > 2:
            ticks.insert(1, {"x": WIDTH / 2, "anchor": "middle", "text": f"{(low + high) // 2:,}"})
        return ticks

    @property
    def lengths_words(self) -> str:
        """The histogram in one sentence, for people who do not see it."""
        lengths = self.report.get("lengths") or {}
        if not lengths:
            return ""
        return _(
            "Half of the dialogues have up to %(median)s tokens, 95 in 100 up to "
            "%(most)s; the longest has %(max)s."
        ) % {
            "median": f"{lengths['median']:,}",
            "most": f"{lengths['p95']:,}",
            "max": f"{lengths['max']:,}",
        }

    @property
    def preview(self) -> list[Preview]:
        who = {role: str(words) for role, words in WHO.items()}
        return [preview_of(item, who) for item in self.report.get("preview") or ()]

    @property
    def needs_mapping(self) -> bool:
        return bool(self.dataset.problem.get("code") == "missing_columns")

    @property
    def needs_people(self) -> bool:
        """Whether only the uploader can say what is missing: who agreed, who the assistant is."""
        return self.dataset.problem.get("code") in ("consent_needed", "speaker_needed")

    @cached_property
    def columns(self) -> list[str]:
        """Columns that a person may choose from: of a table, or of a file that was refused."""
        return list(self.report.get("columns") or [])


def bars_of(histogram: list[dict[str, int]]) -> list[Bar]:
    """Boxes for bins of `{"from", "to" (excluded), "count"}`, scaled to the highest one."""
    if not histogram:
        return []
    top = max(item["count"] for item in histogram) or 1
    slot = WIDTH / len(histogram)
    gap = 3 if slot > 8 else 1
    bars = []
    for index, item in enumerate(histogram):
        height = (HEIGHT - FOOT - TOP) * item["count"] / top
        if item["count"]:
            height = max(height, 2.0)  # one dialogue among thousands can still be seen
        bars.append(
            Bar(
                low=item["from"],
                high=max(item["from"], item["to"] - 1),
                count=item["count"],
                x=round(index * slot + gap / 2, 1),
                y=round(HEIGHT - FOOT - height, 1),
                width=round(slot - gap, 1),
                height=round(height, 1),
            )
        )
    return bars
