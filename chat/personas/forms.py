"""What the page of a persona sends; the checks say what is wrong with its words."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chat.personas.checks import LONGEST, Draft
from chat.personas.models import LANGUAGES
from chat.personas.selectors import speakers_for
from finetune.teams.models import Team


class PersonaForm(forms.Form):
    """A persona as one writes it. Nothing is required here, since the checks say it better."""

    name = forms.CharField(
        label=_("Name"),
        required=False,
        help_text=_("Such as “Warm listener”. No titles and no trades: it is not a professional."),
        widget=forms.TextInput(attrs={"dir": "auto", "maxlength": LONGEST["name"]}),
    )
    description = forms.CharField(
        label=_("One line about it"),
        required=False,
        help_text=_("People read it before they choose."),
        widget=forms.TextInput(attrs={"dir": "auto", "maxlength": LONGEST["description"]}),
    )
    assistant = forms.ChoiceField(label=_("Spoken by"), required=False)
    languages = forms.MultipleChoiceField(
        label=_("It speaks"),
        required=False,
        choices=tuple(LANGUAGES.items()),
        widget=forms.CheckboxSelectMultiple,
    )
    instruction = forms.CharField(
        label=_("How it speaks"),
        required=False,
        strip=False,
        help_text=_(
            "Written to the model, in English or Chinese. The site's own line stands before "
            "it: that it is an AI and has no profession."
        ),
        widget=forms.Textarea(
            attrs={"dir": "auto", "rows": 9, "maxlength": LONGEST["instruction"]}
        ),
    )
    opening = forms.CharField(
        label=_("Opening line"),
        required=False,
        help_text=_(
            "May stay empty. Shown before the first message; it passes the gate like any "
            "reply when you save."
        ),
        widget=forms.Textarea(attrs={"dir": "auto", "rows": 2, "maxlength": LONGEST["opening"]}),
    )

    def __init__(self, *args: Any, team: Team, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        speakers = speakers_for(team, str(self["assistant"].value() or ""))
        choices = [
            (
                one.id,
                gettext("%(name)s (base)") % {"name": one.title} if one.run is None else one.title,
            )
            for one in speakers
        ]
        self.fields["assistant"].choices = [("", _("choose")), *choices]  # type: ignore[attr-defined]

    def draft(self) -> Draft:
        """What was typed, without what nobody sees."""
        given = self.cleaned_data
        lines = {
            name: " ".join(str(given.get(name, "")).split())
            for name in ("name", "description", "opening")
        }
        return Draft(
            assistant=given.get("assistant", ""),
            instruction=given.get("instruction", "").replace("\r\n", "\n").strip(),
            languages=tuple(code for code in LANGUAGES if code in given.get("languages", [])),
            **lines,
        )
