"""What a run's card tells: data, base, settings, results, hardware, from rows and nothing else."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from django.utils.text import slugify

from finetune.bases.models import BaseModel
from finetune.datasets.findings.licences import is_non_commercial
from finetune.datasets.models import Dataset
from finetune.runs.circuits import THEMES
from finetune.runs.models import Run, RunEvent
from finetune.training.use.meter import Use

from .making.order import Order
from .models import Export
from .selectors import Source

HUB = re.compile(r"https://huggingface\.co/(?P<name>[\w.-]+/[\w.-]+)/?$")
NAME = 40


def order_of(export: Export, source: Source) -> Order:
    """What the process that makes an export has to know."""
    run = export.run
    folder = Path(run.folder)
    pictures = {theme: str(folder / f"circuit-{theme}.svg") for theme in THEMES}
    short = run.public_id.removeprefix("ftjob-")[:8]
    step = "" if export.step is None else f"-step-{export.step}"
    return Order(
        name=f"{slugify(run.suffix or run.name)[:NAME].strip('-') or 'run'}-{short}{step}",
        parts=tuple(export.parts),
        base=run.base.source,
        base_id=base_id(run.base),
        licence=run.base.licence,
        source=str(source.folder),
        adapter=run.settings.adapter,
        pictures=pictures,
        facts=facts_of(run, export.step),
    )


def about_base(base: BaseModel) -> dict[str, Any]:
    """What the folder of a base says about where its weights come from."""
    try:
        about: dict[str, Any] = json.loads((Path(base.source) / "wukong.json").read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return about


def base_id(base: BaseModel) -> str:
    """What a base is called outside of this server: a hub's name, or the studio's."""
    page = HUB.match(str(about_base(base).get("upstream", "")))
    if page:
        return page["name"]
    return base.source if not Path(base.source).is_absolute() else base.slug


def facts_of(run: Run, step: int | None) -> dict[str, Any]:
    """Plain values for `making.card`."""
    about = about_base(run.base)
    base = [
        ("On the studio", f"{run.base.title} (`{run.base.slug}`)"),
        ("Parameters", f"{run.base.parameters:,}" if run.base.parameters else "not known"),
        ("Weights", run.base.note or about.get("note") or "as published"),
    ]
    if about.get("source"):
        base.append(("Taken from", about["source"]))
    return {
        "name": run.name,
        "job": run.public_id,
        "ended": step is None,
        "step": run.result.get("adapter_step", run.step) if step is None else step,
        "steps": run.total_steps,
        "data": data_of(run),
        "counts": counts_of(run),
        "continues": run.continues.public_id if run.continues else "",
        "base": base,
        "settings": {"seed": run.settings.seed, **run.settings.to_dict()},
        "result": result_of(run, step),
        "hardware": hardware_of(run),
        "energy": energy_of(run),
    }


def data_of(run: Run) -> list[dict[str, Any]]:
    """The data of a run and, where it goes on from others, of those: it learned from them too."""
    sets: list[tuple[str, Dataset | None]] = [
        ("Data set", run.dataset),
        ("Validation set", run.validation_dataset),
    ]
    known, earlier = {run.pk}, run.continues
    while earlier is not None and earlier.pk not in known:
        sets.append((f"Data set of {earlier.public_id}", earlier.dataset))
        known.add(earlier.pk)
        earlier = earlier.continues
    return [
        {
            "role": role,
            "name": one.name,
            "id": one.public_id,
            "sha256": one.sha256,
            "licence": one.licence_tag or one.licence,
            "non_commercial": is_non_commercial(one.licence_tag, one.licence),
        }
        for role, one in sets
        if one is not None
    ]


def counts_of(run: Run) -> dict[str, Any]:
    """What became of the dialogues, as the trainer has counted them."""
    if counts := run.result.get("data"):
        return dict(counts)
    told = RunEvent.objects.filter(run=run, type="data").order_by("-seq").first()
    return dict(told.data) if told else {}


def result_of(run: Run, step: int | None) -> list[tuple[str, Any]]:
    """Names and values; None for what is not known."""
    before = run.result.get("base_validation_loss", run.latest.get("base_validation_loss"))
    measured: dict[str, Any] = run.result
    if step is not None:
        events = RunEvent.objects.filter(run=run, type="evaluation", data__step=step)
        found = events.order_by("-seq").first()
        measured = found.data if found else {}
    after = measured.get("validation_loss")
    if before is None or after is None:
        verdict = "There was no held-out data to measure it with at this step."
    else:
        verdict = f"{'better' if after < before else 'not better'} than before on held-out data"
    tokens = run.result.get("trained_tokens") if step is None else None
    seconds = run.result.get("seconds") if step is None else None
    return [
        ("Held-out loss before", f"{before:.4f}" if before is not None else None),
        ("Held-out loss after", f"{after:.4f}" if after is not None else None),
        ("Verdict", verdict),
        ("Trainable parameters", f"{run.trainable_parameters:,}" or None),
        ("Tokens learned from", f"{tokens:,}" if tokens else None),
        ("Seconds of training", f"{seconds:,.0f}" if seconds else None),
        ("Seed", run.settings.seed),
    ]


def hardware_of(run: Run) -> list[tuple[str, str]]:
    """What its circuits took, where they were counted."""
    rows = [
        (words, f"{run.latest[name]:,}")
        for name, words in (
            ("circuits_run", "Circuits run"),
            ("shots_run", "Shots"),
        )
        if run.latest.get(name)
    ]
    if run.spending.get("chip"):
        rows.append(("Quantum computer", str(run.spending["chip"])))
    return rows


def energy_of(run: Run) -> str:
    """What the run took, where its result says so (`energy_joules`, `energy_source`)."""
    taken = run.result if "energy_joules" in run.result else Use.of(run.folder).result
    joules = taken.get("energy_joules")
    if not joules:
        return ""
    source = taken.get("energy_source") or "estimated"
    return f"{joules / 3.6e6:.4g} kWh ({source}), by the whole run{so_far(run)}."


def so_far(run: Run) -> str:
    return "" if run.state in Run.FINISHED else " so far"
