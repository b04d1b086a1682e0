"""The buttons that make a branch, and the one that deletes all versions of a talk."""

from __future__ import annotations

from asgiref.sync import async_to_sync
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext

from chat.branches import services
from chat.branches.selectors import versions_list
from chat.conversations.exceptions import ChatRefused
from chat.conversations.forms import MessageForm
from chat.conversations.generation import replies_stop
from chat.conversations.models import Conversation, Message
from chat.conversations.selectors import conversation_get
from chat.conversations.views import action, begin, by_script, done, turn_of
from finetune.submissions import submission_digest, submission_once
from finetune.teams.access import SiteRequest


def digest_of(request: SiteRequest, conversation: Conversation, what: str) -> str:
    """The same button pressed twice in a moment makes one branch, unless that was deleted since."""
    deleted = conversation.branches.exclude(deleted_at=None).count()
    kind = f"{what}-{conversation.public_id}-{deleted}"
    return submission_digest(kind, conversation.team, request.POST, costly=True)


@action
def branch_edit(request: SiteRequest, conversation: Conversation) -> HttpResponse:
    """Say something else at a turn, in a branch; a form sent twice makes one."""
    form, turn = MessageForm(request.POST), turn_of(request)
    if not form.is_valid():
        raise ChatRefused(gettext("This is far too long for one message."), code="message_too_long")
    opened: list[Message] = []

    def make() -> str:
        branch, replies = services.branch_edit(
            conversation=conversation, turn=turn, text=form.cleaned_data["text"]
        )
        opened.extend(replies)
        return branch.public_id

    public_id, _ = submission_once(
        user=request.user,
        digest=digest_of(request, conversation, "edit"),
        make=make,
    )
    begin(request, opened)
    return done(request, conversation_get(request.user, public_id))


@action
def branch_continue(request: SiteRequest, conversation: Conversation) -> HttpResponse:
    """Go on from a reply in a new talk; a form sent twice makes one."""
    turn = turn_of(request)

    def make() -> str:
        return services.branch_continue(conversation=conversation, turn=turn).public_id

    public_id, _ = submission_once(
        user=request.user,
        digest=digest_of(request, conversation, "continue"),
        make=make,
    )
    return done(request, conversation_get(request.user, public_id))


@action
def versions_delete(request: SiteRequest, conversation: Conversation) -> HttpResponse:
    """Delete a conversation together with its other versions."""
    writing = Message.objects.filter(
        conversation__in=versions_list(conversation), state=Message.State.STREAMING
    )
    async_to_sync(replies_stop)(list(writing))
    services.versions_delete(conversation=conversation)
    url = f"{reverse('chat')}?deleted={conversation.public_id}"
    return JsonResponse({"location": url}) if by_script(request) else redirect(url)
