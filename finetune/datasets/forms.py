"""Forms of the data pages: an upload, and reading a file another way."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from finetune.datasets.doctor.options import Options
from finetune.datasets.formats.registry import FORMATS

from .containers import ENCODING_WORDS
from .models import Dataset
from .report import ReportView

DEFAULTS = Options()
HELD_OUT_MOST = 0.9
PAUSE_MOST = 24 * 366  # hours
THEIR_WORDS = {"dir": "auto"}  # names of a file's own columns and people
READING = (
    *("format", "encoding", "speaker", "pause_hours"),
    *("seed", "validation_fraction", "by_person"),
)
ACCEPT = ".jsonl,.ndjson,.json,.csv,.tsv,.txt,.parquet,.arrow,.feather,.xlsx,.gz,.zip"
MAPPING_HELP = gettext_lazy(
    "Name the column with what the person says and the one with what the assistant should answer."
)
COLUMNS = {
    "user": (gettext_lazy("Person"), gettext_lazy("What the person says or asks.")),
    "assistant": (gettext_lazy("Assistant"), gettext_lazy("What the assistant should answer.")),
    "system": (gettext_lazy("Instruction"), gettext_lazy("Only if the file has a system message.")),
    "context": (
        gettext_lazy("Context"),
        gettext_lazy("Only if a question is about a text: it is put below the question."),
    ),
    "person": (
        gettext_lazy("Whose"),
        gettext_lazy("Only to split by person: who speaks, as a name or a number."),
    ),
    "group": (
        gettext_lazy("Conversation"),
        gettext_lazy("Only if a dialogue has several rows: what they have in common."),
    ),
}


class ReadingForm(forms.Form):
    """How a file is read and split. Shared by the upload and by checking again."""

    format = forms.ChoiceField(
        label=gettext_lazy("Format"),
        required=False,
        choices=[
            ("", gettext_lazy("Find out from the file")),
            *((one.name, gettext_lazy(one.title)) for one in FORMATS.values()),
        ],
    )
    encoding = forms.ChoiceField(
        label=gettext_lazy("Encoding"),
        required=False,
        choices=[
            ("", gettext_lazy("UTF-8, or as the file says")),
            *list(ENCODING_WORDS.items())[1:],
        ],
        help_text=gettext_lazy("Only of a text that is not UTF-8."),
    )
    seed = forms.IntegerField(
        label=gettext_lazy("Split seed"),
        required=False,
        min_value=0,
        max_value=2**32 - 1,
        initial=DEFAULTS.seed,
        help_text=gettext_lazy("The same seed gives the same split."),
    )
    validation_fraction = forms.FloatField(
        label=gettext_lazy("Held out"),
        required=False,
        min_value=0.0,
        max_value=HELD_OUT_MOST,
        initial=DEFAULTS.validation_fraction,
        help_text=gettext_lazy("Share of the dialogues that runs are measured on, 0 to 0.9."),
        widget=forms.NumberInput(attrs={"step": "0.01"}),
    )
    speaker = forms.CharField(
        label=gettext_lazy("Who is the assistant"),
        required=False,
        max_length=200,
        help_text=gettext_lazy(
            "Of a transcript or a chat: the name of the one whose words are to be learned. Left "
            "empty, it is who is called so (therapist, counselor, bot …), else the second speaker."
        ),
    )
    by_person = forms.BooleanField(
        label=gettext_lazy("Keep a person's dialogues together"),
        required=False,
        help_text=gettext_lazy(
            "On one side of the split: by `person` beside the messages, or by a table's column."
        ),
    )
    mapping_help = MAPPING_HELP

    def __init__(
        self, *args: Any, columns: Iterable[str] = (), speakers: Iterable[str] = (), **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        if names := list(speakers):
            help_text = self.fields["speaker"].help_text
            choices = [("", _("Find out from the names")), *((name, name) for name in names)]
            self.fields["speaker"] = forms.ChoiceField(
                label=_("Who is the assistant"),
                required=False,
                choices=choices,
                widget=forms.Select(THEIR_WORDS),
            )
            self.fields["speaker"].help_text = help_text
        known = list(columns)
        mapping = (self.initial.get("mapping") or {}) if isinstance(self.initial, dict) else {}
        for name, (label, help_text) in COLUMNS.items():
            field: forms.Field
            if known:
                choices = [("", "–"), *((column, column) for column in known)]
                field = forms.ChoiceField(choices=choices, widget=forms.Select(THEIR_WORDS))
            else:
                field = forms.CharField(max_length=200, strip=True)
            field.label, field.help_text, field.required = label, help_text, False
            field.initial = mapping.get(name, "")
            self.fields[f"column_{name}"] = field

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        named = {name: values.get(f"column_{name}") for name in COLUMNS}
        if any(named.values()):
            for name in ("user", "assistant"):
                if not named[name] and f"column_{name}" not in self.errors:
                    self.add_error(
                        f"column_{name}",
                        _("Name this column too: a dialogue needs both sides."),
                    )
        return values

    @property
    def reading_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in READING if name in self.fields]

    @property
    def mapping_fields(self) -> list[forms.BoundField]:
        return [self[f"column_{name}"] for name in COLUMNS]

    @property
    def options_have_errors(self) -> bool:
        return any(bound.errors for bound in [*self.reading_fields, *self.mapping_fields])

    def options(self) -> dict[str, Any]:
        values = self.cleaned_data
        mapping = {name: values[f"column_{name}"] for name in COLUMNS if values[f"column_{name}"]}
        return {
            "format": values["format"],
            "by_person": values["by_person"],
            "encoding": values["encoding"],
            "mapping": mapping if values["format"] in ("", "table") else {},
            "speaker": values.get("speaker", ""),
            **({"pause_hours": values["pause_hours"]} if values.get("pause_hours") else {}),
            **{
                name: getattr(DEFAULTS, name) if values[name] is None else values[name]
                for name in ("seed", "validation_fraction")
            },
        }


class OptionsForm(ReadingForm):
    """Read a stored file again; offers the columns and the people that were found in it.

    Where people write in it who have to be asked first, it asks whether they were.
    """

    def __init__(
        self, columns: Iterable[str], *args: Any, asks_consent: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(*args, columns=columns, **kwargs)
        if not kwargs.get("speakers"):
            del self.fields["speaker"]
        if asks_consent:
            self.fields["pause_hours"] = forms.IntegerField(
                label=_("Pause in hours"),
                required=False,
                min_value=1,
                max_value=PAUSE_MOST,
                initial=DEFAULTS.limits.pause_hours,
                help_text=_("What is written after a longer one begins another dialogue."),
            )
            self.fields["consent"] = forms.BooleanField(
                label=_("Everybody who writes in this chat agreed that a model learns from it."),
                required=False,
                help_text=_("Your name and the time are kept with the file."),
            )

    @property
    def consent(self) -> forms.BoundField | None:
        return self["consent"] if "consent" in self.fields else None


def options_form(found: Dataset, *args: Any, **kwargs: Any) -> OptionsForm:
    """The form that reads this file another way."""
    report = ReportView(found)
    return OptionsForm(
        report.columns,
        *args,
        speakers=report.speakers,
        asks_consent=report.asks_consent,
        **kwargs,
    )


def options_now(found: Dataset) -> dict[str, Any]:
    """What was asked for and, where nothing was, what the check made of it."""
    asked = {name: value for name, value in found.options.items() if value not in ("", None)}
    guess = found.report.get("encoding_guess") or ""
    return {"mapping": found.report.get("mapping") or {}, "encoding": guess, **asked}


class NamedForm(ReadingForm):
    """What is said of a file that is sent."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=120,
        required=False,
        help_text=gettext_lazy("Left empty, the file's own name is used."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "dir": "auto"}),
    )
    licence = forms.CharField(
        label=gettext_lazy("Licence"),
        max_length=80,
        required=False,
        help_text=gettext_lazy(
            "Under which terms you may use it: “CC BY 4.0”, “own data, consent given”."
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off", "dir": "auto"}),
    )


class UploadForm(NamedForm):
    """The file in one request."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        allow_empty_file=True,
        help_text=gettext_lazy(
            "JSONL, JSON, CSV, plain text, Parquet, Arrow or xlsx; also as gz or zip."
        ),
        widget=forms.FileInput(attrs={"accept": ACCEPT}),
        error_messages={"required": gettext_lazy("Choose a file first, or drop one here.")},
    )


class PartsForm(NamedForm):
    """The file in parts, which follow.

    Its fingerprint is the browser's: a digest of its name, size and time, by which a page that was
    loaded anew finds the parts that are there.
    """

    filename = forms.CharField(max_length=1000)
    bytes = forms.IntegerField(min_value=0, max_value=2**62)
    fingerprint = forms.RegexField(r"^[0-9a-f]{8,64}$")


class PartForm(forms.Form):
    """One of the parts."""

    part = forms.FileField()
    number = forms.IntegerField(min_value=0, max_value=2**31 - 1)
    crc32 = forms.IntegerField(min_value=0, max_value=2**32 - 1)
