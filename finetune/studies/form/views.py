"""Starting a study: the form with all that it will take, and one button."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from finetune.exceptions import StudioError
from finetune.runs.models import Run
from finetune.runs.selectors import run_get
from finetune.studies.models import Study
from finetune.studies.outlook import arm_plans, study_cost
from finetune.studies.services import study_create
from finetune.submissions import submission_digest, submission_once
from finetune.teams.access import SiteRequest, in_team

from .form import SOURCE, StudyForm
from .initial import studied
from .matching import study_problem


@in_team
@require_http_methods(["GET", "HEAD", "POST"])
def study_new(request: SiteRequest) -> HttpResponse:
    """The form, filled in as the matched study of a run where one is named (`?from=`)."""
    source = source_of(request)
    if source is not None and (problem := study_problem(source)):
        messages.warning(request, problem)
        return redirect("run", source.public_id)
    if request.method != "POST":
        return form_page(request, form_new(request, source))
    form = StudyForm(request.POST, team=request.team, source=source)
    if not form.is_valid():
        return form_page(request, form, status=422)
    order = form.order(request.user)
    try:
        made, repeated = submission_once(
            user=request.user,
            digest=submission_digest("study", request.team, request.POST, costly=True),
            make=lambda: study_create(order).public_id,
        )
    except StudioError as error:
        form.add_refusal(error)
        return form_page(request, form, status=422)
    if repeated:
        messages.info(
            request, _("This form has started this study already, so it was not started twice.")
        )
    else:
        name = Study.objects.values_list("name", flat=True).get(public_id=made)
        messages.success(request, _("“%(name)s” is on its way.") % {"name": name})
    return redirect("study", made)


@in_team
@require_POST
def study_summary(request: SiteRequest) -> HttpResponse:
    """What the study of a form that may still be half filled will take."""
    form = StudyForm(request.POST, team=request.team, source=source_of(request))
    form.is_valid()
    context = {"form": form, **summary_of(form)}
    return render(request, "finetune/studies/form/_summary.html", context)


def source_of(request: SiteRequest) -> Run | None:
    """The run that the address or the form names; one that is not of this team is not found."""
    named = request.POST.get(SOURCE) or request.GET.get(SOURCE)
    if not named:
        return None
    run = run_get(request.user, named)
    if run.team_id != request.team.pk:
        raise Http404
    return run


def form_new(request: SiteRequest, source: Run | None) -> StudyForm:
    asked = request.GET
    single = {name: asked[name] for name in ("dataset", "test_dataset", "base") if name in asked}
    return StudyForm(
        team=request.team, source=source, adapter=asked.get("adapter", ""), initial=single
    )


def form_page(request: SiteRequest, form: StudyForm, status: int = 200) -> HttpResponse:
    context = {
        "form": form,
        "source": form.source,
        "adapters": studied(),
        "ready": form.fields["dataset"].queryset.exists(),  # type: ignore[attr-defined]
        "bases": form.fields["base"].queryset.exists(),  # type: ignore[attr-defined]
        **summary_of(form),
    }
    return render(request, "finetune/studies/form/new.html", context, status=status)


def summary_of(form: StudyForm) -> dict[str, Any]:
    """Runs, time, memory and energy, where enough is known; else why not."""
    if not form.is_bound:
        form = StudyForm(filled(form), team=form.team, source=form.source)
        form.is_valid()
    typed = form.cleaned_data
    if not (typed.get("base") and typed.get("dataset")):
        return {"cost": None, "refused": ""}
    order = form.order(None)
    if not order.settings.arms or set(order.settings.arms) - set(order.settings.rates):
        return {"cost": None, "refused": ""}
    try:
        plans = arm_plans(order)
    except StudioError as error:
        return {"cost": None, "refused": error.message}
    lacking = [one for one in plans if one.plan.forecast and one.plan.forecast.lacks]
    return {
        "cost": study_cost(order.settings, order.arms, plans),
        "plans": plans,
        "forecast": next((one.plan.forecast for one in plans if one.plan.forecast), None),
        "lacking": lacking[0] if lacking else None,
        "grid": sum(one.rates for one in plans),
        "more_seeds": len(order.arms) * (len(order.settings.seeds) - 1),
        "refused": "",
    }


def filled(form: StudyForm) -> MultiValueDict[str, Any]:
    """An unsent form's values, as if a browser had sent them unchanged."""
    data: MultiValueDict[str, Any] = MultiValueDict()
    for bound in form:
        value = bound.field.prepare_value(bound.initial)
        if isinstance(value, list | tuple):
            data.setlist(bound.html_name, list(value))
        elif value is not None and value is not False:
            data[bound.html_name] = value
    return data
