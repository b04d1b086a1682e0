"""The page on which a person decides what a human may see, and takes it back."""

from __future__ import annotations

from asgiref.sync import async_to_sync
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from chat.conversations.exceptions import ChatRefused
from chat.conversations.generation import ring
from chat.conversations.selectors import conversation_get
from finetune.teams.access import SiteRequest, signed_in

from .models import Handover
from .selectors import LAST_TURNS, handover_of
from .services import handover_ask, handover_withdraw, handovers_offered


@never_cache
@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def handover(request: SiteRequest, public_id: str) -> HttpResponse:
    """Ask for a human: what is shared, with whom, and when they answer."""
    conversation = conversation_get(request.user, public_id)
    status, error = 200, ""
    if request.method == "POST":
        try:
            handover_ask(
                conversation=conversation,
                shares=request.POST.get("shares", ""),
                words=request.POST.get("words", ""),
            )
        except ChatRefused as refusal:
            status, error = 422, refusal.message
        else:
            async_to_sync(ring)(conversation.pk)
            return redirect("conversation", public_id=public_id)
    context = {
        "conversation": conversation,
        "offered": handovers_offered(),
        "hours": settings.HANDOVER_HOURS,
        "known": handover_of(conversation),
        "choices": Handover.Shares.choices,
        "shares": request.POST.get("shares", Handover.Shares.LAST),
        "words": request.POST.get("words", ""),
        "last_turns": LAST_TURNS,
        "error": error,
    }
    return render(request, "chat/handovers/ask.html", context, status=status)


@signed_in
@require_POST
def withdraw(request: SiteRequest, public_id: str) -> HttpResponse:
    conversation = conversation_get(request.user, public_id)
    try:
        handover_withdraw(conversation=conversation)
    except ChatRefused as refusal:
        messages.error(request, refusal.message)
    async_to_sync(ring)(conversation.pk)
    return redirect("conversation", public_id=public_id)
