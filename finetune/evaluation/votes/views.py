"""The pages of blind votes: one pair after the other, then what all of them come to."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRefresh

from finetune.evaluation.models import Evaluation
from finetune.evaluation.selectors import evaluation_get
from finetune.exceptions import StudioError
from finetune.teams.access import SiteRequest, signed_in
from finetune.text import whole_number

from . import services
from .models import Ballot
from .pairs import Pair, Pairs, base_done, base_live, pairs_of, run_is_left
from .results import totals_of

# value, words, keys
VOTES = (
    ("left", gettext_lazy("A is better"), "1 ArrowLeft"),
    ("right", gettext_lazy("B is better"), "2 ArrowRight"),
    ("good", gettext_lazy("Both are good"), "3"),
    ("bad", gettext_lazy("Both are bad"), "4"),
)
WORDS = {
    "run": gettext_lazy("the run"),
    "base": gettext_lazy("the base"),
    "good": gettext_lazy("both good"),
    "bad": gettext_lazy("both bad"),
}


def votable(request: SiteRequest, public_id: str, evaluation_id: str) -> Evaluation:
    evaluation = evaluation_get(request.user, public_id, evaluation_id)
    if not evaluation.can_be_voted_on:
        raise Http404("There are no replies of a run to vote on.")
    return evaluation


@never_cache
@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def evaluation_votes(request: SiteRequest, public_id: str, evaluation_id: str) -> HttpResponse:
    """The next pair to vote on, or the one that is asked for; the result for who has finished."""
    evaluation = votable(request, public_id, evaluation_id)
    other = base_done(evaluation)
    context: dict[str, Any] = {"run": evaluation.run, "evaluation": evaluation, "other": other}
    if other is None:
        context["live"] = base_live(evaluation)
        return render(request, "finetune/evaluations/votes/waiting.html", context)
    if request.htmx:
        return HttpResponseClientRefresh()  # the page that waited for the base
    pairs, status = Pairs([], 0, 0), 200
    try:
        pairs = pairs_of(evaluation, other)
        if request.method == "POST":
            services.vote_cast(
                evaluation=evaluation,
                other=other,
                voter=request.user,
                line=whole_number(request.POST.get("pair")) or 0,
                vote=request.POST.get("vote", ""),
            )
            return redirect(reverse("evaluation-votes", args=[public_id, evaluation_id]) + "#pair")
    except StudioError as error:
        context["refused"] = error.message
        status = 422 if request.method == "POST" else 200
    ballots = list(Ballot.objects.filter(evaluation=evaluation, other=other))
    mine = next((one for one in ballots if one.voter_id == request.user.pk), None)
    context |= {"pairs": pairs, "voted": len(mine.choices) if mine else 0}
    if mine is not None and mine.finished_at is not None:
        context |= {"totals": totals_of(ballots), "rows": rows_of(pairs, mine)}
        return render(request, "finetune/evaluations/votes/result.html", context, status=status)
    given = mine.choices if mine else {}
    context |= pair_of(request, evaluation, pairs, given)
    return render(request, "finetune/evaluations/votes/vote.html", context, status=status)


def pair_of(
    request: SiteRequest, evaluation: Evaluation, pairs: Pairs, given: dict[str, str]
) -> dict[str, Any]:
    """The pair to show, its place, its sides for this person, and what they said of it."""
    wanted = whole_number(request.GET.get("number"))
    if wanted is not None and 0 < wanted <= len(pairs.pairs):
        at = wanted - 1
    else:
        open_ones = (n for n, one in enumerate(pairs.pairs) if str(one.line) not in given)
        at = next(open_ones, -1)
    if at < 0:
        return {"pair": None, "last": len(pairs.pairs)}
    pair = pairs.pairs[at]
    left = run_is_left(evaluation, request.user, pair.line)
    return {
        "pair": pair,
        "number": at + 1,
        "before": at,
        "after": at + 2 if at + 1 < len(pairs.pairs) else None,
        "sides": [("A", pair.run if left else pair.base), ("B", pair.base if left else pair.run)],
        "votes": VOTES,
        "given": side_of(given.get(str(pair.line), ""), left),
    }


def side_of(choice: str, run_is_on_left: bool) -> str:
    """A kept choice as the vote that it was."""
    if choice in ("run", "base"):
        return "left" if (choice == "run") == run_is_on_left else "right"
    return choice


def rows_of(pairs: Pairs, mine: Ballot) -> list[tuple[int, Pair, Any]]:
    """Every pair by number, with what this person said of it."""
    return [
        (number, pair, WORDS.get(mine.choices.get(str(pair.line), ""), ""))
        for number, pair in enumerate(pairs.pairs, start=1)
    ]


@signed_in
@require_POST
def votes_finish(request: SiteRequest, public_id: str, evaluation_id: str) -> HttpResponse:
    """Show who is who; this person's votes stand from then on."""
    evaluation = votable(request, public_id, evaluation_id)
    other = base_done(evaluation)
    if other is None:
        raise Http404("There are no replies of the base to vote on.")
    try:
        services.ballot_finish(evaluation=evaluation, other=other, voter=request.user)
    except StudioError as error:
        messages.error(request, error.message)
    return redirect("evaluation-votes", public_id, evaluation_id)


@signed_in
@require_POST
def votes_base(request: SiteRequest, public_id: str, evaluation_id: str) -> HttpResponse:
    """Queue the base's replies to the same turns."""
    evaluation = votable(request, public_id, evaluation_id)
    try:
        services.base_evaluate(evaluation=evaluation, user=request.user)
    except StudioError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("The base's replies are queued."))
    return redirect("evaluation-votes", public_id, evaluation_id)
