"""The form that names an address, and the buttons of a fetch."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from finetune.datasets.selectors import dataset_get
from finetune.datasets.views import upload_context
from finetune.exceptions import StudioError
from finetune.submissions import AlreadySubmitted, submission_digest
from finetune.teams.access import SiteRequest, in_team, signed_in

from .forms import FetchForm
from .models import DatasetFetch
from .services import dataset_fetch, fetch_again, fetch_stop


@in_team
@require_POST
def dataset_from_address(request: SiteRequest) -> HttpResponse:
    form = FetchForm(request.POST)
    if form.is_valid():
        try:
            made = dataset_fetch(
                team=request.team,
                user=request.user,
                **form.cleaned_data,
                digest=submission_digest("fetch", request.team, request.POST),
            )
        except AlreadySubmitted as earlier:
            return redirect("dataset", earlier.made)
        except StudioError as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
        else:
            return redirect("dataset", made.public_id)
    context = upload_context(fetch_form=form)
    return render(request, "finetune/datasets/upload.html", context, status=422)


@signed_in
@require_POST
def dataset_fetch_stop(request: SiteRequest, public_id: str) -> HttpResponse:
    found = dataset_get(request.user, public_id)
    for fetch in DatasetFetch.objects.filter(dataset=found):
        fetch_stop(fetch)
    messages.info(request, _("It stops in a moment."))
    return redirect("dataset", public_id)


@signed_in
@require_POST
def dataset_fetch_again(request: SiteRequest, public_id: str) -> HttpResponse:
    found = dataset_get(request.user, public_id)
    for fetch in DatasetFetch.objects.filter(dataset=found):
        fetch_again(fetch)
    return redirect("dataset", public_id)
