"""Asking before a ladder sends circuits to a machine that costs money, as for a run."""

from __future__ import annotations

import math
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from finetune.exceptions import StudioError
from finetune.hardware.models import QuantumKey
from finetune.hardware.placement import placement_doubt
from finetune.hardware.selectors import tariff
from finetune.runs.checks import Agreement
from finetune.runs.form.fields import chips
from finetune.runs.form.terms import TermsForm
from finetune.runs.models import Run
from finetune.teams.access import SiteRequest
from quantum.backends.registry import BACKENDS

from .chip import CHIP, chip_plan, chip_settings
from .models import Evaluation
from .process.order import Terms


def chip_offered(run: Run) -> dict[str, Any]:
    """What the form shows of the rung on a chip; nothing where its circuits cannot be sent."""
    try:
        chip_plan(run, "", Terms())
    except StudioError:
        return {"can_climb": False}
    keys = list(QuantumKey.objects.for_team(run.team))
    known = next(option.choices for option in BACKENDS[CHIP].fields if option.name == "chip")
    return {
        "can_climb": True,
        "quantum_keys": keys,
        "quantum_missing": BACKENDS[CHIP].missing(),
        "chips": chips(keys, known),
    }


def consent_of(request: SiteRequest, run: Run, terms: Terms) -> Agreement | HttpResponse | None:
    """What a form agrees to, the page that asks for it, or None where nothing would be sent.

    Raises:
        StudioError: there is no such key, or these circuits cannot be sent.
    """
    chosen = request.POST
    if chosen.get("kind") != Evaluation.Kind.LADDER or not chosen.get("quantum_key"):
        return None
    keys = QuantumKey.objects.for_team(run.team)
    key = keys.filter(public_id=chosen["quantum_key"]).first()
    if key is None:
        words = _("There is no such quantum key in this team. Add one on the Quantum page.")
        raise StudioError(words, code="not_found", field="quantum_key")
    plan = chip_plan(run, chosen.get("chip", ""), terms)
    form = TermsForm(chosen if "terms" in chosen else None)
    if form.is_valid():
        return form.agreement(key)
    settings = chip_settings(run.settings, chosen.get("chip", ""), terms.shots)
    chip, cost = str(settings.machine["chip"]), plan.cost(tariff())
    typed = [
        (name, value)
        for name, values in chosen.lists()
        if name not in {"csrfmiddlewaretoken", "change", *TermsForm.base_fields}
        for value in values
    ]
    context = {
        "run": run,
        "typed": typed,
        "terms": form,
        "sampling": plan,
        "cost": cost,
        "seconds": math.ceil(cost.seconds[1]),
        "key": key,
        "chip": chip,
        "doubt": placement_doubt(run.team, chip, plan.joined),
    }
    return render(request, "finetune/evaluations/terms.html", context)
