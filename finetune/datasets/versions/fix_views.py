"""Fixes of bad lines: one as a difference, and those that were chosen as a new version."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from finetune.datasets.checking import options_of
from finetune.datasets.report import WORDS
from finetune.datasets.selectors import dataset_get, dataset_problem
from finetune.exceptions import StudioError
from finetune.teams.access import SiteRequest, signed_in

from . import changes
from .changes import Change
from .differences import difference
from .mending.record import Mended
from .proposals import Proposals
from .services import version_make

CHOSEN_MOST = 1000
DONE = {  # what a fix does, by what was wrong
    "json": gettext_lazy("Written as proper JSON"),
    "cp1252": gettext_lazy("Read as Western European text (Windows 1252)"),
    "gb18030": gettext_lazy("Read as Chinese text (GB 18030)"),
    "invalid_csv": gettext_lazy("Carriage returns as line breaks"),
    "open_quote": gettext_lazy("Stray quotation mark taken out"),
    "null_bytes": gettext_lazy("Null characters taken out"),
    "invalid_unicode": gettext_lazy("Halves of characters taken out"),
    "unrecognized_role": gettext_lazy("Roles by their known names"),
    "message_missing_key": gettext_lazy("Keys by their known names"),
    "message_unrecognized_key": gettext_lazy("Keys that no message has, taken out or renamed"),
    "missing_messages_list": gettext_lazy("Messages under their known name"),
    "data_type": gettext_lazy("Messages under their known name"),
    "misplaced_system": gettext_lazy("Two instructions put together"),
    "missing_content": gettext_lazy("Turns without words taken out, numbers as text"),
    "invalid_weight": gettext_lazy("Weights as 0 or 1"),
    "too_many_turns": gettext_lazy("Split into several dialogues"),
    "control_token": gettext_lazy("Control tokens taken out"),
}


@never_cache
@signed_in
@require_safe
def problem(request: SiteRequest, public_id: str, number: int) -> HttpResponse:
    """What one problem's line was probably meant to be."""
    found = dataset_get(request.user, public_id)
    row = dataset_problem(found, number)
    if row is None:
        raise Http404
    mended = Proposals(found.folder, found.report, options_of(found.options)).fix(row)
    context = {"dataset": found, "row": row, "number": number, "fix": fix_shown(mended)}
    name = "_fix" if request.htmx else "fix"
    return render(request, f"finetune/datasets/versions/{name}.html", context)


def fix_shown(mended: Mended | None) -> dict[str, Any] | None:
    """A fix in words, with the pieces of each difference."""
    if mended is None:
        return None
    return {
        "dialogues": len(mended.dialogues),
        "steps": [
            {
                "words": [DONE.get(what, WORDS.get(what, what)) for what in step.what],
                "pieces": difference(step.before, step.after),
            }
            for step in mended.steps
        ],
    }


@signed_in
@require_POST
def version_new(request: SiteRequest, public_id: str) -> HttpResponse:
    """Make a version: the fixes that were chosen, all that there are, or lines left out."""
    found = dataset_get(request.user, public_id)
    try:
        made = version_make(dataset=found, user=request.user, changes=asked_for(request))
    except StudioError as error:
        messages.error(request, no_choice(error))
        return redirect("dataset", public_id)
    return redirect("dataset", made.public_id)


def no_choice(error: StudioError) -> str:
    if error.code == "no_changes":
        return _("Choose at least one line first.")
    return error.message


def asked_for(request: SiteRequest) -> Iterator[Change]:
    """The changes that a form of the page asks for."""
    if request.POST.get("do") == "all":
        yield changes.fix_all()
        return
    for name, change in (("fix", changes.fix), ("exclude", changes.exclude)):
        for raw in request.POST.getlist(name)[:CHOSEN_MOST]:
            if raw.isascii() and raw.isdigit() and len(raw) <= 12 and int(raw):
                yield change(int(raw))
