"""What an adapter says about a circuit that one of its modules holds.

Reports, costs and runners go by this alone: a new adapter with circuits subclasses ``CircuitHost``
and nothing else is touched. This module knows no particular adapter.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from torch import Tensor, nn

from quantum.backends.base import Batch, Capabilities
from quantum.circuits.circuit import Circuit
from quantum.sampling.estimation import Runner


class SampledCircuits(Protocol):
    """The circuits of one adapter where values may come from shots; modules share it."""

    @property
    def exact(self) -> bool:
        """Whether values are exact, so that no runner is needed."""
        ...

    def set_runner(self, runner: Runner, capabilities: Capabilities) -> None:
        """Let a runner run the circuits from now on."""
        ...

    def measure(self) -> None:
        """Bring the values up to date."""
        ...

    def step_batches(self) -> Sequence[Batch]:
        """What the next optimizer step has run."""
        ...


@dataclass(frozen=True)
class HostedCircuit:
    """One circuit of an adapter.

    Attributes:
        circuit: The circuit; its inputs, if any, are the data.
        angles: Its angles, ``(n_angles,)``; a parameter where they are trained.
        sampled: Where shots are asked for; ``None`` where values are always exact.
        has_run: Circuits, batches and shots since the run's start, if they are counted, ``(3,)``.
    """

    circuit: Circuit
    angles: Tensor
    sampled: SampledCircuits | None = None
    has_run: Tensor | None = None


class CircuitHost(nn.Module, ABC):
    """A module that may hold a circuit."""

    @abstractmethod
    def hosted(self) -> HostedCircuit | None:
        """The circuit, ``None`` where the options leave it out."""


def hosted_circuits(model: nn.Module) -> Iterator[HostedCircuit]:
    """All circuits of a model's adapters, in the order of its modules."""
    for module in model.modules():
        if isinstance(module, CircuitHost) and (hosted := module.hosted()) is not None:
            yield hosted
