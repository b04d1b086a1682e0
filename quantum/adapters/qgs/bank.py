"""The circuits of all blocks, run together and at most once per change of their angles.

Values and Jacobian are kept until an angle changes, so gradient accumulation, gradient
checkpointing and the many layers of a block share one run. Where values are sampled, this is the
place that asks for shots. It knows nothing about layers or language models.
"""

from __future__ import annotations

import copy
import hashlib
from dataclasses import dataclass, field
from typing import Any, Protocol, Self

import torch
from torch import Tensor

from quantum.adapters.marks import Mark, mark_of
from quantum.adapters.qgs.config import QGSConfig
from quantum.adapters.qgs.options import START_SHOTS
from quantum.backends.base import Batch, Capabilities
from quantum.backends.registry import backend_spec, make_sampler
from quantum.circuits.circuit import Circuit
from quantum.exceptions import OptionError
from quantum.gradients.exact import exact_values
from quantum.gradients.function import (
    Evaluate,
    Spsa,
    differentiable,
    rows_for,
    values_and_jacobian,
)
from quantum.sampling.estimation import DirectRunner, Estimator, Runner
from quantum.simulators import subcircuits

__all__ = ["CircuitBank"]


class MeasuredBlock(Protocol):
    """What a bank needs of a block: its angles, and where to remember what was measured."""

    number: int
    training: bool
    angles: Tensor
    start: Tensor
    z0: Tensor
    z: Tensor
    has_run: Tensor

    @property
    def start_backend(self) -> str:
        """The backend that measured the start; empty if none has."""
        ...

    def keep_start(self, values: Tensor, backend: str) -> None:
        """Remember the values at the start."""
        ...

    def keep(self, values: Tensor) -> None:
        """Remember the values at the angles as they are."""
        ...

    def is_fresh(self) -> bool:
        """Whether the remembered values are those of the angles as they are."""
        ...


@dataclass
class _Kept:
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
        self.circuit: Circuit = config.circuit()
        self.exact = backend_spec(config.backend).exact
        if self.exact and not subcircuits.supports(self.circuit):
            raise OptionError(
                "n_layers",
                f"{self.circuit.name} has light cones too wide for the exact simulator",
                "fewer layers, a chain, or another backend",
            )
        self.blocks: list[MeasuredBlock] = []
        self.live = self.exact  # whether circuits may be run without being asked for
        self._runner: tuple[Runner, Capabilities] | None = None
        self._kept: _Kept | None = None

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """A bank for copied blocks; the runner, which may hold a process, is shared."""
        twin = copy.copy(self)
        memo[id(self)] = twin
        twin._kept = None
        twin.blocks = [copy.deepcopy(block, memo) for block in self.blocks]
        return twin

    def add(self, block: MeasuredBlock) -> int:
        """Take a block's circuit in; returns its number."""
        self.blocks.append(block)
        self._kept = None
        return len(self.blocks) - 1

    # Where sampled circuits run

    def set_runner(self, runner: Runner, capabilities: Capabilities) -> None:
        """Let a runner run the circuits from now on; exact backends need none."""
        self._runner = (runner, capabilities)
        self.live = True
        self._kept = None

    def runner(self) -> tuple[Runner, Capabilities]:
        """The runner and its backend's limits; a local one is made where none was set."""
        if self._runner is None:
            sampler = make_sampler(self.config.backend, self.config.backend_options)
            self._runner = (DirectRunner(sampler), sampler.capabilities())
        return self._runner

    def estimator(self, angles: Tensor, factor: int = 1) -> Estimator:
        """Asks for shots; the seed follows from the angles, so a repeated step repeats its shots.

        Args:
            angles: The blocks' angles.
            factor: Multiplies the shots, as far as the backend allows.
        """
        runner, capabilities = self.runner()
        most = capabilities.max_shots or self.config.shots * factor
        return Estimator(
            runner,
            capabilities,
            max(self.config.shots, min(self.config.shots * factor, most)),
            seed=self._seed(angles),
            readout_mitigation=self.config.readout_mitigation,
            zne=self.config.zne,
        )

    def _seed(self, angles: Tensor) -> int:
        numbers = angles.detach().float().cpu().contiguous().numpy().tobytes()
        digest = hashlib.sha256(numbers + str(self.config.seed).encode()).digest()
        return int.from_bytes(digest[:4], "big") >> 2  # room for the batches' numbers below 2**31

    def step_batches(self) -> tuple[Batch, ...]:
        """What the next optimizer step would have run; nothing is run.

        Raises:
            UnsupportedCircuitError: The backend's limits are passed.
        """
        if self.exact or self.config.control != "trained" or not self.blocks:
            return ()
        angles = self._angles()
        circuit, rows = rows_for(self.circuit, angles, self.config.method, spsa=self._spsa(angles))
        return self.estimator(angles).plan(_bind(circuit, rows.flatten(0, 1)))

    # Values

    def values(self, block: MeasuredBlock) -> Tensor:
        """A block's expectation values, ``(n_observables,)``, differentiable where that is wanted.

        Circuits run if its angles have changed. In training the shifted ones run too, with or
        without grad mode: gradient checkpointing calls the forward pass without it first.
        """
        slopes = block.angles.requires_grad and (block.training or torch.is_grad_enabled())
        slopes = slopes and not torch.is_inference_mode_enabled()
        kept = self._kept
        mark = mark_of(block.angles)
        if (
            kept is None
            or mark is None
            or kept.marks.get(block.number) != mark
            or (slopes and kept.jacobian is None)
        ):
            kept = self._renew(slopes)
        values = kept.values[block.number].to(block.angles.device)
        if kept.jacobian is None or not (block.angles.requires_grad and torch.is_grad_enabled()):
            return values
        return differentiable(
            block.angles, values, kept.jacobian[block.number].to(block.angles.device)
        )

    def forget_marks(self) -> None:
        """Compare angles by value at the next call: writes to ``.data`` leave no other trace."""
        if self._kept is not None:
            self._kept.marks = {}

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
        self._kept = None
        start = torch.stack([block.start.detach().float() for block in due])
        values = self._run(start, START_SHOTS)
        with torch.no_grad():
            for block, row in zip(due, values, strict=True):
                block.keep_start(row, self.config.backend)

    @torch.no_grad()
    def _renew(self, slopes: bool) -> _Kept:
        self.live = self.live or slopes
        self.measure_start()
        angles = self._angles()
        kept = self._kept
        if kept is not None and (
            kept.angles.device != angles.device or not torch.equal(kept.angles, angles)
        ):
            kept = None
        if kept is None or (slopes and kept.jacobian is None):
            kept = self._kept = self._measure(angles, slopes)
        kept.marks = {block.number: mark_of(block.angles) for block in self.blocks}
        return kept

    def _measure(self, angles: Tensor, slopes: bool) -> _Kept:
        if slopes:
            method = self.config.method
            values, jacobian = values_and_jacobian(
                self.circuit, angles, method, self._evaluate(angles), spsa=self._spsa(angles)
            )
            if method == "backprop":
                self._count(len(angles))
            return self._store(_Kept(angles, values, jacobian))
        if self.live and not all(block.is_fresh() for block in self.blocks):
            return self._store(_Kept(angles, self._run(angles), None))
        # Up to date, or an adapter in use: what was measured last stands, and nothing is run.
        stored = torch.stack([block.z.float().to(angles.device) for block in self.blocks])
        return _Kept(angles, stored, None)

    def _store(self, kept: _Kept) -> _Kept:
        for row, block in enumerate(self.blocks):
            if torch.equal(block.angles, block.start):
                # The better measurement, and an exact zero for the change.
                kept.values[row] = block.z0
            block.keep(kept.values[row])
        return kept

    def _angles(self) -> Tensor:
        device = self.blocks[0].angles.device
        return torch.stack([block.angles.detach().float().to(device) for block in self.blocks])

    def _spsa(self, angles: Tensor) -> Spsa:
        return Spsa(self.config.spsa_samples, self._seed(angles))

    def _run(self, angles: Tensor, factor: int = 1) -> Tensor:
        """Unshifted circuits only."""
        return self._evaluate(angles, factor)(self.circuit, angles)

    def _evaluate(self, angles: Tensor, factor: int = 1) -> Evaluate:
        def exact(circuit: Circuit, rows: Tensor) -> Tensor:
            self._count(len(rows))
            return exact_values(circuit, rows)

        def sampled(circuit: Circuit, rows: Tensor) -> Tensor:
            found = self.estimator(angles, factor).expectations(_bind(circuit, rows))
            self._count(found.circuits, found.batches, found.shots)
            return torch.as_tensor(found.values, dtype=rows.dtype).to(rows.device)

        return exact if self.exact else sampled

    def _count(self, circuits: int, batches: int = 0, shots: int = 0) -> None:
        """Add to what has been run since the run's start; the first block's file entry keeps it."""
        self.blocks[0].has_run += torch.tensor([circuits, batches, shots]).to(
            self.blocks[0].has_run
        )


def _bind(circuit: Circuit, rows: Tensor) -> list[Circuit]:
    return [circuit.bind(angles=row) for row in rows.double().cpu().tolist()]
