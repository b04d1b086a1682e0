"""Choosing how long talks are kept, what a tab says, and whose help lines are shown."""

from __future__ import annotations

from django.conf import settings
from django.utils.translation import gettext as _

from chat.conversations.exceptions import ChatRefused
from chat.conversations.models import ChatPreference
from chat.privacy.models import PrivacyChoice
from chat.privacy.periods import periods_allowed
from chat.safety import country_get
from finetune.teams.models import User


def choice_of(user: User) -> PrivacyChoice:
    """What the person chose, or the defaults, unsaved."""
    return PrivacyChoice.objects.filter(user=user).first() or PrivacyChoice(user=user)


def choice_make(*, user: User, keep_days: str, tab: str) -> PrivacyChoice:
    """Keep a choice.

    Raises:
        ChatRefused: it is none of those offered, or longer than the operator allows.
    """
    allowed = {str(days): days for days, __ in periods_allowed(settings.CHAT_KEEP_DAYS)}
    if keep_days not in allowed:
        raise ChatRefused(
            _("Choose one of the times offered."), code="bad_choice", field="keep_days"
        )
    if tab not in PrivacyChoice.Tab.values:
        raise ChatRefused(_("Choose one of the two titles."), code="bad_choice", field="tab")
    chosen = {"keep_days": allowed[keep_days], "tab": tab}
    choice, __ = PrivacyChoice.objects.update_or_create(user=user, defaults=chosen)
    return choice


def country_choose(*, user: User, country: str) -> None:
    """Whose help lines a person sees; empty for a guess from the browser."""
    if country and country_get(country) is None:
        words = _("This country is not in the table.")
        raise ChatRefused(words, code="bad_choice", field="country")
    ChatPreference.objects.update_or_create(user=user, defaults={"country": country})
