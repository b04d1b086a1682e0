"""The page with all that was made of a data set."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from finetune.datasets.models import Dataset
from finetune.teams.access import SiteRequest, signed_in

from .tree import lineage_of


@signed_in
@require_safe
def dataset_lineage(request: SiteRequest, public_id: str) -> HttpResponse:
    """Of a deleted data set too: its runs are still there."""
    mine = Dataset.objects.filter(team__members=request.user)
    found = get_object_or_404(mine.select_related("team"), public_id=public_id)
    context = {"dataset": found, "root": lineage_of(found)}
    return render(request, "finetune/lineage/lineage.html", context)
