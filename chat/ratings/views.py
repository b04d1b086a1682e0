"""Rating replies, the list of what one has said of them, and the files made of it."""

from __future__ import annotations

from collections.abc import Iterable

from django.core.exceptions import BadRequest
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST, require_safe

from chat.conversations.exceptions import ChatRefused
from chat.conversations.models import Conversation
from chat.conversations.views import action, by_script, done, turn_of
from chat.ratings import services
from chat.ratings.exchanges import exchanges_of, exchanges_shared
from chat.ratings.preferences import Exchange, pair_lines, single_lines
from chat.ratings.selectors import opinion_list_of, opinions, shared_counts
from finetune.teams.access import SiteRequest, in_team, signed_in
from finetune.teams.selectors import is_owner
from finetune.teams.views import owner_only

PAGE = 20
HELPFUL = {"helpful": True, "not_helpful": False}
FILES = {"pairs": pair_lines, "singles": single_lines}


@action
def reply_rate(request: SiteRequest, conversation: Conversation) -> HttpResponse:
    """Rate a reply, say why, share it or not; `none` takes all of that back."""
    reply, verdict = request.POST.get("reply", ""), request.POST.get("verdict", "")
    if verdict == "none":
        services.rating_take_back(conversation=conversation, reply_id=reply)
    elif verdict in HELPFUL:
        services.reply_rate(
            conversation=conversation,
            reply_id=reply,
            helpful=HELPFUL[verdict],
            words=request.POST.get("words"),
            share=wish_of(request) if "words" in request.POST else None,
        )
    else:
        raise ChatRefused(_("Choose helpful or not helpful."), code="bad_choice", field="verdict")
    return back(request, conversation, reply)


@action
def vote_share(request: SiteRequest, conversation: Conversation) -> HttpResponse:
    """Let the team use a vote with its exchange, or not any more."""
    turn = turn_of(request)
    services.vote_share(conversation=conversation, turn=turn, share=wish_of(request))
    return back(request, conversation, f"turn-{turn}")


def wish_of(request: SiteRequest) -> bool:
    """Whether the box that shares an exchange was ticked."""
    return request.POST.get("share") == "yes"


def back(request: SiteRequest, conversation: Conversation, place: str) -> HttpResponse:
    """To where the person was on the page."""
    if by_script(request):
        return done(request, conversation)
    return redirect(f"{reverse('conversation', args=[conversation.public_id])}#{place}")


@signed_in
@require_safe
def your_ratings(request: SiteRequest) -> HttpResponse:
    """All that one has said of replies; of what is shared, every word that the team gets."""
    page = Paginator(opinion_list_of(request.user), PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "opinions": opinions(list(page)), "is_owner": owns_here(request)}
    return render(request, "chat/ratings/yours.html", context)


def owns_here(request: SiteRequest) -> bool:
    return bool(request.team) and is_owner(request.user, request.team)


@signed_in
@require_POST
def sharing_stop(request: SiteRequest) -> HttpResponse:
    """Take back that a team may use something."""
    try:
        services.sharing_stop(
            user=request.user,
            kind=request.POST.get("kind", ""),
            key=request.POST.get("key", ""),
        )
    except ChatRefused as refusal:
        raise BadRequest(f"{refusal.field or 'kind'}: {refusal.message}") from refusal
    return redirect("your-ratings")


@signed_in
@require_GET
def ratings_file(request: SiteRequest) -> HttpResponse:
    """One's own preferences as JSON lines."""
    return file_of(request.GET.get("kind", ""), exchanges_of(request.user), "your-chats")


@in_team
@require_safe
def team_ratings(request: SiteRequest) -> HttpResponse:
    """How much the team's people share, for an owner to download."""
    owner_only(request)
    context = {
        "counts": shared_counts(request.team),
        "downloads": request.team.shared_downloads.all()[:PAGE],
    }
    return render(request, "chat/ratings/team.html", context)


@in_team
@require_POST
def team_ratings_file(request: SiteRequest) -> HttpResponse:
    """What the team's people share, as JSON lines. Whoever takes it is noted."""
    owner_only(request)
    answer = file_of(request.POST.get("kind", ""), exchanges_shared(request.team), "team")
    services.download_log(team=request.team, by=request.user, lines=answer.content.count(b"\n"))
    return answer


def file_of(kind: str, exchanges: Iterable[Exchange], name: str) -> HttpResponse:
    if kind not in FILES:
        raise BadRequest(f"kind: must be one of {', '.join(FILES)}.")
    answer = HttpResponse("".join(FILES[kind](exchanges)), content_type="application/jsonl")
    name = f"{name}-preferences-{kind}-{timezone.localdate():%Y-%m-%d}.jsonl"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
