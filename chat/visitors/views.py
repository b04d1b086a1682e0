"""The chat's first page for a visitor, and the end of a visit."""

from __future__ import annotations

from asgiref.sync import async_to_sync
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from chat.conversations.exceptions import ChatRefused
from chat.conversations.generation import replies_stop
from chat.conversations.models import Message
from chat.conversations.selectors import country_of
from chat.conversations.views import STARTERS, begin, by_script, done, refused
from chat.pins.selectors import list_beside
from chat.safety import COUNTRIES
from chat.visitors.exceptions import VisitorsRefused
from chat.visitors.selectors import assistant_offered
from chat.visitors.services import SESSION_KEY, visit_end, visitor_conversation_start
from finetune.teams.access import SiteRequest, signed_in


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def conversation_new(request: SiteRequest) -> HttpResponse:
    """Write the first message to the one assistant that the operator offers."""
    problem, text = "", ""
    if request.method == "POST":
        text = request.POST.get("text", "")
        try:
            talk, replies = visitor_conversation_start(user=request.user, text=text)
        except (ChatRefused, VisitorsRefused) as refusal:
            if by_script(request):
                return refused(ChatRefused(refusal.message, code=refusal.code, field="text"))
            problem = refusal.message
        else:
            begin(request, replies)
            return done(request, talk)
    offered = assistant_offered()
    context = {
        **list_beside(request.user, older=request.GET.get("older", "")),
        "countries": COUNTRIES.values(),
        "country": country_of(request.user, request.headers.get("accept-language", "")),
        "assistant": offered[1] if offered else None,
        "starters": STARTERS,
        "problem": problem,
        "text": text,
    }
    return render(request, "chat/visitors/new.html", context, status=422 if problem else 200)


@signed_in
@require_POST
def visit_ended(request: SiteRequest) -> HttpResponse:
    """Delete everything of this visit, now."""
    if not request.session.get(SESSION_KEY):
        return redirect("chat")
    writing = Message.objects.filter(conversation__user=request.user, state=Message.State.STREAMING)
    async_to_sync(replies_stop)(list(writing))
    visit_end(request=request)
    return render(request, "chat/visitors/ended.html")
