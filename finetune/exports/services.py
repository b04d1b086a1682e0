"""Asking for exports, and deleting them."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from finetune.exceptions import StudioError
from finetune.queue import enqueue
from finetune.runs.models import Run
from finetune.teams.audit.services import audit_write
from finetune.teams.models import User
from finetune.text import whole_number
from quantum.adapters.registry import get_adapter

from .making.order import GGUF_KINDS, PARTS, base_kind
from .models import Export
from .selectors import Source, source_of

State = Export.State
MOST_WAITING = 5  # of one team


@transaction.atomic
def export_create(
    *, run: Run, user: User | None, parts: Sequence[str], step: int | None = None
) -> Export:
    """Queue an export; the same one that is being made already is that one.

    Raises:
        StudioError: there is nothing to export, a part cannot be made, or the disk is too full.
    """
    run = Run.objects.select_for_update().select_related("base", "team").get(pk=run.pk)
    wanted = [part for part in PARTS if part == "adapter" or part in parts]
    parts_check(run, parts)
    source = source_of(run, step)
    if source is None:
        raise StudioError(
            _("There are no weights of this step any more. Choose another one.")
            if step is not None
            else _("This run has not ended with an adapter. Choose one of its checkpoints."),
            code="wrong_state",
            field="checkpoint",
        )
    live = Export.objects.filter(run=run, step=step, state__in=Export.LIVE)
    for one in live:
        if one.parts == wanted:
            return one
    waiting = Export.objects.for_team(run.team).filter(state__in=Export.LIVE).count()
    if waiting >= MOST_WAITING:
        raise StudioError(
            _("%(count)s exports of this team wait already. Let them finish first.")
            % {"count": waiting},
            code="too_many",
        )
    room_check(run, source, wanted)
    made = Export.objects.create(run=run, created_by=user, step=step, parts=wanted)
    audit_write("run.exported", run, by=user)
    enqueue("export_make", made.pk)
    return made


def step_of(typed: str) -> int | None:
    """The checkpoint that a form names; none for what the run ended with."""
    step = whole_number(typed)
    if typed and step is None:
        raise StudioError(
            _("There are no weights of this step any more. Choose another one."),
            code="wrong_state",
            field="checkpoint",
        )
    return step


def parts_check(run: Run, parts: Sequence[str]) -> None:
    """Refuse parts that are not known or cannot be made of this run."""
    unknown = [part for part in parts if part not in PARTS]
    if unknown:
        raise StudioError(
            _("%(part)s is no part of an export; there are %(known)s.")
            % {"part": unknown[0][:40], "known": ", ".join(PARTS)},
            code="invalid_value",
            field="parts",
        )
    if "merged" not in parts and "gguf" not in parts:
        return
    if problem := merge_problem(run):
        raise StudioError(problem, code="not_mergeable", field="parts")
    if "gguf" in parts and (problem := run_gguf_problem(run)):
        raise StudioError(problem, code="no_gguf", field="parts")


def run_gguf_problem(run: Run) -> str:
    """Why no GGUF file is written on a run's base, as far as its config tells; or empty."""
    kind = base_kind(Path(run.base.source))
    if kind in GGUF_KINDS:
        return ""
    return _(
        "GGUF is written for %(known)s, and this base is none of them (%(kind)s). Export the "
        "merged model, and convert it with llama.cpp's convert_hf_to_gguf.py."
    ) % {"known": ", ".join(GGUF_KINDS), "kind": kind or "?"}


def merge_problem(run: Run) -> str:
    """Why a run's adapter does not merge into its base, or an empty text."""
    spec, chosen = get_adapter(run.settings.adapter), run.settings
    if spec.can_merge(chosen.options):
        return ""
    return _(
        "%(adapter)s with these options is not linear in a layer's input (its circuit stands in "
        "the way), so it cannot be merged. Export the adapter alone."
    ) % {"adapter": spec.title}


def room_needed(run: Run, source: Source, parts: Sequence[str]) -> int:
    """Bytes that an export takes while it is made, at most."""
    files = [*Path(run.base.source).glob("*.safetensors")]
    base = sum(path.stat().st_size for path in files) or 4 * (run.base.parameters or 0)
    adapter = sum(path.stat().st_size for path in source.folder.glob("adapter_model.*"))
    needed = 2 * adapter + 8 * 2**20
    if "merged" in parts or "gguf" in parts:
        needed += base  # the merged model, from which the file is written
    if "merged" in parts:
        needed += base  # once more in the archive
    if "gguf" in parts:
        needed += 2 * 2 * (run.base.parameters or base // 4)
    return needed


def room_check(run: Run, source: Source, parts: Sequence[str]) -> None:
    """Refuse what the disk has no room for.

    Raises:
        StudioError: with how much is needed, and how much is there.
    """
    needed = room_needed(run, source, parts)
    free = shutil.disk_usage(run.folder).free - settings.UPLOAD_MIN_FREE_MB * 2**20
    if needed > free:
        raise StudioError(
            _(
                "This export takes %(needed)s on the server's disk while it is made, and %(free)s "
                "are free. Delete old exports, or leave a part out."
            )
            % {"needed": filesizeformat(needed), "free": filesizeformat(max(0, free))},
            code="disk_full",
            field="parts",
        )


@transaction.atomic
def export_delete(*, export: Export) -> None:
    """Remove an export and its archive. One that is being made stops within a second."""
    folder = export.folder
    Export.objects.filter(pk=export.pk).delete()
    transaction.on_commit(lambda: shutil.rmtree(folder, ignore_errors=True))
