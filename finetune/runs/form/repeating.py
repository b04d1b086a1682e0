"""The same run once more: with another seed, or with settings that differ a little."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from finetune.exceptions import RunRefused
from finetune.runs.checks import Agreement, RunOrder, settings_read
from finetune.runs.models import Run
from finetune.runs.services import run_create
from finetune.teams.models import ApiKey, User

OPTIONS = {"adapter_options": "adapter", "backend_options": "backend"}


def run_rerun(
    *, run: Run, by: User | None, seed: int | None = None, key: ApiKey | None = None
) -> Run:
    """The same settings on the same data with another seed: what differs then is chance.

    Args:
        seed: the new one; None: a random one.
        key: of the API, where it is asked for with one.

    Raises:
        RunRefused: the run goes on from another one, whose seed it has to keep; it costs money,
            which somebody has to agree to; or it cannot be made any more.
    """
    if run.continues is not None:
        raise RunRefused(
            _(
                "“%(name)s” goes on from “%(other)s” and keeps its seed. Run the first one again "
                "with another seed, then go on from that."
            )
            % {"name": run.name, "other": run.continues.name},
            code="seed_kept",
            field="seed",
        )
    if run.spending:
        raise RunRefused(
            _(
                "“%(name)s” runs on a machine that costs money. Use “Run again with changes”, "
                "where you agree to what it may take."
            )
            % {"name": run.name},
            code="agreement_needed",
            field="spending",
        )
    chosen = secrets.randbelow(10**6) if seed is None else seed
    return run_clone(run=run, by=by, changes={"seed": chosen}, key=key)


def run_clone(
    *,
    run: Run,
    by: User | None,
    changes: Mapping[str, Any],
    name: str = "",
    suffix: str = "",
    agreement: Agreement | None = None,
    key: ApiKey | None = None,
) -> Run:
    """A new run of another one's base, data and settings, of which some are changed.

    Raises:
        RunRefused: with one problem per field that cannot be used.
    """
    before = run.settings.to_dict()
    values = {**before, **changes}
    for options, owner in OPTIONS.items():  # another adapter or backend has other ones
        kept: dict[str, Any] = before[options] if values[owner] == before[owner] else {}
        values[options] = {**kept, **changes.get(options, {})}
    settings = settings_read(values)
    if not name and set(changes) == {"seed"}:
        name = f"{run.name.rpartition(', seed ')[0] or run.name}"[:48] + f", seed {settings.seed}"
    return run_create(
        RunOrder(
            team=run.team,
            user=by,
            settings=settings,
            base=run.base,
            dataset=run.dataset,
            validation_dataset=run.validation_dataset,
            continues=run.continues,
            continues_step=run.continues_step,
            name=name or run.name,
            suffix=suffix or run.suffix,
            preset=run.preset,
            epochs=None if "steps" in changes else run.epochs,
            agreement=agreement,
            key=key,
            metadata=run.metadata,
        )
    )
