"""The circuits of all blocks, run together and at most once per change of their angles.

Values and Jacobian are kept until an angle changes, so gradient accumulation, gradient
checkpointing and the many layers of a block share one run. It knows nothing about layers, nor how
circuits are run (``runs.py``).
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field, replace
from typing import Any, Self

import torch
from torch import Tensor

from quantum.adapters.kept import Mark, mark_of
from quantum.adapters.qgs.config import QGSConfig
from quantum.adapters.qgs.options import START_SHOTS, TRAINED_CIRCUIT
from quantum.adapters.qgs.runs import CircuitRuns
from quantum.adapters.qgs.state import CircuitState
from quantum.backends.base import Batch, Capabilities
from quantum.circuits.circuit import Circuit
from quantum.gradients.function import differentiable
from quantum.sampling.estimation import Runner


@dataclass
class _Last:
    """What the last run gave, for these angles."""

    angles: Tensor  # (blocks, n_angles)
    values: Tensor  # (blocks, n_observables)
    jacobian: Tensor | None  # (blocks, n_observables, n_angles)
    marks: dict[int, Mark | None] = field(default_factory=dict)


class CircuitBank:
    """Runs the circuits of one adapter.

    Args:
        config: The adapter's configuration.

    Raises:
        OptionError: The exact simulator cannot hold this circuit's light cones.
    """

    def __init__(self, config: QGSConfig) -> None:
        self.config = config
        self._runs = CircuitRuns(config, self._count)
        self.blocks: list[CircuitState] = []
        self.live = self.exact  # whether circuits may be run without being asked for
        self._last: _Last | None = None
        self._stood_in = False  # another circuit stands where the adapter's own did

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """A bank for copied blocks; the runner, which may hold a process, is shared."""
        twin = copy.copy(self)
        memo[id(self)] = twin
        twin._runs = CircuitRuns(self.config, twin._count)
        twin._runs.runner = self._runs.runner
        twin._last = None
        twin.blocks = [copy.deepcopy(block, memo) for block in self.blocks]
        return twin

    @property
    def circuit(self) -> Circuit:
        """The circuit of every block."""
        return self._runs.circuit

    @property
    def exact(self) -> bool:
        """Whether values are exact, so that no runner is needed."""
        return self._runs.exact

    def add(self, block: CircuitState) -> int:
        """Take a block's circuit in; returns its number."""
        self.blocks.append(block)
        self._last = None
        return len(self.blocks) - 1

    def set_runner(self, runner: Runner, capabilities: Capabilities) -> None:
        """Let a runner run the circuits from now on; exact backends need none."""
        self._runs.runner = (runner, capabilities)
        self.live = True
        self._last = None

    def put(self, circuit: Circuit) -> None:
        """Let another circuit stand in every block, exactly simulated; see ``CircuitHost.put``."""
        self._stood_in = circuit != self.config.circuit()
        exact = replace(self.config, backend="statevector", gradient="auto")
        self._runs = CircuitRuns(exact, self._count, circuit)
        self.live = True
        self._last = None

    def move(
        self, backend: str, shots: int, runner: tuple[Runner, Capabilities] | None = None
    ) -> None:
        """Go on on another backend; see ``SampledCircuits.move``."""
        moved = replace(self.config, backend=backend, shots=shots, gradient="auto")
        self._runs = CircuitRuns(moved, self._count, self.circuit)
        self._runs.runner = runner
        self.config = moved
        self.live = True
        self._last = None
        for block in self.blocks:
            block.forget_start()

    def step_batches(self) -> tuple[Batch, ...]:
        """What the next optimizer step would have run; nothing is run.

        Raises:
            UnsupportedCircuitError: The backend's limits are passed.
        """
        if self.exact or self.config.control not in TRAINED_CIRCUIT or not self.blocks:
            return ()
        return self._runs.step_batches(self._angles())

    def values(self, block: CircuitState) -> Tensor:
        """A block's expectation values, ``(n_observables,)``, differentiable where that is wanted.

        Circuits run if its angles have changed. In training the shifted ones run too, with or
        without grad mode: gradient checkpointing calls the forward pass without it first.
        """
        slopes = block.angles.requires_grad and (block.training or torch.is_grad_enabled())
        slopes = slopes and not torch.is_inference_mode_enabled()
        last, mark = self._last, mark_of(block.angles)
        stale = last is None or mark is None or last.marks.get(block.number) != mark
        if last is None or stale or (slopes and last.jacobian is None):
            last = self._renew(slopes)
        values = last.values[block.number].to(block.angles.device)
        if last.jacobian is None or not (block.angles.requires_grad and torch.is_grad_enabled()):
            return values
        return differentiable(
            block.angles, values, last.jacobian[block.number].to(block.angles.device)
        )

    def forget_marks(self) -> None:
        """Compare angles by value at the next call: writes to ``.data`` leave no other trace."""
        if self._last is not None:
            self._last.marks = {}

    def measure(self) -> None:
        """Run what is out of date, gradients aside: for an evaluation or a checkpoint."""
        if self.blocks and not self.blocks[0].angles.is_meta:
            self.live, live = True, self.live
            try:
                self._renew(False)
            finally:
                self.live = live

    def measure_start(self) -> None:
        """Measure the values at the start, with many shots, where this backend has not yet."""
        due = [b for b in self.blocks if b.start_backend != self.config.backend]
        if not due or not self.live:
            return
        self._last = None
        start = torch.stack([block.start.detach().float() for block in due])
        values = self._runs.values(start, START_SHOTS)
        with torch.no_grad():
            for block, row in zip(due, values, strict=True):
                block.keep_start(row, self.config.backend)

    @torch.no_grad()
    def _renew(self, slopes: bool) -> _Last:
        self.live = self.live or slopes
        self.measure_start()
        angles, last = self._angles(), self._last
        if last is not None and last.angles.device == angles.device:
            last = last if torch.equal(last.angles, angles) else None
        else:
            last = None
        if last is None or (slopes and last.jacobian is None):
            last = self._last = self._measure(angles, slopes)
        last.marks = {block.number: mark_of(block.angles) for block in self.blocks}
        return last

    def _measure(self, angles: Tensor, slopes: bool) -> _Last:
        if slopes:
            return self._store(_Last(angles, *self._runs.values_and_jacobian(angles)))
        if self.live and not all(block.is_fresh() for block in self.blocks):
            return self._store(_Last(angles, self._runs.values(angles), None))
        # Up to date, or an adapter in use: what was measured last stands, and nothing is run.
        stored = torch.stack([block.z.float().to(angles.device) for block in self.blocks])
        return _Last(angles, stored, None)

    def _store(self, last: _Last) -> _Last:
        for row, block in enumerate(self.blocks):
            if torch.equal(block.angles, block.start) and not self._stood_in:
                # The better measurement, and an exact zero for the change.
                last.values[row] = block.z0
            block.keep(last.values[row])
        return last

    def _angles(self) -> Tensor:
        device = self.blocks[0].angles.device
        return torch.stack([block.angles.detach().float().to(device) for block in self.blocks])

    def _count(self, circuits: int, batches: int, shots: int) -> None:
        """Add to what has been run since the run's start; the first block's file entry keeps it."""
        has_run = self.blocks[0].has_run
        has_run += torch.tensor([circuits, batches, shots]).to(has_run)
