"""The circuit explorer: the form, one experiment's page, its drawing and its exports."""

from __future__ import annotations

from typing import Any

from csp.decorators import csp_replace
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from finetune.exceptions import StudioError
from finetune.explorer.experiment.spec import EXPORTS, Spec, families
from finetune.hardware.outcomes import carry_out
from finetune.hardware.selectors import cloud_key_list_for
from finetune.paging import KeyPaginator
from finetune.runs.circuit_views import drawing_answer
from finetune.runs.circuits import THEMES
from finetune.submissions import submission_digest, submission_once
from finetune.teams.access import SiteRequest, in_team, signed_in

from . import charts, services
from .computation import experiment_folder
from .forms import ExperimentForm, first_values
from .models import QuantumExperiment
from .selectors import experiment_get, experiment_list_for

PER_PAGE = 12


@in_team
@require_http_methods(["GET", "HEAD", "POST"])
def explorer(request: SiteRequest) -> HttpResponse:
    """The form and the team's earlier experiments; what was typed is kept with its refusals."""
    form = ExperimentForm(request.POST or None, team=request.team, initial=initial_of(request))
    if request.method == "POST" and form.is_valid():

        def make() -> str:
            experiment = services.experiment_create(
                team=request.team,
                user=request.user,
                spec=form.spec(),
                key=form.cleaned_data.get("key"),
            )
            return experiment.public_id

        try:
            made, _ = submission_once(
                user=request.user,
                digest=submission_digest("experiment", request.team, request.POST),
                make=make,
            )
        except StudioError as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
        else:
            return redirect("quantum-experiment", made)
    rows = experiment_list_for(request.team).defer("result")
    context = {
        "form": form,
        "families": families(),
        "page": KeyPaginator(rows, PER_PAGE).get_page(request.GET.get("page")),
        "has_keys": cloud_key_list_for(request.team).exists(),
    }
    if request.htmx and request.method != "POST":
        return render(request, "finetune/explorer/_experiments.html", context)
    status = 422 if form.errors else 200
    return render(request, "finetune/explorer/explorer.html", context, status=status)


def initial_of(request: SiteRequest) -> dict[str, Any]:
    """A new experiment's values, or those of an earlier one (`?from=`)."""
    if "from" not in request.GET:
        return first_values()
    earlier = experiment_get(request.user, request.GET["from"])
    key = earlier.key.public_id if earlier.key else ""
    return {**Spec.from_dict(earlier.spec).to_dict(), "key": key}


@never_cache
@signed_in
@require_safe
def experiment(request: SiteRequest, public_id: str) -> HttpResponse:
    found = experiment_get(request.user, public_id)
    chart = charts.values_chart(found.result)
    context = {
        "experiment": found,
        "spec": Spec.from_dict(found.spec),
        "live": found.state in QuantumExperiment.LIVE,
        "columns": charts.columns_done(found.result),
        "rows": charts.values_table(found.result),
        "chart": chart,
        "chart_words": charts.chart_words(chart, found.result),
        "counts": charts.counts_tables(found.result),
        "jobs": found.jobs.all(),
        "formats": [
            (name, title)
            for name, (title, _) in EXPORTS.items()
            if name in found.result.get("exports", {})
        ],
        "limit": settings.EXPERIMENT_SECONDS,
    }
    page = (
        "finetune/explorer/_experiment.html"
        if request.htmx
        else "finetune/explorer/experiment.html"
    )
    return render(request, page, context)


def experiment_act(request: SiteRequest, public_id: str, action: Any, said: str) -> HttpResponse:
    found = experiment_get(request.user, public_id)
    carry_out(request, lambda: action(found), said)
    return redirect("quantum-experiment", public_id)


@signed_in
@require_POST
def experiment_confirm(request: SiteRequest, public_id: str) -> HttpResponse:
    """The person has seen the estimate: plan the jobs."""

    def confirm(found: QuantumExperiment) -> None:
        services.experiment_confirm(experiment=found, user=request.user)

    return experiment_act(request, public_id, confirm, _("Planned. It is sent in a moment."))


@signed_in
@require_POST
def experiment_skip(request: SiteRequest, public_id: str) -> HttpResponse:
    def skip(found: QuantumExperiment) -> None:
        services.experiment_skip(experiment=found)

    return experiment_act(request, public_id, skip, _("Nothing was sent."))


@signed_in
@require_POST
def experiment_delete(request: SiteRequest, public_id: str) -> HttpResponse:
    found = experiment_get(request.user, public_id)
    try:
        services.experiment_delete(experiment=found)
    except StudioError as error:
        messages.warning(request, error.message)
        return redirect("quantum-experiment", public_id)
    messages.success(request, _("“%(name)s” is deleted.") % {"name": found.name})
    return redirect("quantum-explorer")


@signed_in
@require_safe
def experiment_export(request: SiteRequest, public_id: str, kind: str) -> HttpResponse:
    """The circuit as text for another program."""
    found = experiment_get(request.user, public_id)
    text = found.result.get("exports", {}).get(kind)
    if kind not in EXPORTS or text is None:
        raise Http404("There is no such export of this experiment.")
    answer = HttpResponse(text, content_type="text/plain; charset=utf-8")
    name = f"{found.public_id}.{EXPORTS[kind][1]}"
    answer["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    return answer


@csp_replace({"default-src": ["'none'"]})
@signed_in
@require_safe
def experiment_image(request: SiteRequest, public_id: str, theme: str) -> HttpResponse:
    """One SVG file. Nothing in it may load anything."""
    found = experiment_get(request.user, public_id)
    if theme not in THEMES:
        raise Http404("No such picture.")
    return drawing_answer(experiment_folder(found) / f"circuit-{theme}.svg")
