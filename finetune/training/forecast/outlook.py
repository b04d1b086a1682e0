"""What a run will take: time, memory, disk, circuits, energy, each with a band.

A formula (`workload`) says what is computed; earlier runs (`learned`) say what this machine makes
of it; the machine says what it has. Knows nothing of torch, of Django or of where rows are kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from statistics import median

from finetune.bases.catalogue.sizes import Sizes
from finetune.training.settings import RunSettings
from finetune.training.use.energy import WATTS
from quantum.sampling.costs import Cost

from .learned import NOTHING, TRIAL, Band, Basis, Past, basis_of
from .lengths import DataSize
from .machine import Machine
from .workload import Workload

NO_MATTER = frozenset(
    {
        *("seed", "learning_rate", "steps", "warmup_ratio", "weight_decay", "scheduler"),
        *("max_grad_norm", "eval_every", "eval_dialogues", "save_every", "keep_checkpoints"),
        *("early_stopping", "sample_prompts", "sample_tokens", "gradient_accumulation"),
    }
)
"""Settings that change neither how fast a batch is computed nor what it holds in memory."""
ROOM = 0.97  # of a machine's memory: some is the system's


@dataclass(frozen=True)
class Surroundings:
    """What stands around a run's settings.

    Attributes:
        base: the base's name.
        sizes: of the base.
        shapes: its linear layers.
        data: what the run learns from.
        data_name: what the data is known by.
        data_bytes: of the data's files.
        past: runs that were measured, newest first.
        machine: what the machine has; None where nobody has looked.
    """

    base: str
    sizes: Sizes
    shapes: Mapping[str, tuple[int, int]]
    data: DataSize
    data_name: str = ""
    data_bytes: int = 0
    past: tuple[Past, ...] = ()
    machine: Machine | None = None


@dataclass(frozen=True)
class Forecast:
    """What a run will take.

    Attributes:
        work: what it computes.
        basis: the runs that this rests on.
        seconds: from its start to its end; None where circuits are sampled in a way that nobody has
            measured.
        processor: processor seconds; None likewise.
        memory: the trainer's peak, bytes.
        disk: what its folder grows to, bytes.
        joules: what the processor draws for it; None likewise.
        watts: that a processor second was taken for.
        watts_measured: whether that was measured in earlier runs.
        cost: circuits, shots and provider seconds on a machine that costs money.
        machine: what the machine has.
    """

    work: Workload
    basis: Basis
    seconds: Band | None
    processor: Band | None
    memory: Band
    disk: int
    joules: Band | None
    watts: float
    watts_measured: bool
    cost: Cost | None
    machine: Machine | None

    @classmethod
    def of(
        cls,
        settings: RunSettings,
        around: Surroundings,
        *,
        trained: int,
        sampled: str = "",
        cost: Cost | None = None,
    ) -> Forecast | None:
        """Forecast a run; None where the data is not known.

        Args:
            settings: of the run.
            around: what stands around it.
            trained: numbers that learn.
            sampled: the backend, where circuits are sampled.
            cost: of those circuits, where they cost money.
        """
        work = Workload.of(
            settings, around.sizes, around.data, trained=trained, shapes=around.shapes
        )
        if work is None:
            return None
        basis = basis_of(
            around.past,
            base=around.base,
            adapter=settings.adapter,
            backend=sampled,
            precision=precision_of(settings, around.machine),
            settings=trial_key(settings, around.base, around.data_name),
        )
        kind = basis.kind
        cores = around.machine.cores if around.machine and not basis.runs else 1
        compute = basis.band(
            work.compute_seconds / cores, lambda run: run.compute, kind.time, NOTHING.time
        )
        startup = basis.band(work.startup_seconds, lambda run: run.startup, kind.time, NOTHING.time)
        whole = work.compute_seconds + work.startup_seconds
        seconds: Band | None = compute.plus(startup)
        processor: Band | None = basis.band(
            whole, lambda run: run.processor, kind.time, NOTHING.time
        )
        if sampled and not any(run.backend == sampled for run in basis.runs):
            seconds = processor = None
        elif seconds is not None and cost is not None and kind is not TRIAL:
            low, high = cost.seconds
            seconds = seconds.plus(Band(low, (low + high) / 2, high))
        measured = [run.watts for run in around.past if run.watts]
        watts = median(measured) if measured else WATTS
        return cls(
            work=work,
            basis=basis,
            seconds=seconds,
            processor=processor,
            memory=basis.band(
                work.memory_bytes, lambda run: run.memory, kind.memory, NOTHING.memory
            ),
            disk=work.disk_bytes(settings.keep_checkpoints, around.data_bytes),
            joules=processor.times(watts) if processor else None,
            watts=watts,
            watts_measured=bool(measured),
            cost=cost,
            machine=around.machine,
        )

    @property
    def unmeasured(self) -> bool:
        """Whether no run has been measured here that tells of this one."""
        return self.basis.kind is NOTHING

    # -- whether it fits --------------------------------------------------------------------------

    @property
    def memory_there(self) -> int | None:
        """Bytes of memory that a run may take here."""
        return round(ROOM * self.machine.memory) if self.machine else None

    @property
    def lacks(self) -> str:
        """`memory` or `disk` where there is not enough for it on this machine, else empty."""
        if self.machine is None:
            return ""
        if self.memory.middle > ROOM * self.machine.memory:
            return "memory"
        return "disk" if self.disk > self.machine.free_disk else ""

    @property
    def tight(self) -> bool:
        """Whether it fits, but only once others have left, or with luck."""
        machine = self.machine
        return bool(
            machine
            and not self.lacks
            and (
                self.memory.middle > machine.free_memory or self.memory.high > ROOM * machine.memory
            )
        )


def precision_of(settings: RunSettings, machine: Machine | None) -> str:
    """What a run will compute in on this machine."""
    if settings.precision != "auto":
        return settings.precision
    return machine.precision if machine else "float32"


def trial_key(settings: RunSettings, base: str, data: str) -> str:
    """What a trial is known by: all settings but those that do not matter to a step."""
    kept = sorted(
        (name, repr(value))
        for name, value in settings.completed().to_dict().items()
        if name not in NO_MATTER
    )
    return sha256(repr((base, data, kept)).encode()).hexdigest()
