"""Starting a run: the form, and the summary that follows what is typed."""

from __future__ import annotations

import math
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from finetune.datasets.formats.form import PREFERENCE
from finetune.datasets.models import Dataset
from finetune.datasets.selectors import dataset_list_for
from finetune.exceptions import RunRefused
from finetune.hardware.placement import placement_doubt
from finetune.runs.calibrations import chip_words
from finetune.runs.drawings import picture_ready
from finetune.runs.models import Run
from finetune.runs.selectors import run_get
from finetune.runs.services import run_create
from finetune.runs.trial.selectors import trial_of
from finetune.runs.trial.services import trial_key_of
from finetune.submissions import submission_digest, submission_once
from finetune.teams.access import SiteRequest, in_team
from finetune.text import whole_number
from finetune.training.preference.settings import RATE_SHARE
from finetune.training.presets import PRESETS, preset_values
from finetune.training.problems import Problem
from finetune.training.settings import RunSettings
from quantum.adapters.registry import ADAPTERS
from quantum.backends.registry import BACKENDS

from .estimates import run_plan, train_dialogues
from .fitting import changed, run_changes
from .form import RunForm, initial_from_run, initial_from_settings
from .terms import TermsForm

FIRST_PRESET = "quick"


@in_team
@require_http_methods(["GET", "HEAD", "POST"])
def run_new(request: SiteRequest) -> HttpResponse:
    """The form; what was typed is kept, with each refusal beside its field.

    Settings that would spend something lead to a page that repeats the estimate and asks first.
    """
    team = request.team
    if request.method != "POST":
        return form_page(request, RunForm(team=team, initial=initial_of(request)))
    form = RunForm(changed(request.POST), team=team)
    if not form.is_valid() or {"change", "take"} & set(request.POST):
        return form_page(request, form)
    billable = BACKENDS[form.choice.settings.backend].billable
    terms = TermsForm(request.POST if "terms" in request.POST else None)
    if billable and not terms.is_valid():
        return terms_page(request, form, terms)
    key = form.cleaned_data["quantum_key"]
    order = form.order(request.user, terms.agreement(key) if billable else None)
    try:
        made, repeated = submission_once(
            user=request.user,
            digest=submission_digest("run", team, request.POST, costly=True),
            make=lambda: run_create(order).public_id,
        )
    except RunRefused as error:
        if error.code == "agreement_too_small":
            return terms_page(request, form, TermsForm())
        form.add_problems(error.problems)
        return form_page(request, form)
    if repeated:
        messages.info(
            request,
            _(
                "This form has started this run already, so it was not started twice. "
                "For another one with the same settings, open a new form."
            ),
        )
    else:
        name = Run.objects.values_list("name", flat=True).get(public_id=made)
        messages.success(request, _("“%(name)s” is on its way.") % {"name": name})
    return redirect("run", made)


def terms_page(request: SiteRequest, form: RunForm, terms: TermsForm) -> HttpResponse:
    """What would be sent and spent, and a tick without which nothing is."""
    plan = run_plan(form.choice)
    if plan.cost is None or plan.sampling is None:
        nothing = Problem("backend", _("These settings have no circuit to send."))
        form.add_problems(plan.problems or (nothing,))
        return form_page(request, form)
    chip = str(plan.settings.machine.get("chip", ""))
    typed = [
        (name, value)
        for name, values in request.POST.lists()
        if name not in {"csrfmiddlewaretoken", "change", *TermsForm.base_fields}
        for value in values
    ]
    context = {
        "typed": typed,
        "terms": terms,
        "sampling": plan.sampling,
        "cost": plan.cost,
        "seconds": math.ceil(plan.cost.seconds[1]),
        "key": form.cleaned_data["quantum_key"],
        "chip": chip,
        "doubt": placement_doubt(request.team, chip, plan.sampling.joined),
        "form": form,
    }
    return render(request, "finetune/runs/form/terms.html", context)


@in_team
@require_POST
def run_summary(request: SiteRequest) -> HttpResponse:
    """The summary of a form that may still be half filled: what can be counted is counted.

    The trial of these settings comes beside it, so that no other settings' stays there.
    """
    form = RunForm(request.POST, team=request.team)
    form.is_valid()
    context = {**summary_of(request, form), "beside": True}
    return render(request, "finetune/runs/form/_summary.html", context)


def form_page(request: SiteRequest, form: RunForm, **more: Any) -> HttpResponse:
    context = {
        **more,
        "form": form,
        "presets": presets_for(request),
        "chosen_preset": form["preset"].value() or "",
        "ready": form.fields["dataset"].queryset.exists(),  # type: ignore[attr-defined]
        "continues": continued(form),
        "bases": form.fields["base"].queryset,  # type: ignore[attr-defined]
        **summary_of(request, form),
    }
    return render(request, "finetune/runs/form/new.html", context)


@in_team
@require_safe
def run_datasets(request: SiteRequest) -> HttpResponse:
    """The selects of both data sets, with those whose names hold the words that somebody types."""
    chosen = {name: request.GET.get(name, "") for name in ("dataset", "validation_dataset")}
    form = RunForm(team=request.team, initial=chosen)
    form.search(request.GET.get("q", ""))
    second = form["validation_dataset"].as_widget(attrs={"hx-swap-oob": "true"})
    return render(
        request, "finetune/runs/form/_datasets.html", {"form": form, "validation": second}
    )


def continued(form: RunForm) -> Run | None:
    """The run that this one would go on from, for the words on the page."""
    value = form["continues"].value()
    queryset = form.fields["continues"].queryset  # type: ignore[attr-defined]
    found: Run | None = queryset.filter(public_id=value).first() if value else None
    return found


def summary_of(request: SiteRequest, form: RunForm) -> dict[str, Any]:
    """The estimate for a form, sent or not."""
    if not form.is_bound:
        form = RunForm(filled(form), team=request.team)
        form.is_valid()
    plan = run_plan(form.choice)
    return {
        "plan": plan,
        "high_rate": high_rate(form.choice.settings),
        "forecast": plan.forecast,
        "changes": run_changes(form.choice, plan),
        "trial": trial_of(request.team, trial_key_of(form.choice, plan)),
        "chip": chip_words(plan.chip) if plan.chip else "",
        "circuit": plan.circuit,
        "picture_ready": plan.circuit is not None and picture_ready(plan.circuit),
        "sampling": plan.sampling,
        "cost": plan.cost,
        "dataset": form.choice.dataset,
    }


def high_rate(settings: RunSettings) -> float | None:
    """The usual learning rate for pairs of replies, where a run has one that is far higher."""
    spec = ADAPTERS.get(settings.adapter)
    if settings.kind != PREFERENCE or spec is None:
        return None
    usual = RATE_SHARE * spec.default_learning_rate
    return usual if settings.learning_rate > 4 * usual else None


def filled(form: RunForm) -> MultiValueDict[str, Any]:
    """An unsent form's values, as if a browser had sent them unchanged."""
    data: MultiValueDict[str, Any] = MultiValueDict()
    for bound in form:
        value = bound.value()
        if isinstance(value, list | tuple):
            data.setlist(bound.html_name, list(value))
        elif value is not None and value is not False:
            data[bound.html_name] = value
    return data


def initial_of(request: SiteRequest) -> dict[str, Any]:
    """Prefill: a preset, or an earlier run, then single fields named in the address.

    `?from=` takes an earlier run's settings; `?continue=` also starts from its adapter, or from the
    checkpoint of `checkpoint=`.
    """
    asked = request.GET
    if "continue" in asked:
        earlier = run_get(request.user, asked["continue"])
        step = whole_number(asked.get("checkpoint", ""))
        values = initial_from_run(earlier)
        values |= {"continues": earlier.public_id, "continues_step": step}
        values["name"] = f"{earlier.name}, continued"[:64]
    elif "from" in asked:
        values = initial_from_run(run_get(request.user, asked["from"]))
    else:
        ready = dataset_list_for(request.team).filter(state=Dataset.State.READY)
        first = ready.filter(public_id=asked["dataset"]).first() if "dataset" in asked else None
        offered = first or ready.first()
        pairs = offered is not None and offered.kind == PREFERENCE
        usual = PREFERENCE if pairs else FIRST_PRESET
        preset = asked.get("preset", usual)
        preset = preset if preset in PRESETS else usual
        dialogues = train_dialogues(first, None) if first else 0
        settings, _ = RunSettings.draft(preset_values(preset, dialogues))
        values = {**initial_from_settings(settings), "preset": preset}
    names = set(asked) - {"preset", "continue", "from"}
    known = RunForm(team=request.team).fields if names else {}
    single = {name: asked[name] for name in names if name in known}
    if "targets" in single:
        values["targets"] = asked.getlist("targets")
        del single["targets"]
    return {**values, **single}


def presets_for(request: SiteRequest) -> list[dict[str, Any]]:
    """The preset cards: words, an address that works without JavaScript, values for with it."""
    options = {
        f"{spec.name}-{option.name}": option.default
        for spec in ADAPTERS.values()
        for option in spec.fields
    }
    kept = f"&dataset={request.GET['dataset']}" if "dataset" in request.GET else ""
    return [
        {
            "name": preset.name,
            "label": _(preset.label),
            "help": _(preset.help),
            "address": f"?preset={preset.name}{kept}",
            "values": options | initial_from_settings(RunSettings.from_dict(preset.values)),
            "epochs": preset.epochs,
        }
        for preset in PRESETS.values()
    ]
