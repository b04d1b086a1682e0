"""The page of a search, its parts beside a talk, and the way to a place that was found.

What is searched for comes with a POST and is never part of an address: an address stands in the
logs of servers and proxies and in a browser's history, where whoever watches a person reads it.
"""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from chat.conversations.models import Conversation
from chat.conversations.selectors import conversation_get, turn_list_of
from chat.finding.selectors import Found, talk_found, talks_found
from chat.finding.words import LONGEST, Sought
from finetune.teams.access import SiteRequest, signed_in
from finetune.text import whole_number

BESIDE = 5  # conversations shown beside a talk
BEHIND = 5  # turns shown behind an earlier one that somebody goes to


@sensitive_post_parameters("words")
@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def find(request: SiteRequest) -> HttpResponse:
    """Nothing without words; a fragment for the page, or for the list beside a talk."""
    words = request.POST.get("words", "").strip()
    context = {"words": words, "longest": LONGEST, **results(request, words)}
    if request.htmx:
        part = "beside_found" if "beside" in request.POST else "found_anew"
        return render(request, f"chat/finding/_{part}.html", context)
    return render(request, "chat/finding/find.html", context)


def results(request: SiteRequest, words: str) -> dict[str, Any]:
    if len(words) > LONGEST:
        problem = _("Search for %(longest)d characters at most; these are %(number)d.")
        return {"problem": problem % {"longest": LONGEST, "number": len(words)}}
    after = request.POST.get("after", "")
    talk: Conversation | None = None
    found: Found
    if name := request.POST.get("talk", ""):
        talk = conversation_get(request.user, name)
        found = talk_found(talk, Sought.read(words), whole_number(after) or 0)
    elif "beside" in request.POST:
        found = talks_found(request.user, Sought.read(words), most=BESIDE)
    else:
        found = talks_found(request.user, Sought.read(words), after)
    return {"found": found, "talk": talk, "goes_on": bool(after)}


@signed_in
@require_GET
def place(request: SiteRequest, public_id: str, turn: str) -> HttpResponse:
    """Lead to a turn: on the newest page of its conversation, or on the earlier one that has it."""
    talk = conversation_get(request.user, public_id)
    number = whole_number(turn)
    if number is None or not talk.messages.filter(turn=number).exists():
        raise Http404("There is no such message.")
    address = reverse("conversation", args=[public_id])
    if number in {one.number for one in turn_list_of(talk)}:
        return redirect(f"{address}#turn-{number}")
    before = number + 1 + BEHIND
    if number not in {one.number for one in turn_list_of(talk, before=before)}:
        before = number + 1  # the turns behind it are too long to stand on a page with it
    return redirect(f"{address}?before={before}#turn-{number}")
