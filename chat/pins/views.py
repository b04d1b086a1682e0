"""Pin a conversation, or unpin it, from the options of its head."""

from __future__ import annotations

from asgiref.sync import async_to_sync
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from chat.conversations.exceptions import ChatRefused
from chat.conversations.generation import ring
from chat.conversations.selectors import conversation_get
from chat.pins.selectors import list_beside
from chat.pins.services import pin_set
from finetune.teams.access import SiteRequest, signed_in


@signed_in
@require_POST
def pin(request: SiteRequest, public_id: str) -> HttpResponse:
    """`pinned` is yes or no. A fragment request gets the list and the form as they are now."""
    talk = conversation_get(request.user, public_id)
    problem = ""
    try:
        pin_set(conversation=talk, pinned=request.POST.get("pinned") == "yes")
    except ChatRefused as refusal:
        problem = refusal.message
    async_to_sync(ring)(talk.pk)
    if request.htmx:
        context = {"conversation": talk, "pin_problem": problem}
        context |= list_beside(request.user, talk.team)
        return render(request, "chat/pins/_changed.html", context)
    if problem:
        messages.error(request, problem)
    return redirect("conversation", public_id=public_id)
