"""The quantum page: backends, the keys of the cloud, and the maps of its chips."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_POST, require_safe

from finetune.exceptions import StudioError
from finetune.submissions import submission_digest, submission_once
from finetune.teams.access import SiteRequest, in_team, signed_in
from finetune.teams.selectors import is_owner
from quantum.chips.published import published_72

from . import keys as key_services
from . import selectors
from .chip_map import chip_map
from .forms import QuantumKeyForm
from .outcomes import carry_out

CALIBRATIONS = 12
PUBLISHED = "published"


def hardware_page(
    request: SiteRequest, form: QuantumKeyForm, *, status: int = 200, part: str = ""
) -> HttpResponse:
    keys = list(selectors.cloud_key_list_for(request.team))
    context = {
        "form": form,
        "keys": keys,
        "reading": any(key.reading for key in keys),
        "is_owner": is_owner(request.user, request.team),
        "cards": selectors.backend_cards(keys),
        "open_jobs": selectors.job_list_for(request.team).filter(
            state__in=selectors.FILTERS["open"][1]
        ).count(),
        "decisions": selectors.job_list_for(request.team).filter(
            state__in=selectors.FILTERS["decision"][1]
        ).count(),
    }  # fmt: skip
    name = part or (
        "finetune/hardware/_hardware.html" if request.htmx else "finetune/hardware/hardware.html"
    )
    return render(request, name, context, status=status)


@never_cache
@in_team
@require_safe
def hardware(request: SiteRequest) -> HttpResponse:
    """Backends and keys; while chips are being read, the fragment asks again."""
    return hardware_page(request, QuantumKeyForm())


@never_cache
@sensitive_post_parameters("secret")
@sensitive_variables()
@in_team
@require_POST
def cloud_key_create(request: SiteRequest) -> HttpResponse:
    form = QuantumKeyForm(request.POST)
    if form.is_valid():
        values = form.cleaned_data

        def make() -> str:
            key = key_services.cloud_key_create(
                team=request.team,
                user=request.user,
                label=values["label"],
                secret=values["secret"],
                url=values["url"],
            )
            return key.public_id

        try:
            submission_once(
                user=request.user,
                digest=submission_digest("quantum-key", request.team, request.POST),
                make=make,
            )
        except StudioError as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
        else:
            label = values["label"].strip()
            messages.success(
                request, _("“%(label)s” is stored. Its chips are being read.") % {"label": label}
            )
            return redirect("quantum")
    return hardware_page(request, form, status=422, part="finetune/hardware/hardware.html")


@signed_in
@require_POST
def cloud_key_read(request: SiteRequest, public_id: str) -> HttpResponse:
    """Read chips and calibrations again, in the background."""
    key = selectors.cloud_key_get(request.user, public_id)
    if not key.reading:
        key_services.cloud_key_read_again(key=key)
    if request.htmx and request.team == key.team:
        return hardware_page(request, QuantumKeyForm())
    return redirect("quantum")


@signed_in
@require_POST
def cloud_key_delete(request: SiteRequest, public_id: str) -> HttpResponse:
    """A key can be deleted by the person who added it and by an owner of the team."""
    key = selectors.cloud_key_get(request.user, public_id)
    if key.created_by_id != request.user.pk and not is_owner(request.user, key.team):
        raise PermissionDenied(_("Only the person who added a key or an owner can delete it."))
    carry_out(
        request,
        lambda: key_services.cloud_key_delete(key=key),
        _("“%(label)s” is deleted. Ended jobs and calibrations stay.") % {"label": key.label},
    )
    return redirect("quantum")


@in_team
@require_safe
def chips(request: SiteRequest) -> HttpResponse:
    """The newest fetched calibration, or the published figures where there is none."""
    newest = selectors.calibration_list_for(request.team).first()
    if newest is not None and request.GET.get("figures") != PUBLISHED:
        return redirect("quantum-chip", newest.public_id)
    return chip_page(request, None)


@signed_in
@require_safe
def chip(request: SiteRequest, public_id: str) -> HttpResponse:
    return chip_page(request, selectors.calibration_get(request.user, public_id))


def chip_page(request: SiteRequest, row: Any) -> HttpResponse:
    calibration = row.calibration if row is not None else published_72()
    team = row.team if row is not None else request.team
    context = {
        "row": row,
        "calibration": calibration,
        "map": chip_map(calibration),
        "others": selectors.calibration_list_for(team)[:CALIBRATIONS],
        "qubits": sorted(calibration.qubits.items()),
        "fingerprint": calibration.fingerprint(),
    }
    return render(request, "finetune/hardware/chip.html", context)
