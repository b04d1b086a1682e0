"""Validates what the chat pages send; the services say no to the rest."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chat.conversations.selectors import assistant_choices
from chat.conversations.services import LONGEST_MESSAGE
from finetune.runs.assistants import Assistant, assistant_get, unlisted_count
from finetune.teams.models import Team

SIDE_FIELDS = ("assistant", "compare", "third")


class ConversationForm(forms.Form):
    """The first message and whom it goes to."""

    assistant = forms.ChoiceField(label="Talk to")
    compare = forms.ChoiceField(
        label=_("Side by side with"),
        required=False,
        help_text=_("All answer the same message. Their names stay hidden until you vote."),
    )
    third = forms.ChoiceField(label=_("And with"), required=False)
    text = forms.CharField(
        label=_("Your message"),
        required=False,  # the service says it better
        strip=False,
        widget=forms.Textarea(
            attrs={"rows": 3, "dir": "auto", "placeholder": _("Write as you would to a friend…")}
        ),
    )

    def __init__(
        self, *args: Any, team: Team, query: str = "", studies: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.team = team
        chosen = [str(self[name].value() or "") for name in SIDE_FIELDS]
        self.available = assistant_choices(team, query, chosen, studies=studies)
        choices = [(item.id, label_of(item)) for item in self.available.offered]
        self.fields["assistant"].choices = choices  # type: ignore[attr-defined]
        self.fields["compare"].choices = [("", _("nobody: one reply")), *choices]  # type: ignore[attr-defined]
        self.fields["third"].choices = [("", _("nobody else")), *choices]  # type: ignore[attr-defined]

    @cached_property
    def unlisted(self) -> int:
        """How many runs of studies nobody has put among the assistants."""
        return unlisted_count(self.team)

    @property
    def personas(self) -> list[Assistant]:
        """The personas among the choices, whose lines people read first."""
        return [one for one in self.available.offered if one.manner is not None]

    @property
    def chosen(self) -> Assistant | None:
        """Who is chosen as the page opens; a browser chooses the first of the list."""
        name = str(self["assistant"].value() or "")
        offered = {one.id: one for one in self.available.offered}
        return offered.get(name) or next(iter(offered.values()), None)

    def assistants(self) -> list[Assistant]:
        names = [self.cleaned_data[name] for name in SIDE_FIELDS]
        chosen = [assistant_get(self.team, name) for name in names if name]
        return [assistant for assistant in chosen if assistant]


def label_of(assistant: Assistant) -> str:
    if assistant.manner is not None:
        return gettext("%(name)s (persona)") % {"name": assistant.title}
    if assistant.kind == "base":
        return gettext("%(name)s (base model)") % {"name": assistant.title}
    return gettext("%(name)s (tuned from %(base)s)") % {
        "name": assistant.title,
        "base": assistant.base.title,
    }


class MessageForm(forms.Form):
    """One more message. Length is the service's to judge, so that nothing typed is cut."""

    text = forms.CharField(required=False, strip=False, max_length=20 * LONGEST_MESSAGE)
