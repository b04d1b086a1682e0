"""Pages of comparisons: open one, grade a probe, see the result when the names are shown."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from chat.reviews.models import Comparison, ProbeRun
from chat.reviews.probing.services import words_of_probes
from finetune.exceptions import StudioError
from finetune.teams.access import SiteRequest, in_team, signed_in
from finetune.text import whole_number

from . import services, vera
from .rubric import DIMENSIONS, GRADES

DEFAULT_PROBES = 20


def comparison_get(request: SiteRequest, public_id: str) -> Comparison:
    rows = Comparison.objects.for_user(request.user).select_related("team", "created_by")
    found = rows.filter(public_id=public_id).distinct().first()
    if found is None:
        raise Http404("There is no such comparison.")
    return found


@never_cache
@in_team
@require_http_methods(["GET", "HEAD", "POST"])
def comparisons(request: SiteRequest) -> HttpResponse:
    """A team's comparisons, and a form for a new one."""
    team = request.team
    done = ProbeRun.objects.filter(team=team, state=ProbeRun.State.DONE)
    status, error = 200, ""
    chosen = request.POST.getlist("arms")
    if request.method == "POST":
        try:
            made = services.comparison_open(
                team=team,
                user=request.user,
                title=request.POST.get("title", ""),
                arms=list(done.filter(public_id__in=chosen)),
                count=whole_number(request.POST.get("count", "")) or 0,
            )
            return redirect("comparison", public_id=made.public_id)
        except StudioError as refused:
            status, error = 422, refused.message
    context = {
        "comparisons": Comparison.objects.filter(team=team),
        "probings": done[:100],
        "chosen": chosen,
        "title": request.POST.get("title", ""),
        "count": request.POST.get("count", DEFAULT_PROBES),
        "error": error,
    }
    return render(request, "chat/reviews/comparisons.html", context, status=status)


@never_cache
@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def comparison(request: SiteRequest, public_id: str) -> HttpResponse:
    """The next probe to grade; the result where the names were shown."""
    found = comparison_get(request, public_id)
    if not found.is_open:
        from .results import agreement_of, arms_of  # numpy: only for whoever looks at a result

        context: dict[str, Any] = {
            "comparison": found,
            "arms": arms_of(found),
            "agreement": agreement_of(found),
            "dimensions": DIMENSIONS,
            "raters": found.grades.values("rater").distinct().count(),
        }
        return render(request, "chat/reviews/comparison_result.html", context)
    status, error = 200, ""
    if request.method == "POST":
        try:
            services.grades_give(
                comparison=found,
                rater=request.user,
                probe=request.POST.get("probe", ""),
                grades=grades_of(request),
            )
            return redirect("comparison", public_id=public_id)
        except StudioError as refused:
            status, error = 422, refused.message
    probe = request.POST.get("probe") or services.next_probe(found, request.user)
    context = {
        "comparison": found,
        "probe": probe,
        "answers": services.order_for(found, request.user, probe) if probe else [],
        "asked": words_of_probes(),
        "number": found.probes.index(probe) + 1 if probe in found.probes else 0,
        "dimensions": DIMENSIONS,
        "grades": GRADES,
        "given": grades_of(request),
        "error": error,
        "raters": found.grades.values("rater").distinct().count(),
    }
    return render(request, "chat/reviews/comparison.html", context, status=status)


def grades_of(request: SiteRequest) -> dict[tuple[int, str], str]:
    """The grades of a form: `grade-<answer>-<dimension>`."""
    given = {}
    for name, value in request.POST.items():
        parts = name.split("-")
        if len(parts) == 3 and parts[0] == "grade" and (pk := whole_number(parts[1])) is not None:
            given[pk, parts[2]] = str(value)
    return given


@signed_in
@require_POST
def comparison_close(request: SiteRequest, public_id: str) -> HttpResponse:
    found = comparison_get(request, public_id)
    try:
        services.comparison_close(comparison=found)
    except StudioError as refused:
        messages.error(request, refused.message)
    return redirect("comparison", public_id=public_id)


@signed_in
@require_safe
def comparison_export(request: SiteRequest, public_id: str, kind: str) -> HttpResponse:
    """The talks (`conversations`, JSON) or the grades (`grades`, CSV) for VERA-MH's tools."""
    found = comparison_get(request, public_id)
    if kind == "conversations":
        options = {"ensure_ascii": False, "indent": 1}
        answer: HttpResponse = JsonResponse(
            vera.conversations(found), safe=False, json_dumps_params=options
        )
    elif kind == "grades" and not found.is_open:
        answer = HttpResponse(vera.grades_csv(found), content_type="text/csv; charset=utf-8")
    else:
        raise Http404("There is no such file, or the names have not been shown yet.")
    suffix = "json" if kind == "conversations" else "csv"
    answer["Content-Disposition"] = f'attachment; filename="{found.public_id}-{kind}.{suffix}"'
    return answer
