"""The ledger: the list of jobs, one job's page, and what a person can decide about it."""

from __future__ import annotations

import json

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from finetune.paging import KeyPaginator
from finetune.teams.access import SiteRequest, in_team, signed_in

from . import jobs as services
from . import selectors
from .forms import DecisionForm
from .models import QuantumJob
from .outcomes import carry_out

PER_PAGE = 25


@never_cache
@in_team
@require_safe
def jobs(request: SiteRequest) -> HttpResponse:
    """The team's jobs, newest first; while one is open the list keeps itself fresh."""
    rows = selectors.job_list_for(request.team)
    chosen = request.GET.get("state", "")
    if chosen in selectors.FILTERS:
        rows = rows.filter(state__in=selectors.FILTERS[chosen][1])
    counts = selectors.job_counts_by_state(request.team)
    filters = [
        (name, label, sum(counts[state] for state in states))
        for name, (label, states) in selectors.FILTERS.items()
    ]
    shown = {name: count for name, _, count in filters}.get(chosen, sum(counts.values()))
    context = {
        "page": KeyPaginator(rows, PER_PAGE, shown).get_page(request.GET.get("page")),
        "chosen": chosen if chosen in selectors.FILTERS else "",
        "filters": filters,
        "sums": selectors.job_sums(request.team),
        "live": any(counts[state] for state in QuantumJob.LIVE),
        "here": request.get_full_path(),
    }
    name = "finetune/hardware/_jobs.html" if request.htmx else "finetune/hardware/jobs.html"
    return render(request, name, context)


@never_cache
@signed_in
@require_safe
def job(request: SiteRequest, public_id: str) -> HttpResponse:
    job = selectors.job_get(request.user, public_id)
    return job_page(request, job, DecisionForm())


def job_page(
    request: SiteRequest, job: QuantumJob, form: DecisionForm, *, status: int = 200
) -> HttpResponse:
    reply = selectors.job_reply(job)
    context = {
        "job": job,
        "form": form,
        "counts": selectors.job_counts(job),
        "reply": reply[: selectors.RAW_SHOWN],
        "reply_longer": len(reply) > selectors.RAW_SHOWN,
        "payload": job.payload[: selectors.PAYLOAD_SHOWN],
        "payload_longer": len(job.payload) > selectors.PAYLOAD_SHOWN,
        "can_cancel": services.job_can_cancel(job),
    }
    whole = status != 200 or not request.htmx
    name = "finetune/hardware/job.html" if whole else "finetune/hardware/_job.html"
    return render(request, name, context, status=status)


@signed_in
@require_POST
def job_cancel(request: SiteRequest, public_id: str) -> HttpResponse:
    job = selectors.job_get(request.user, public_id)
    carry_out(request, lambda: services.job_cancel(job=job, by=request.user))
    return redirect("quantum-job", public_id)


@signed_in
@require_POST
def job_give_up(request: SiteRequest, public_id: str) -> HttpResponse:
    """A person does not want to wait any longer for a provider that tells nothing."""
    job = selectors.job_get(request.user, public_id)
    carry_out(
        request,
        lambda: services.job_give_up(job=job, by=request.user),
        _("Marked as failed. It is not asked for any more."),
    )
    return redirect("quantum-job", public_id)


@signed_in
@require_POST
def job_decide(request: SiteRequest, public_id: str) -> HttpResponse:
    """A person has looked at the cloud's own page and says what became of a job."""
    job = selectors.job_get(request.user, public_id)
    form = DecisionForm(request.POST)
    if not form.is_valid():
        return job_page(request, job, form, status=422)
    sent = form.cleaned_data["decision"] == DecisionForm.SENT
    task_id = form.cleaned_data["task_id"] if sent else ""
    carry_out(
        request,
        lambda: services.job_decide(job=job, by=request.user, task_id=task_id),
        _("Noted. The result is asked for by its task id.") if sent else _("Marked as failed."),
    )
    return redirect("quantum-job", public_id)


@signed_in
@require_safe
def job_file(request: SiteRequest, public_id: str, part: str) -> HttpResponse:
    """The whole payload, or the provider's reply as it came, as a file."""
    job = selectors.job_get(request.user, public_id)
    if part == "payload":
        text, kind = job.payload, "application/json"
    else:
        text, kind = selectors.job_reply(job), "text/plain; charset=utf-8"
        if not text:
            raise Http404(_("There is no reply of the provider yet."))
    ending = "json" if part == "payload" or is_json(text) else "txt"
    answer = HttpResponse(text, content_type=kind)
    answer["Content-Disposition"] = (
        content_disposition_header(True, f"{job.public_id}-{part}.{ending}") or "attachment"
    )
    return answer


def is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
