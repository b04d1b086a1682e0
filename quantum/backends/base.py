"""What a backend promises: its capabilities and expectation values.

Later backends (shots, noise, the Origin Wukong cloud) add submission, polling and cost to this
interface; the adapters need no more than what is here. This module knows nothing about any
particular backend and does not import torch at run time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from quantum.circuit import Circuit

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["Capabilities", "QuantumBackend"]


@dataclass(frozen=True)
class Capabilities:
    """What a backend can do.

    Attributes:
        name: Its name in the registry.
        title: One line for people.
        max_qubits: Largest circuit it takes.
        differentiable: Whether gradients flow through ``expectations``.
        exact: Whether values are free of shot noise.
        billable: Whether running costs money.
        seedable: Whether a seed makes runs repeatable.
        max_shots: Most shots per circuit; ``None`` for exact backends.
        max_circuits: Most circuits per batch; ``None`` for no limit.
    """

    name: str
    title: str
    max_qubits: int
    differentiable: bool
    exact: bool
    billable: bool
    seedable: bool
    max_shots: int | None = None
    max_circuits: int | None = None


class QuantumBackend(Protocol):
    """A place where circuits run."""

    def capabilities(self) -> Capabilities:
        """What this backend can do; pure and cheap."""
        ...

    def expectations(self, circuit: Circuit, inputs: Tensor, angles: Tensor) -> Tensor:
        """Expectation values of the circuit's observables.

        Args:
            circuit: What to run.
            inputs: Shape ``(batch, n_inputs)``, radians.
            angles: Shape ``(n_angles,)``, radians.

        Returns:
            Shape ``(batch, n_observables)``.

        Raises:
            UnsupportedCircuitError: The circuit is too large for this backend.
        """
        ...
