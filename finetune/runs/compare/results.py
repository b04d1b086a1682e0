"""What runs came to and took, fact by fact: for the page's table and for its file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from django.db.models import Sum
from django.utils.translation import gettext_lazy

from finetune.hardware.models import QuantumJob
from finetune.runs.circuits import circuit_of_run
from finetune.runs.models import Run
from finetune.runs.page.verdicts import base_loss, metric, run_change, tuned_loss
from finetune.runs.use.models import RunUse
from finetune.templatetags.forecast_words import energy_told
from finetune.templatetags.words import count, duration, fixed, in_words
from finetune.training.run_circuit import RunCircuit

MISSING = "–"
KNOWN = {"estimated": gettext_lazy("estimated"), "measured": gettext_lazy("measured")}


@dataclass(frozen=True)
class Fact:
    """One row of the table.

    Attributes:
        name: its column in the file.
        title: its words on the page.
        value: of a run; None for none.
        words: how the page writes a value that there is.
        lowest: whether the lowest one is marked, where the values may be compared.
    """

    name: str
    title: Any
    value: Callable[[Run], Any]
    words: Callable[[Any], str] = str
    lowest: bool = False


@dataclass(frozen=True)
class FactRow:
    """A fact of all runs; `best` holds the places that are marked."""

    title: str
    values: list[str]
    best: frozenset[int] = frozenset()

    @property
    def cells(self) -> list[tuple[str, bool]]:
        return [(words, at in self.best) for at, words in enumerate(self.values)]


def newest(name: str) -> Callable[[Run], Any]:
    return lambda run: run.latest.get(name)


def result(name: str) -> Callable[[Run], Any]:
    return lambda run: run.result.get(name)


def of_circuit(read: Callable[[RunCircuit], Any]) -> Callable[[Run], Any]:
    def value(run: Run) -> Any:
        circuit = circuit_of_run(run)
        return None if circuit is None else read(circuit)

    return value


def seconds_taken(run: Run) -> float | None:
    if not (run.started_at and run.finished_at):
        return None
    return round((run.finished_at - run.started_at).total_seconds(), 1)


def used(read: Callable[[RunUse], Any]) -> Callable[[Run], Any]:
    """What its trainers have written of themselves; None for a run that no worker has let go of."""

    def value(run: Run) -> Any:
        use: RunUse | None = getattr(run, "use", None)
        return read(use) if use is not None and use.seconds else None

    return value


def provider_seconds(run: Run) -> float | None:
    """Processor time that a cloud says it took for this run's jobs."""
    if not run.spending:
        return None
    done = QuantumJob.objects.filter(run=run)
    seconds: float | None = done.aggregate(seconds=Sum("seconds_used"))["seconds"]
    return seconds


def four(value: float) -> str:
    return fixed(value, 4)


def three(value: float) -> str:
    return metric(value, 3)


RESULTS = (
    Fact("state", gettext_lazy("State"), lambda run: run.get_state_display()),
    Fact("loss_before", gettext_lazy("Held-out loss before training"), base_loss, four),
    Fact("held_out_loss", gettext_lazy("Held-out loss"), tuned_loss, four, lowest=True),
    Fact("change", gettext_lazy("Change"), lambda run: run_change(run) or None),
    Fact(
        "best_held_out_loss",
        gettext_lazy("Lowest held-out loss"),
        result("best_validation_loss"),
        four,
        lowest=True,
    ),
    Fact("best_step", gettext_lazy("After step"), result("best_step"), count),
    Fact(
        "validation_accuracy",
        gettext_lazy("Held-out accuracy (of the next token, or of which reply is preferred)"),
        newest("validation_accuracy"),
        three,
    ),
    Fact("train_loss", gettext_lazy("Train loss"), newest("train_loss"), four),
)
USE = (
    Fact("step", gettext_lazy("Steps done"), attrgetter("step"), count),
    Fact("seconds", gettext_lazy("From start to end"), seconds_taken, duration),
    Fact(
        "processor_seconds",
        gettext_lazy("Processor time"),
        used(attrgetter("processor_seconds")),
        duration,
    ),
    Fact("energy_joules", gettext_lazy("Energy"), used(attrgetter("joules")), energy_told),
    Fact(
        "energy_known",
        gettext_lazy("How its energy is known"),
        used(lambda use: "estimated" if use.estimated else "measured"),
        lambda known: str(KNOWN[known]),
    ),
    Fact(
        "tokens_per_second", gettext_lazy("Tokens per second"), newest("tokens_per_second"), three
    ),
    Fact("trained_tokens", gettext_lazy("Tokens trained on"), attrgetter("trained_tokens"), count),
    Fact(
        "trainable_parameters",
        gettext_lazy("Trained parameters"),
        lambda run: run.trainable_parameters or None,
        count,
    ),
    Fact("memory_mb", gettext_lazy("Memory, MB"), newest("memory_mb"), metric),
    Fact("circuits_run", gettext_lazy("Circuits run"), newest("circuits_run"), count),
    Fact("shots_run", gettext_lazy("Shots"), newest("shots_run"), count),
    Fact(
        "provider_seconds",
        gettext_lazy("Seconds of quantum processors"),
        provider_seconds,
        metric,
    ),
)
CIRCUITS = (
    Fact("qubits", gettext_lazy("Qubits"), of_circuit(attrgetter("qubits"))),
    Fact("circuit_layers", gettext_lazy("Layers"), of_circuit(attrgetter("layers"))),
    Fact("circuit_depth", gettext_lazy("Depth"), of_circuit(attrgetter("circuit.depth"))),
    Fact("gates", gettext_lazy("Gates"), of_circuit(attrgetter("gate_words"))),
    Fact("angles", gettext_lazy("Trainable angles"), of_circuit(attrgetter("trained")), count),
    Fact("machine", gettext_lazy("Runs on"), of_circuit(attrgetter("machine.title")), in_words),
    Fact(
        "circuit_entanglement", gettext_lazy("Entanglement"), newest("circuit_entanglement"), three
    ),
    Fact(
        "circuit_gradient_variance",
        gettext_lazy("Circuit gradient variance"),
        newest("circuit_gradient_variance"),
        three,
    ),
)
TABLES = (
    (gettext_lazy("Results"), RESULTS),
    (gettext_lazy("What they took"), USE),
    (gettext_lazy("Circuits"), CIRCUITS),
)
ALL = (*RESULTS, *USE, *CIRCUITS)


def rows_of(facts: Sequence[Fact], runs: Sequence[Run], *, alike: bool) -> list[FactRow]:
    """The facts that at least one run has.

    Args:
        alike: whether losses were measured on the same; only then one is the lowest.
    """
    rows = []
    for fact in facts:
        values = [fact.value(run) for run in runs]
        known = [value for value in values if value is not None]
        if not known:
            continue
        best: frozenset[int] = frozenset()
        if fact.lowest and alike and len(known) > 1 and len(set(known)) > 1:
            best = frozenset(at for at, value in enumerate(values) if value == min(known))
        words = [MISSING if value is None else str(fact.words(value)) for value in values]
        rows.append(FactRow(str(fact.title), words, best))
    return rows
