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

    def move(
        self, backend: str, shots: int, runner: tuple[Runner, Capabilities] | None = None
    ) -> None:
        """Go on on another backend, as a run does: start and angles are measured there anew.

        Args:
            backend: Its name in the registry.
            shots: Of each circuit; the start has more, as in training.
            runner: What runs the batches, where values are sampled.

        Raises:
            OptionError: The exact simulator cannot hold this circuit's light cones.
        """
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
        start: The angles at the run's start, where the adapter keeps them, ``(n_angles,)``.
    """

    circuit: Circuit
    angles: Tensor
    sampled: SampledCircuits | None = None
    has_run: Tensor | None = None
    start: Tensor | None = None


class CircuitHost(nn.Module, ABC):
    """A module that may hold a circuit."""

    @abstractmethod
    def hosted(self) -> HostedCircuit | None:
        """The circuit, ``None`` where the options leave it out."""

    @abstractmethod
    def put(self, circuit: Circuit, angles: Tensor) -> None:
        """Let another circuit with other angles stand there, exactly simulated, and nothing else.

        To see what the trained one adds to an adapter that is only used. The adapter's other
        numbers stay, QGS's values of the start among them.

        Args:
            circuit: With the inputs and observables of its own one.
            angles: For this circuit, ``(n_angles,)``, radians.

        Raises:
            OptionError: The exact simulator cannot hold this circuit's light cones.
        """


def hosted_circuits(model: nn.Module) -> Iterator[HostedCircuit]:
    """All circuits of a model's adapters, in the order of its modules."""
    for module in model.modules():
        if isinstance(module, CircuitHost) and (hosted := module.hosted()) is not None:
            yield hosted
