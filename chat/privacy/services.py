"""Choosing how long talks are kept and what a tab says."""

from __future__ import annotations

from django.conf import settings
from django.utils.translation import gettext as _

from chat.conversations.exceptions import ChatRefused
from chat.privacy.models import PrivacyChoice
from chat.privacy.periods import periods_allowed
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
