"""Numbers and sentences about runs, as a person reads them, for pages and the live fragment."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

from django import template

from finetune.condition import held_up
from finetune.hardware.models import QuantumJob
from finetune.hardware.placement import place
from finetune.runs.circuits import circuit_of_run
from finetune.runs.models import Run
from finetune.runs.page.data import PartOfData, data_lost_words, data_of_run
from finetune.runs.worker.conclusions import SILENT
from finetune.templatetags.words import count, duration
from finetune.training.log.verdicts import change_words, verdict
from finetune.training.run_circuit import RunCircuit
from quantum.adapters.registry import ADAPTERS
from quantum.adapters.spec import Controls

register = template.Library()
State = Run.State


@register.filter
def metric(value: Any, digits: int = 4) -> str:
    """A number in `digits` significant digits without needless zeros; a dash for none."""
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        return "–"
    size = abs(value)
    if size == 0:
        return "0"
    if size < 1e-3:
        mantissa, _, power = f"{value:.{max(0, digits - 2)}e}".partition("e")
        if "." in mantissa:
            mantissa = mantissa.rstrip("0").rstrip(".")
        return f"{mantissa}e{int(power)}"
    if size >= 10_000:
        return count(round(value))
    text = f"{value:.{max(0, digits - 1 - math.floor(math.log10(size)))}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


@register.filter
def gigabytes(megabytes: Any) -> str:
    if not isinstance(megabytes, int | float):
        return "–"
    return f"{megabytes / 1024:.2f}" if megabytes >= 1000 else f"{megabytes:.0f}"


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
        return "Stops in a moment and keeps a checkpoint"
    if run.state == State.PAUSING:
        return "Stops in a moment and keeps a checkpoint"
    if run.state == State.QUEUED and run.step:
        return "Goes on from its last checkpoint when a worker is free"
    if run.state == State.QUEUED:
        return "Starts when a worker is free"
    if run.state == State.VALIDATING:
        return f"“{run.dataset.name}” is being checked"
    if run_waits_for(run) is not None:
        return "Waits for the quantum computer"
    if run.state == State.RUNNING and not run.step:
        return "Loads the base model and measures it on the held-out dialogues"
    if run.state == State.RUNNING and run.seconds_left:
        return f"about {duration(run.seconds_left)} left"
    if run.state == State.RUNNING and run.total_steps and run.step >= run.total_steps:
        return "Saves the adapter"
    if run.state == State.PAUSED:
        return "Kept at its last checkpoint"
    return ""


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


def run_controls(run: Run) -> Controls | None:
    """What a run of this adapter is compared with; None where it has no circuit to leave out."""
    spec = ADAPTERS.get(run.settings.adapter)
    return spec.controls if spec else None


@register.filter
def run_circuit(run: Run) -> RunCircuit | None:
    return circuit_of_run(run)


@register.filter
def adapter_title(run: Run) -> str:
    """Its title in the registry, with the variant where there are some."""
    chosen = run.settings
    title = ADAPTERS[chosen.adapter].title if chosen.adapter in ADAPTERS else chosen.adapter
    variant = chosen.adapter_options.get("variant")
    return f"{title} · {variant}" if variant else title


@register.filter
def base_loss(run: Run) -> float | None:
    """Held-out loss of the untouched base on this run's validation dialogues."""
    value: float | None = run.result.get("base_validation_loss")
    return value if value is not None else run.latest.get("base_validation_loss")


@register.filter
def before_words(run: Run) -> str:
    """What its first measurement was of: the untouched base, or the run that it goes on from."""
    return "start" if run.continues_id else "base"


@register.filter
def tuned_loss(run: Run) -> float | None:
    """Newest held-out loss."""
    value: float | None = run.result.get("validation_loss")
    return value if value is not None else run.latest.get("validation_loss")


@register.filter
def run_outcome(run: Run) -> str:
    """How the tuned model compares: better, worse or equal; empty where nothing was measured."""
    before, after = base_loss(run), tuned_loss(run)
    return verdict(before, after) if before is not None and after is not None else ""


@register.filter
def run_change(run: Run) -> str:
    """The outcome with its size, such as "worse by 0.0031"; empty where nothing was measured."""
    before, after = base_loss(run), tuned_loss(run)
    return change_words(before, after) if before is not None and after is not None else ""


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
def run_verdict(run: Run) -> str:
    """The result as one sentence; empty where nothing was measured."""
    before, after = base_loss(run), tuned_loss(run)
    if before is None or after is None:
        return ""
    gain, first = before - after, before_words(run)
    where = "the run that it goes on from" if run.continues_id else "the base"
    if gain == 0:
        return (
            f"On the held-out dialogues the loss stayed at {after:.3f}: "
            f"the tuned model is no better than {where}, and no worse."
        )
    if abs(gain) < 0.005:
        way, words = ("fell", "hardly") if gain > 0 else ("rose", "no")
        return (
            f"On the held-out dialogues the loss {way} from {before:.3f} ({first}) by only "
            f"{metric(abs(gain), 2)}: the tuned model is {words} better than {where}"
            + ("." if gain > 0 else f", but {change_words(before, after)}.")
        )
    if gain < 0:
        return (
            f"On the held-out dialogues the loss rose from {before:.3f} ({first}) to {after:.3f} "
            f"(tuned): the tuned model is worse than {where}. A lower learning rate or fewer "
            "steps may help."
        )
    return (
        f"On the held-out dialogues the loss fell from {before:.3f} ({first}) to {after:.3f} "
        f"(tuned), by {gain:.3f}: token by token, the tuned model finds the real replies "
        f"{math.exp(gain):.3g} times as likely as {where} does."
    )


@register.filter
def circuit_remark(run: Run) -> str:
    """What may honestly be said about the circuit's part in the result."""
    circuit = circuit_of_run(run)
    total = run.trainable_parameters
    controls = run_controls(run)
    if circuit is None:
        return controls.remark(run.settings.adapter_options) if controls else ""
    counted = f"{count(circuit.trained)} circuit angles"
    if total:
        counted += (
            f" of {count(total)} trainable parameters ({100 * circuit.trained / total:.2g} %)"
        )
    if circuit.machine.exact:
        where = "simulated exactly; no quantum hardware was used"
    elif circuit.machine.billable:
        where = f"run on {circuit.machine.title}"
    else:
        where = f"sampled on {circuit.machine.title}; no quantum hardware was used"
    compared = controls.words if controls else "the same settings without the circuit"
    return (
        f"{counted}, {where}. This run alone cannot tell what the circuit adds: compare it with "
        f"{compared}."
    )
