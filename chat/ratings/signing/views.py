"""Choosing pairs for a data set, and the page on which a reviewer reads and signs them."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from chat.ratings.signing import services
from chat.ratings.signing.models import PairSet
from chat.ratings.signing.selectors import (
    may_look,
    may_sign,
    pair_set_get,
    pairs_shared,
    withdrawn_of,
)
from finetune.exceptions import StudioError
from finetune.teams.access import SiteRequest, in_team, signed_in
from finetune.teams.selectors import is_owner
from finetune.teams.views import owner_only

SHOWN = 200  # pairs that can be chosen from at once, newest first
PAGE = 20


@in_team
@require_http_methods(["GET", "HEAD", "POST"])
def pair_sets(request: SiteRequest) -> HttpResponse:
    """The shared pairs to choose from, for owners, and what became of earlier choices."""
    status, error = 200, ""
    if request.method == "POST":
        owner_only(request)
        try:
            made = services.pair_set_ask(
                team=request.team,
                user=request.user,
                name=request.POST.get("name", ""),
                marks=request.POST.getlist("pair"),
            )
            return redirect("pair-set", made.public_id)
        except StudioError as refused:
            status, error = 422, refused.message
    elif not may_look(request.user, request.team):
        raise PermissionDenied(_("Only owners of the team and reviewers can see this."))
    shared = pairs_shared(request.team)
    chosen = request.POST.getlist("pair") if request.method == "POST" else list(shared)
    context = {
        "pairs": list(reversed(shared.values()))[:SHOWN],
        "chosen": set(chosen),
        "total": len(shared),
        "sets": [
            (row, withdrawn_of(row, shared))
            for row in PairSet.objects.filter(team=request.team)[:PAGE]
        ],
        "is_owner": is_owner(request.user, request.team),
        "name": request.POST.get("name", ""),
        "error": error,
    }
    return render(request, "chat/ratings/sets.html", context, status=status)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def pair_set(request: SiteRequest, public_id: str) -> HttpResponse:
    """Each pair of a choice; a reviewer of the team signs or refuses below them."""
    row = pair_set_get(request.user, public_id)
    if not may_look(request.user, row.team):
        raise PermissionDenied(_("Only owners of the team and reviewers can see this."))
    status, error = 200, ""
    if request.method == "POST":
        if not may_sign(request.user):
            raise PermissionDenied(_("Only a reviewer can sign this."))
        try:
            services.pair_set_answer(
                row=row,
                reviewer=request.user,
                sign=request.POST.get("answer") == "sign",
                words=request.POST.get("words", ""),
            )
            return redirect("pair-set", public_id)
        except StudioError as refused:
            status, error = 422, refused.message
    shared = pairs_shared(row.team)
    kept = [shared[mark] for mark in row.marks if mark in shared]
    context: dict[str, Any] = {
        "set": row,
        "page": Paginator(kept, PAGE).get_page(request.GET.get("page")),
        "withdrawn": withdrawn_of(row, shared),
        "may_sign": may_sign(request.user) and row.asked_by_id != request.user.pk,
        "words": request.POST.get("words", ""),
        "error": error,
    }
    return render(request, "chat/ratings/set.html", context, status=status)
