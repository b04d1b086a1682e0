"""What earlier runs say of a formula: by how much it was off, and how far one can trust it.

Each run that was measured gives ratios of what it took to what the formula says of it. The runs
nearest to a new one count: those with the same base and adapter, else with the same adapter, else
any on this machine. Their median corrects the formula; their spread, drawn towards what such runs
usually spread by, gives the band.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Self

from finetune.training.use.energy import ESTIMATED
from finetune.training.use.meter import Use

from .workload import Workload

LEAST_STEPS = 3
COUNTED = 12  # newest runs of a kind
CERTAINTY = 1.64  # standard deviations: nine of ten runs end within the band
WEIGHT = 2.0  # runs that the usual spread counts as


@dataclass(frozen=True)
class Past:
    """A run that was measured, or a trial.

    Attributes:
        base: its base's name.
        adapter: its adapter's.
        backend: what ran its circuits; empty without circuits.
        precision: what it computed in.
        compute: seconds of all that goes with the processor's speed, over the formula's.
        startup: seconds of the rest, over the formula's; None where that was not measured.
        processor: processor seconds, over the formula's seconds.
        memory: its peak, over the formula's.
        watts: joules it took a processor second, where a meter has measured them.
        settings: what a trial tried, so that the very same settings are known again.
    """

    base: str
    adapter: str
    backend: str
    precision: str
    compute: float
    memory: float
    startup: float | None = None
    processor: float | None = None
    watts: float | None = None
    settings: str = ""

    @classmethod
    def of(
        cls,
        work: Workload,
        use: Use,
        *,
        base: str,
        adapter: str,
        backend: str,
        precision: str,
        settings: str = "",
    ) -> Self | None:
        """Compare a run with its formula; None where it did not come to its third step.

        The first step is slower than the others, so of one or two nothing is to be learned.

        Args:
            work: what it had to compute.
            use: what it took.
            base: as the attributes say, like those that follow.
        """
        measured = use.measured or {}
        steps, evaluations = measured.get("steps", 0), measured.get("evaluations", 0)
        if steps < (1 if settings else LEAST_STEPS):
            return None
        took = measured.get("step_seconds", 0.0) + measured.get("evaluation_seconds", 0.0)
        formula = work.compute_of(steps, evaluations)
        whole = formula + work.startup_seconds
        return cls(
            base=base,
            adapter=adapter,
            backend=backend,
            precision=precision,
            compute=took / formula,
            memory=use.peak_bytes / work.memory_bytes,
            startup=None if settings else max(0.0, use.seconds - took) / work.startup_seconds,
            processor=None if settings else use.processor_seconds / whole,
            watts=use.joules / use.processor_seconds
            if use.processor_seconds and not use.source.startswith(ESTIMATED)
            else None,
            settings=settings,
        )


@dataclass(frozen=True)
class Kind:
    """How near runs are to a new one, and how far times and peaks of such runs usually spread, as
    standard deviations of their logarithms."""

    name: str
    time: float
    memory: float


TRIAL = Kind("trial", 0.10, 0.03)
SAME = Kind("same", 0.12, 0.05)
ADAPTER = Kind("adapter", 0.30, 0.10)
MACHINE = Kind("machine", 0.35, 0.12)
NOTHING = Kind("nothing", 0.70, 0.12)


@dataclass(frozen=True)
class Band:
    """A number, and between what it lies nine times of ten."""

    low: float
    middle: float
    high: float

    def __add__(self, other: float) -> Band:
        return Band(self.low + other, self.middle + other, self.high + other)

    def times(self, factor: float) -> Band:
        return Band(self.low * factor, self.middle * factor, self.high * factor)

    def plus(self, other: Band) -> Band:
        """The sum of two that go up and down together."""
        return Band(self.low + other.low, self.middle + other.middle, self.high + other.high)


@dataclass(frozen=True)
class Basis:
    """The runs that a forecast rests on, newest first."""

    kind: Kind
    runs: tuple[Past, ...] = ()
    others: tuple[Past, ...] = ()  # of this machine, where those have no ratio

    @property
    def count(self) -> int:
        return len(self.runs)

    def band(
        self,
        value: float,
        read: Callable[[Past], float | None],
        spread: float,
        unknown: float,
    ) -> Band:
        """Correct a formula's value by what the runs took.

        Args:
            value: what the formula says.
            read: a run's ratio to the formula; None where it has none.
            spread: the usual one of such runs.
            unknown: the spread where no run has a ratio.
        """
        logs = logs_of(self.runs, read)
        if not logs:
            logs, spread = logs_of(self.others, read), max(spread, MACHINE.time)
        if not logs:
            return spread_about(value, unknown)
        middle = median(logs)
        squares = WEIGHT * spread**2 + sum((one - middle) ** 2 for one in logs)
        wide = math.sqrt(squares / (WEIGHT + len(logs) - 1) * (1 + 1 / len(logs)))
        return spread_about(value * math.exp(middle), wide)


def logs_of(runs: Iterable[Past], read: Callable[[Past], float | None]) -> list[float]:
    return [math.log(ratio) for run in runs if (ratio := read(run)) and ratio > 0]


def spread_about(value: float, spread: float) -> Band:
    wide = math.exp(CERTAINTY * spread)
    return Band(value / wide, value, value * wide)


def basis_of(
    past: Iterable[Past],
    *,
    base: str,
    adapter: str,
    backend: str,
    precision: str,
    settings: str = "",
) -> Basis:
    """Choose the runs nearest to a new one.

    Circuits that are sampled take another time than simulated ones, and one number format another
    than the other, so neither tells of the other.

    Args:
        past: newest first.
        base: the new run's.
        adapter: the new run's.
        backend: what runs its circuits; empty without circuits.
        precision: what it will compute in.
        settings: as `Past.settings`.
    """
    runs = list(past)
    alike = [
        run
        for run in runs
        if run.precision == precision and (run.backend == backend or not (run.backend and backend))
    ]
    tried = [run for run in alike if settings and run.settings == settings]
    if tried:
        return Basis(TRIAL, tuple(tried[:1]), tuple(alike[:COUNTED]))
    alike = [run for run in alike if not run.settings]
    own = [run for run in alike if run.adapter == adapter and run.backend == backend]
    tiers: Sequence[tuple[Kind, list[Past]]] = (
        (SAME, [run for run in own if run.base == base]),
        (ADAPTER, own),
        (MACHINE, alike),
    )
    for kind, nearest in tiers:
        if nearest:
            return Basis(kind, tuple(nearest[:COUNTED]))
    return Basis(NOTHING)
