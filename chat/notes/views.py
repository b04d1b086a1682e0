"""Pages of session notes; one of them, behind a link, is for whoever was given it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from chat.conversations.exceptions import ChatRefused
from chat.conversations.selectors import conversation_get
from chat.conversations.views import by_script, refused
from chat.notes import services
from chat.notes.models import SessionNote
from finetune.teams.access import SiteRequest, signed_in


@signed_in
@require_GET
def notes(request: SiteRequest) -> HttpResponse:
    return render(
        request, "chat/notes/notes.html", {"notes": SessionNote.objects.filter(user=request.user)}
    )


@signed_in
@require_POST
def note_create(request: SiteRequest, public_id: str) -> HttpResponse:
    """Begin a note from a conversation."""
    talk = conversation_get(request.user, public_id)
    try:
        note = services.note_create(user=request.user, conversation=talk)
    except ChatRefused as refusal:
        if by_script(request):
            return refused(refusal)
        messages.error(request, refusal.message)
        return redirect("conversation", public_id=public_id)
    url = reverse("note", args=[note.public_id])
    return JsonResponse({"location": url}) if by_script(request) else redirect(url)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def note(request: SiteRequest, public_id: str) -> HttpResponse:
    """Read and edit one's own note."""
    mine = services.note_get(request.user, public_id)
    problem = ""
    if request.method == "POST":
        title, text = request.POST.get("title", ""), request.POST.get("text", "")
        try:
            services.note_edit(note=mine, title=title, text=text)
        except ChatRefused as refusal:
            problem = refusal.message
            mine.title, mine.text = title, text
        else:
            messages.success(request, _("Saved."))
            return redirect("note", public_id=public_id)
    link = ""
    if mine.is_shared:
        link = request.build_absolute_uri(reverse("note-shared", args=[public_id, mine.token]))
    context = {
        "note": mine,
        "problem": problem,
        "link": link,
        "days": services.SHARE_DAYS,
        "longest": services.LONGEST,
    }
    return render(request, "chat/notes/note.html", context, status=422 if problem else 200)


def action(view: Callable[[SiteRequest, SessionNote], HttpResponse]) -> Callable[..., Any]:
    """A POST on one's own note; a refusal is said on its page."""

    @signed_in
    @require_POST
    @wraps(view)
    def guarded(request: SiteRequest, public_id: str) -> HttpResponseBase:
        mine = services.note_get(request.user, public_id)
        try:
            return view(request, mine)
        except ChatRefused as refusal:
            messages.error(request, refusal.message)
            return redirect("note", public_id=public_id)

    return guarded


@action
def note_share(request: SiteRequest, note: SessionNote) -> HttpResponse:
    services.note_share(note=note, days=request.POST.get("days", ""))
    return redirect(reverse("note", args=[note.public_id]) + "#share")


@action
def note_unshare(request: SiteRequest, note: SessionNote) -> HttpResponse:
    services.note_unshare(note=note)
    messages.success(request, _("The link is revoked."))
    return redirect(reverse("note", args=[note.public_id]) + "#share")


@action
def note_delete(request: SiteRequest, note: SessionNote) -> HttpResponse:
    note.delete()
    messages.success(request, _("The note is deleted for good."))
    return redirect("notes")


@require_GET
def note_shared(request: HttpRequest, public_id: str, token: str) -> HttpResponse:
    """The note alone, for whoever was given the link. Not for search engines, nor for a cache."""
    shared = services.note_shared(public_id, token)
    answer = render(request, "chat/notes/shared.html", {"note": shared})
    answer["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    answer["Referrer-Policy"] = "no-referrer"
    return answer
