"""Pages of the chat. Each action answers a script with JSON and a plain form with a redirect.

A script keeps what was typed until the answer says that it was accepted, and sees replies over the
websocket. Without one, sending waits for the reply (with a limit) and then shows the page.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from asgiref.sync import async_to_sync
from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from chat.branches.services import versions_restore
from chat.conversations import services
from chat.conversations.exceptions import ChatRefused
from chat.conversations.forms import SIDE_FIELDS, ConversationForm, MessageForm
from chat.conversations.generation import Generation, replies_begin, replies_stop, ring
from chat.conversations.models import Conversation, Message
from chat.conversations.selectors import (
    assistant_choices,
    conversation_get,
    country_of,
    streaming_of,
    turn_list_of,
)
from chat.conversations.votes import vote_cast
from chat.pins.selectors import list_beside
from chat.privacy.services import country_choose
from chat.safety.library import COUNTRY_CHOICES
from finetune.runs.assistants import assistant_get
from finetune.submissions import FIELD, submission_digest, submission_once, token_new
from finetune.teams.access import SiteRequest, in_team, signed_in, way_back
from finetune.teams.models import Team
from finetune.text import whole_number

PLAIN_WAIT_SECONDS = 45.0
STATUS = {"reply_in_progress": 409, "too_many_replies": 429}
STARTERS = (
    gettext_lazy("I keep waking up at 4am worrying about work."),
    gettext_lazy("My best friend moved away and I feel so alone."),
    gettext_lazy("I had a good day and nobody to tell."),
)


def by_script(request: SiteRequest) -> bool:
    return request.headers.get("x-requested-with") == "fetch"


def action(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponseBase]:
    """A POST on one's own conversation. A refusal is said where the person is."""

    @signed_in
    @require_POST
    @wraps(view)
    def guarded(request: SiteRequest, public_id: str, **kwargs: Any) -> HttpResponse:
        conversation = conversation_get(request.user, public_id)
        try:
            answer = view(request, conversation, **kwargs)
        except ChatRefused as refusal:
            if by_script(request):
                return refused(refusal)
            messages.error(request, refusal.message)
            answer = redirect("conversation", public_id=public_id)
        async_to_sync(ring)(conversation.pk)
        return answer

    return guarded


def refused(refusal: ChatRefused) -> JsonResponse:
    error = {"message": refusal.message, "code": refusal.code, "field": refusal.field}
    return JsonResponse({"error": error}, status=STATUS.get(refusal.code, 422))


def done(request: SiteRequest, conversation: Conversation) -> HttpResponse:
    url = reverse("conversation", args=[conversation.public_id])
    if by_script(request):
        return JsonResponse({"location": url})
    return redirect(url + "#end")


def begin(request: SiteRequest, replies: list[Message]) -> None:
    wait = 0 if by_script(request) else PLAIN_WAIT_SECONDS
    async_to_sync(replies_begin)(replies, wait=wait)


def page_context(request: SiteRequest, team: Team) -> dict[str, Any]:
    return {
        **list_beside(request.user, team, request.GET.get("older", "")),
        "countries": COUNTRY_CHOICES,
        "country": country_of(request.user, request.headers.get("accept-language", "")),
    }


@in_team
@require_http_methods(["GET", "HEAD", "POST"])
def conversation_new(request: SiteRequest) -> HttpResponse:
    """The empty page: choose whom to talk to and write the first message."""
    team = request.team
    if request.method != "POST":
        return new_page(request, form_asked(request))
    form = ConversationForm(request.POST, team=team)
    if form.is_valid():
        opened: list[Message] = []

        def make() -> str:
            conversation, replies = services.conversation_start(
                team=team,
                user=request.user,
                assistants=form.assistants(),
                text=form.cleaned_data["text"],
            )
            opened.extend(replies)
            return conversation.public_id

        try:
            public_id, _ = submission_once(
                user=request.user,
                digest=submission_digest("conversation", team, request.POST),
                make=make,
            )
        except ChatRefused as refusal:
            if by_script(request):
                return refused(refusal)
            form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
        else:
            begin(request, opened)
            return done(request, conversation_get(request.user, public_id))
    elif by_script(request):
        words = " ".join(str(error) for errors in form.errors.values() for error in errors)
        return refused(ChatRefused(words, code="bad_choice"))
    return new_page(request, form, status=422)


def chosen(request: SiteRequest) -> dict[str, str]:
    """The assistants that a link asks for, in the form that the choices use."""
    initial = {}
    for field in SIDE_FIELDS:
        assistant = assistant_get(request.team, request.GET.get(field, ""))
        if assistant:
            initial[field] = assistant.id
    return initial


def form_asked(request: SiteRequest) -> ConversationForm:
    """The form with the choices that the address asks for."""
    asked = request.GET
    return ConversationForm(
        team=request.team,
        query=asked.get("q", ""),
        studies="studies" in asked,
        initial=chosen(request),
    )


def new_page(request: SiteRequest, form: ConversationForm, status: int = 200) -> HttpResponse:
    deleted = None
    if request.GET.get("deleted"):
        mine = Conversation.objects.for_user(request.user).exclude(deleted_at=None)
        deleted = mine.filter(public_id=request.GET["deleted"]).first()
    context = {"form": form, "starters": STARTERS, "deleted": deleted}
    context |= page_context(request, request.team)
    return render(request, "chat/new.html", context, status=status)


@in_team
@require_GET
def assistants(request: SiteRequest) -> HttpResponse:
    """The choices of a picker while somebody types: of a new chat, or of a conversation's head."""
    query = request.GET.get("q", "")
    if name := request.GET.get("conversation"):
        talk = conversation_get(request.user, name)
        choices = assistant_choices(talk.team, query, [talk.assistant_a])
        context = {"conversation": talk, "assistants": choices}
        return render(request, "chat/_head_assistants.html", context)
    return render(request, "chat/_assistants.html", {"form": form_asked(request)})


@signed_in
@require_GET
def conversation(request: SiteRequest, public_id: str) -> HttpResponse:
    """The newest turns, or those before the turn that `?before=` names."""
    talk = conversation_get(request.user, public_id)
    services.replies_reap(conversation=talk, alive=Generation.running)
    talk.refresh_from_db()
    before = whole_number(request.GET.get("before"))
    turns = turn_list_of(talk, before=before)
    query = request.GET.get("q", "")
    context = {
        "conversation": talk,
        "turns": turns,
        "before": before,
        "busy": streaming_of(talk).exists(),
        "assistants": assistant_choices(talk.team, query, [talk.assistant_a]),
        **page_context(request, talk.team),
    }
    return render(request, "chat/conversation.html", context)


@action
def message_send(request: SiteRequest, conversation: Conversation) -> HttpResponse:
    form = MessageForm(request.POST)
    if not form.is_valid():
        raise ChatRefused(gettext("This is far too long for one message."), code="message_too_long")
    opened: list[Message] = []

    def make() -> str:
        opened.extend(
            services.message_send(conversation=conversation, text=form.cleaned_data["text"])
        )
        return opened[0].public_id

    submission_once(
        user=request.user,
        digest=submission_digest(conversation.public_id, conversation.team, request.POST),
        make=make,
    )
    begin(request, opened)
    if by_script(request):  # the page stays: its next message, even with the same words, is another
        url = reverse("conversation", args=[conversation.public_id])
        return JsonResponse({"location": url, FIELD: token_new()})
    return done(request, conversation)


@action
def reply_again(request: SiteRequest, conversation: Conversation) -> HttpResponse:
    side = request.POST.get("side", "a")
    begin(request, services.reply_again(conversation=conversation, side=side))
    return done(request, conversation)


@action
def reply_stop(request: SiteRequest, conversation: Conversation) -> HttpResponse:
    async_to_sync(replies_stop)(list(streaming_of(conversation)))
    return done(request, conversation)


def turn_of(request: SiteRequest) -> int:
    """The number of the turn that a form is about."""
    turn = whole_number(request.POST.get("turn", ""))
    if turn is None:
        raise BadRequest("turn: must be a whole number, written in digits.")
    return turn


@action
def vote(request: SiteRequest, conversation: Conversation) -> HttpResponse:
    choice = request.POST.get("choice", "")
    vote_cast(conversation=conversation, turn=turn_of(request), choice=choice)
    return done(request, conversation)


@action
def conversation_rename(request: SiteRequest, conversation: Conversation) -> HttpResponse:
    services.conversation_rename(conversation=conversation, title=request.POST.get("title", ""))
    return done(request, conversation)


@action
def conversation_assistant(request: SiteRequest, conversation: Conversation) -> HttpResponse:
    services.conversation_assistant(
        conversation=conversation, assistant=request.POST.get("assistant", "")
    )
    return done(request, conversation)


@action
def conversation_delete(request: SiteRequest, conversation: Conversation) -> HttpResponse:
    async_to_sync(replies_stop)(list(streaming_of(conversation)))
    services.conversation_delete(conversation=conversation)
    url = f"{reverse('chat')}?deleted={conversation.public_id}"
    return JsonResponse({"location": url}) if by_script(request) else redirect(url)


@signed_in
@require_POST
def conversation_restore(request: SiteRequest, public_id: str) -> HttpResponse:
    deleted = conversation_get(request.user, public_id, deleted=True)
    versions_restore(conversation=deleted)
    return redirect("conversation", public_id=public_id)


@signed_in
@require_POST
def country(request: SiteRequest) -> HttpResponse:
    """Choose whose help lines are shown, and go back to where one was."""
    try:
        country_choose(user=request.user, country=request.POST.get("country", ""))
    except ChatRefused as refusal:
        messages.error(request, refusal.message)
    return redirect(way_back(request, request.POST.get("next", "")) or reverse("chat"))
