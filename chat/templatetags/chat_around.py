"""What stands around a talk on its pages: the tab's title, the notice that is due, the way out."""

from __future__ import annotations

from django import template
from django.conf import settings
from django.utils.translation import gettext as _

from chat.consent.texts import page_language
from chat.conversations.models import Conversation, Message
from chat.notices.services import notice_waiting
from chat.notices.words import notice_text
from chat.privacy.services import choice_of
from chat.safety.cards import language_of
from finetune.runs.assistants import assistant_get
from finetune.runs.models import Run
from finetune.teams.models import User

register = template.Library()


@register.simple_tag
def notice_words(message: Message) -> str:
    """The notice that stands before this message, in its language."""
    return notice_text(message.notice, language_of(message.content))


@register.simple_tag
def notice_now(user: User) -> str:
    """The notice to show before anything is written, after hours of talk or days away."""
    return notice_text(notice_waiting(user), page_language())


@register.simple_tag
def tab_of(user: User) -> str:
    return choice_of(user).tab


@register.simple_tag
def tab_title(user: User, conversation: Conversation) -> str:
    """What a browser's tab and history say: a neutral word, unless the person chose the name."""
    return conversation.title if choice_of(user).tab == "name" else _("Chat")


@register.simple_tag
def run_behind(conversation: Conversation) -> Run | None:
    """The run of this team that made the assistant one talks to; None of a base or a comparison."""
    if conversation.compares:
        return None
    found = assistant_get(conversation.team, conversation.assistant_a)
    run = found.run if found else None
    return run if run and run.team_id == conversation.team_id else None


@register.simple_tag
def exit_url() -> str:
    return str(settings.QUICK_EXIT_URL)
