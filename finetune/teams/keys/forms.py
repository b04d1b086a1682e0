"""The forms that make an API key and replace one."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.core.validators import MaxValueValidator
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .rights import ALL, Right, written
from .services import LONGEST_OVERLAP, KeyLimits

NEVER, ON_A_DATE = "never", "date"


class KeyForm(forms.Form):
    """Name, scopes, end and caps; whoever fills in the name alone gets a key for everything."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=60,
        help_text=gettext_lazy(
            "Where it will be used: “laptop”, “nightly job”. You see it when you revoke one."
        ),
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "dir": "auto", "placeholder": "laptop"}
        ),
    )
    may = forms.ChoiceField(
        label=gettext_lazy("What it may do"),
        choices=(
            (ALL, gettext_lazy("Everything, also what later versions add")),
            ("chosen", gettext_lazy("Only what is ticked below")),
        ),
        initial=ALL,
        required=False,
    )
    rights = forms.MultipleChoiceField(
        label=gettext_lazy("Scopes"),
        choices=Right.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    expires = forms.ChoiceField(
        label=gettext_lazy("It ends"),
        choices=(
            (NEVER, gettext_lazy("Never")),
            ("30", gettext_lazy("After 30 days")),
            ("90", gettext_lazy("After 90 days")),
            ("365", gettext_lazy("After 365 days")),
            (ON_A_DATE, gettext_lazy("At the end of a day")),
        ),
        initial=NEVER,
        required=False,
    )
    day = forms.DateField(
        label=gettext_lazy("That day"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
    )
    requests_per_minute = forms.IntegerField(
        label=gettext_lazy("Requests a minute"),
        required=False,
        min_value=1,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )
    processor_hours = forms.IntegerField(
        label=gettext_lazy("Processor hours in 30 days"),
        required=False,
        min_value=1,
        max_value=1_000_000,
        help_text=gettext_lazy("Of runs that are started with it. Then it starts no more."),
    )

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        field = self.fields["requests_per_minute"]
        most = settings.API_REQUESTS_PER_MINUTE
        field.validators.append(MaxValueValidator(most))
        field.help_text = _("Empty: %(most)d, the most that a key may send here.") % {"most": most}

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        ticked = values.get("rights")
        if values.get("may") == "chosen" and not ticked and "rights" not in self.errors:
            self.add_error("rights", _("Tick at least one."))
        if values.get("may") != "chosen" and ticked:
            words = _("Choose “Only what is ticked below”, or tick nothing.")
            self.add_error("may", words)
        if values.get("expires") == ON_A_DATE and "day" not in self.errors:
            day = values.get("day")
            if day is None:
                self.add_error("day", _("Choose a day."))
            elif day < timezone.localdate():
                self.add_error("day", _("That day is over."))
        elif values.get("day"):
            self.add_error("expires", _("Choose “At the end of a day”, or no day."))
        return values

    def limits(self) -> KeyLimits:
        """What was chosen; to be asked after `is_valid`."""
        values = self.cleaned_data
        chosen = values["rights"] if values["may"] == "chosen" else [ALL]
        return KeyLimits(
            rights=written(chosen),
            expires_at=self.end(),
            requests_per_minute=values["requests_per_minute"],
            processor_hours=values["processor_hours"],
        )

    def end(self) -> datetime | None:
        chosen = self.cleaned_data["expires"]
        if chosen == ON_A_DATE:
            following = self.cleaned_data["day"] + timedelta(days=1)
            return timezone.make_aware(datetime.combine(following, time.min))
        return timezone.now() + timedelta(days=int(chosen)) if chosen.isdigit() else None


class ReplaceForm(forms.Form):
    """How long the old key goes on."""

    hours = forms.IntegerField(min_value=0, max_value=LONGEST_OVERLAP)
