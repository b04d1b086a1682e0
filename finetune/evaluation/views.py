"""A run's evaluations: the form, how far each is, what came of it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from finetune.bases.files.wheels import file_sha256
from finetune.datasets.selectors import dataset_get
from finetune.downloads import file_answer
from finetune.exceptions import StudioError
from finetune.runs.checks import Agreement
from finetune.runs.models import Run
from finetune.runs.selectors import run_get
from finetune.submissions import submission_digest, submission_once
from finetune.teams.access import SiteRequest, signed_in

from . import services, tasks
from .consent import chip_offered, consent_of
from .given import MOST_BYTES, given_read
from .harness.presence import harness_missing
from .models import Evaluation
from .process.order import Terms
from .scoring.ways import WAYS
from .selectors import checkpoints_offered, datasets_offered, evaluation_get, evaluations_of

NUMBERS = ("limit", "tokens", "examples", "run_prompt", "chat")


@never_cache
@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def run_evaluations(request: SiteRequest, public_id: str) -> HttpResponse:
    """The form and the run's evaluations; what was chosen is kept with its refusal.

    A ladder that would send circuits leads to a page that says what it takes and asks first.
    """
    run = run_get(request.user, public_id)
    chosen = request.POST if request.method == "POST" else request.GET
    refused = ""
    if request.method == "POST" and "change" not in chosen:
        try:
            terms = terms_of(chosen)
            consent = consent_of(request, run, terms)
            if isinstance(consent, HttpResponse):
                return consent
            digest = ""
            if consent is not None:  # what costs money is made once
                digest = submission_digest("evaluation", run.team, chosen, costly=True)
            submission_once(
                user=request.user,
                digest=digest,
                make=lambda: made_of(request, run, terms, consent).public_id,
            )
        except StudioError as error:
            refused = error.message
        else:
            return redirect("run-evaluations", public_id)
    context = {**page_of(run), "chosen": chosen, "refused": refused}
    if request.htmx and request.method != "POST":
        return render(request, "finetune/evaluations/_evaluations.html", context)
    return render(
        request, "finetune/evaluations/evaluations.html", context, status=422 if refused else 200
    )


def terms_of(chosen: QueryDict) -> Terms:
    """How it is computed. Raises StudioError: a value cannot be used."""
    values: dict[str, Any] = {one: chosen[one] for one in NUMBERS if chosen.get(one)}
    values |= {one: chosen[one] for one in ("circuit", "prompt", "task") if chosen.get(one)}
    if chosen.get("circuit_shots"):  # what was agreed to has its own `shots`, of all circuits
        values["shots"] = chosen["circuit_shots"]
    return services.terms_read(values)


def made_of(request: SiteRequest, run: Run, terms: Terms, consent: Agreement | None) -> Evaluation:
    """Queue what a form asks for. Raises StudioError: it cannot be evaluated so."""
    chosen = request.POST
    kind, name = chosen.get("kind", ""), chosen.get("dataset", "")
    file = request.FILES.get("cases") if kind == Evaluation.Kind.IMPORTED else None
    given = None if file is None else given_read(file.name or "", file.read(MOST_BYTES + 1))
    own = given is not None or kind == Evaluation.Kind.HARNESS
    dataset = dataset_get(request.user, name) if name and not own else None
    return services.evaluation_create(
        team=run.team,
        user=request.user,
        kind=kind,
        run=run,
        checkpoint=chosen.get("checkpoint", "best"),
        dataset=dataset,
        part=chosen.get("part") or Evaluation.Part.HELD_OUT,
        terms=terms,
        given=given,
        chip=chosen.get("chip", "") if consent is not None else None,
        agreement=consent,
    )


def page_of(run: Run) -> dict[str, Any]:
    rows = evaluations_of(run)
    return {
        "run": run,
        "evaluations": rows,
        "live": any(row.state in Evaluation.LIVE for row in rows),
        "kinds": [one for one in Evaluation.Kind.choices if one[0] != "ladder"]
        + ([Evaluation.Kind.choices[-1]] if services.has_circuit(run) else []),
        "most_kb": MOST_BYTES // 1000,
        "tasks": tasks.tasks_offered(),
        "harness_missing": harness_missing(),
        "parts": Evaluation.Part.choices,
        "checkpoints": checkpoints_offered(run),
        "datasets": datasets_offered(run.team),
        **chip_offered(run),
        "ways": list(WAYS) if services.has_circuit(run) else [],
    }


@signed_in
@require_safe
def evaluation_result(request: SiteRequest, public_id: str, evaluation_id: str) -> HttpResponseBase:
    """Everything that came out, dialogue by dialogue; the team's and nobody else's."""
    evaluation = evaluation_get(request.user, public_id, evaluation_id)
    if evaluation.file is None:
        raise Http404("There is no result of this evaluation.")
    return file_answer(
        request,
        evaluation.file,
        filename=f"{evaluation.public_id}.json",
        content_type="application/json",
        etag=file_sha256(evaluation.file),
    )


@signed_in
@require_POST
def evaluation_cancel(request: SiteRequest, public_id: str, evaluation_id: str) -> HttpResponse:
    evaluation = evaluation_get(request.user, public_id, evaluation_id)
    try:
        services.evaluation_cancel(evaluation=evaluation, by=request.user)
    except StudioError as error:
        messages.error(request, error.message)
    return redirect("run-evaluations", public_id)


@signed_in
@require_POST
def evaluation_delete(request: SiteRequest, public_id: str, evaluation_id: str) -> HttpResponse:
    evaluation = evaluation_get(request.user, public_id, evaluation_id)
    services.evaluation_delete(evaluation=evaluation, by=request.user)
    messages.success(request, _("The evaluation is deleted."))
    return redirect("run-evaluations", public_id)
