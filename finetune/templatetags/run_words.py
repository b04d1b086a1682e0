"""Numbers and sentences about runs, as a person reads them, for pages and the live fragment."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from django import template
from django.utils.translation import gettext as _

from finetune.condition import held_up
from finetune.datasets.models import Dataset
from finetune.datasets.versions.selectors import newest_of
from finetune.hardware.models import QuantumJob
from finetune.hardware.placement import place
from finetune.runs.circuits import circuit_of_run
from finetune.runs.form.fields import option_names
from finetune.runs.models import Run
from finetune.runs.page.data import PartOfData, data_lost_words, data_of_run
from finetune.runs.page.verdicts import (
    base_loss,
    before_words,
    circuit_remark,
    metric,
    run_change,
    run_controls,
    run_verdict,
    tuned_loss,
)
from finetune.runs.queue.services import NAMES
from finetune.runs.worker.conclusions import SILENT
from finetune.templatetags.words import duration, said
from finetune.training.log.verdicts import verdict
from finetune.training.plan import RunPlan
from finetune.training.run_circuit import RunCircuit
from quantum.adapters.registry import ADAPTERS

register = template.Library()
State = Run.State


@register.filter
def gigabytes(megabytes: Any) -> str:
    if not isinstance(megabytes, int | float):
        return "–"
    return f"{megabytes / 1024:.2f}" if megabytes >= 1000 else f"{megabytes:.0f}"


@register.filter
def newer_data(run: Run) -> Dataset | None:
    """The newest version of what a run learned from; None where it has that."""
    newest = newest_of(run.dataset)
    return newest if newest.version > run.dataset.version else None


@register.filter
def data_sha(run: Run) -> str:
    """The SHA-256 of what a run learned from, as it was when the run was sent."""
    kept = run.latest.get("learned_from") or []
    return str(kept[0]["sha256"] if kept else run.dataset.sha256)


@register.filter
def run_took(run: Run) -> str:
    """From start to end, or an empty text."""
    if not (run.started_at and run.finished_at):
        return ""
    return duration((run.finished_at - run.started_at).total_seconds())


@register.filter
def run_can(run: Run) -> str:
    """The actions its state allows, as words for a data attribute and its readers."""
    words = []
    if run.state in (State.QUEUED, State.RUNNING) and not run.request:
        words.append("pause")
    if run.state not in Run.FINISHED and run.request != Run.Request.CANCEL:
        words.append("cancel")
    if run.state == State.PAUSED:
        words.append("resume")
    if run.state in (State.FAILED, State.CANCELLED):
        words.append("requeue")
    if run.state == State.SUCCEEDED and not run.result.get("unpublished"):
        words.append("chat")
    if run.state == State.SUCCEEDED or (run.state == State.PAUSED and run.step):
        words.append("continue")
    return " ".join(words)


@register.filter
def run_waits_for(run: Run) -> QuantumJob | None:
    """The job on a quantum machine that a running run waits for."""
    if not run.spending or run.state not in Run.HELD:
        return None
    waiting = [*QuantumJob.LIVE, QuantumJob.State.SUBMIT_UNKNOWN]
    return run.quantum_jobs.filter(state__in=waiting).defer("payload", "result").first()


@register.filter
def run_held_up(run: Run) -> str:
    """What keeps a run that has not ended from getting on: a full disk, a queue that is away."""
    if run.state not in Run.ACTIVE:
        return ""
    return held_up(waits=run.state not in Run.HELD)


@register.filter
def job_place(job: QuantumJob) -> str:
    """The machine in words."""
    return place(job)


@register.filter
def run_silent_since(run: Run) -> datetime | None:
    """Since when the trainer of a running run has given no sign of life, if it gives none."""
    since = run.latest.get(SILENT) if run.state in Run.HELD else None
    return datetime.fromtimestamp(since, tz=UTC) if since else None


@register.filter
def run_doing(run: Run) -> str:
    """What is going on now, in a few words: what stands beside the state."""
    if run.request == Run.Request.CANCEL and run.state in Run.HELD:
        return _("Stops in a moment and keeps a checkpoint")
    if run.state == State.PAUSING:
        return _("Stops in a moment and keeps a checkpoint")
    if run.state == State.QUEUED and run.step:
        return _("Goes on from its last checkpoint when a worker is free")
    if run.state == State.QUEUED:
        return _("Starts when a worker is free")
    if run.state == State.VALIDATING:
        return _("“%(name)s” is being checked") % {"name": run.dataset.name}
    if run_waits_for(run) is not None:
        return _("Waits for the quantum computer")
    if run.state == State.RUNNING and not run.step:
        return _("Loads the base model and measures it on the held-out dialogues")
    if run.state == State.RUNNING and run.seconds_left:
        return _("about %(time)s left") % {"time": duration(run.seconds_left)}
    if run.state == State.RUNNING and run.total_steps and run.step >= run.total_steps:
        return _("Saves the adapter")
    if run.state == State.PAUSED:
        return _("Kept at its last checkpoint")
    return ""


@register.filter
def priorities(run: Run) -> list[tuple[str, str]]:
    """The next lower and the next higher priority that its people can give, and what does it."""
    steps = ["low", "normal", "high"]
    if NAMES[run.priority] not in steps:
        return []
    place = steps.index(NAMES[run.priority])
    lower = [(steps[place - 1], _("Later"))] if place else []
    return lower + ([(steps[place + 1], _("Sooner"))] if place + 1 < len(steps) else [])


@register.filter
def changes_query(run: Run, changes: dict[str, Any] | None = None) -> str:
    """Settings that a failure or a trouble proposes, as the form's fields in an address."""
    given = run.error.get("changes") if changes is None else changes
    fields: dict[str, Any] = {}
    names = option_names(ADAPTERS[run.settings.adapter]) if run.settings.adapter in ADAPTERS else {}
    for name, value in (given or {}).items():
        if name == "adapter_options":
            fields |= {names[option]: one for option, one in value.items() if option in names}
        else:
            fields[name] = value
    return urlencode(fields)


@register.filter
def run_troubles(run: Run) -> list[dict[str, str]]:
    """What the trainer has told about a run that does not do well, with what to change."""
    return [
        {
            "words": said(trouble.get("parts"), trouble["words"]),
            "query": changes_query(run, trouble.get("changes") or {}),
        }
        for trouble in run.latest.get("troubles", {}).values()
    ]


@register.filter
def run_failure(run: Run) -> dict[str, str]:
    """Why a run failed and what to do about it, in the language of the page."""
    error = run.error
    return {
        "message": said(error.get("parts"), error.get("message", "")),
        "hint": said(error.get("hint_parts"), error.get("hint", "")),
    }


@register.filter
def run_better_checkpoint(run: Run) -> bool:
    """Whether an earlier checkpoint was better on the held-out dialogues than its end."""
    best, made = run.result.get("best_validation_loss"), run.result.get("validation_loss")
    return best is not None and made is not None and best < made


@register.filter
def run_is_quantum(run: Run) -> bool:
    return circuit_of_run(run) is not None


@register.filter
def without_circuit(run: Run) -> str:
    """The form's setting that takes the circuit out, as part of an address; empty for none."""
    controls = run_controls(run)
    if controls is None:
        return ""
    return "&".join(
        f"{run.settings.adapter}-{name}={value}" for name, value in controls.without.items()
    )


@register.filter
def run_circuit(run: Run) -> RunCircuit | None:
    return circuit_of_run(run)


@register.filter
def adapter_title(run: Run) -> str:
    """Its title in the registry, with variant and control where there are some."""
    chosen = run.settings
    title = ADAPTERS[chosen.adapter].title if chosen.adapter in ADAPTERS else chosen.adapter
    named = (chosen.adapter_options.get(name) for name in ("variant", "control"))
    return " · ".join([title, *(str(name) for name in named if name and name != "trained")])


@register.filter
def run_outcome(run: Run) -> str:
    """How the tuned model compares: better, worse or equal; empty where nothing was measured."""
    before, after = base_loss(run), tuned_loss(run)
    return verdict(before, after) if before is not None and after is not None else ""


@register.filter
def loss_change(run: Run) -> str:
    """How much the held-out loss changed, with its sign: one that rose never looks like 0."""
    before, after = base_loss(run), tuned_loss(run)
    if before is None or after is None:
        return "–"
    if (size := abs(after - before)) == 0:
        return "±0"
    return ("−" if after < before else "+") + (f"{size:.3f}" if size >= 5e-4 else metric(size, 2))


@register.filter
def run_data(run: Run) -> list[PartOfData]:
    return data_of_run(run)


@register.filter
def run_data_lost(run: Run) -> str:
    return data_lost_words(run)


@register.filter
def ratio_told(plan: RunPlan) -> str:
    """`RunPlan.ratio_words`, in the language of the page."""
    ratio = plan.ratio
    if ratio is None:
        return ""
    if abs(ratio - 1) < 0.0005:
        return _("as many as LoRA r = 8 on q and v")
    if ratio >= 2:
        return _("%(ratio)s times LoRA r = 8 on q and v") % {"ratio": f"{ratio:.3g}"}
    words = (
        _("%(share)s %% fewer than LoRA r = 8 on q and v")
        if ratio < 1
        else _("%(share)s %% more than LoRA r = 8 on q and v")
    )
    return words % {"share": f"{100 * abs(1 - ratio):.1f}"}


for words in (metric, base_loss, before_words, tuned_loss, run_change, run_verdict, circuit_remark):
    register.filter(words)
