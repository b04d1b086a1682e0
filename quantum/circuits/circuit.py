"""The description of a parameterised circuit.

A circuit is a list of operations from the gate table. Each rotation's angle comes from one of three
places: a constant, a trainable angle shared by the whole batch (``Angle``), or a per-sample input
(``Input``). Qubit 0 is the least significant bit of a basis state, as in Qiskit. This module knows
nothing about how a circuit is run, drawn or trained.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from quantum.chips.couplers import Pair
from quantum.circuits.gates import gate
from quantum.circuits.observables import PauliString
from quantum.exceptions import CircuitError


@dataclass(frozen=True, order=True)
class Angle:
    """Trainable angle number ``index`` (radians), shared by all samples of a batch."""

    index: int


@dataclass(frozen=True, order=True)
class Input:
    """Component ``index`` of the sample's input vector (radians)."""

    index: int


Source = Angle | Input | float


@dataclass(frozen=True)
class Operation:
    """One gate on named qubits.

    Attributes:
        gate: Name in the gate table.
        qubits: Qubits in the gate's own order (control first).
        source: Where the angle comes from; ``None`` for fixed gates.

    Raises:
        CircuitError: Wrong number of qubits, a repeated qubit, or a missing or superfluous angle.
    """

    gate: str
    qubits: tuple[int, ...]
    source: Source | None = None

    def __post_init__(self) -> None:
        entry = gate(self.gate)
        if len(self.qubits) != entry.n_qubits or len(set(self.qubits)) != entry.n_qubits:
            raise CircuitError(
                f"Gate {self.gate!r} needs {entry.n_qubits} different qubits, got {self.qubits}."
            )
        if entry.parametric == (self.source is None):
            word = "needs an angle" if entry.parametric else "takes no angle"
            raise CircuitError(f"Gate {self.gate!r} on {self.qubits} {word}.")

    def renumbered(self, numbers: Mapping[int, int]) -> Operation:
        """The same gate on the qubits' new numbers."""
        return replace(self, qubits=tuple(numbers[qubit] for qubit in self.qubits))

    def inverse(self) -> Operation:
        """The bound gate's inverse."""
        if self.source is None:
            return replace(self, gate=gate(self.gate).inverse_name)
        assert isinstance(self.source, float | int)
        return replace(self, source=-self.source)


@dataclass(frozen=True)
class Circuit:
    """A parameterised circuit that starts in |0…0> and the observables to measure at its end.

    Attributes:
        n_qubits: Number of qubits.
        operations: Operations in time order.
        observables: What ``expectations`` returns, in this order.
        name: Short title for drawings.

    >>> from quantum.circuits.observables import z
    >>> c = Circuit(2, (Operation("ry", (0,), Input(0)), Operation("cz", (0, 1))), (z(0),))
    >>> c.n_inputs, c.n_angles, c.depth
    (1, 0, 2)
    """

    n_qubits: int
    operations: tuple[Operation, ...]
    observables: tuple[PauliString, ...] = ()
    name: str = "circuit"

    def __post_init__(self) -> None:
        if self.n_qubits < 1:
            raise CircuitError(f"A circuit needs at least one qubit, got {self.n_qubits}.")
        used = [qubit for op in self.operations for qubit in op.qubits]
        used += [qubit for observable in self.observables for qubit in observable.qubits]
        outside = sorted({qubit for qubit in used if not 0 <= qubit < self.n_qubits})
        if outside:
            raise CircuitError(f"Qubits {outside} do not exist: there are {self.n_qubits}.")

    def __hash__(self) -> int:
        """Computed once: circuits are keys of many tables, and a deep one takes 0.1 ms."""
        known = self.__dict__.get("_hash")
        if known is None:
            known = hash((self.n_qubits, self.operations, self.observables, self.name))
            object.__setattr__(self, "_hash", known)
        return int(known)

    def __getstate__(self) -> dict[str, object]:
        """Without the hash: the next process hashes text differently."""
        return {name: value for name, value in self.__dict__.items() if name != "_hash"}

    @property
    def n_angles(self) -> int:
        """Length of the vector of trainable angles."""
        indices = [op.source.index for op in self.operations if isinstance(op.source, Angle)]
        return max(indices, default=-1) + 1

    @property
    def n_inputs(self) -> int:
        """Length of a sample's input vector."""
        indices = [op.source.index for op in self.operations if isinstance(op.source, Input)]
        return max(indices, default=-1) + 1

    @property
    def bound(self) -> bool:
        """Whether every angle is a number, so that the circuit can be sampled."""
        return not any(isinstance(op.source, Angle | Input) for op in self.operations)

    def bind(self, inputs: Sequence[float] = (), angles: Sequence[float] = ()) -> Circuit:
        """The circuit of one sample, with numbers in place of inputs and angles.

        Args:
            inputs: Values of one sample, ``n_inputs`` of them, radians.
            angles: Trainable angles, ``n_angles`` of them, radians.

        Raises:
            CircuitError: Too few values.
        """
        if len(inputs) < self.n_inputs or len(angles) < self.n_angles:
            raise CircuitError(
                f"{self.name} needs {self.n_inputs} inputs and {self.n_angles} angles, "
                f"got {len(inputs)} and {len(angles)}."
            )

        def value(source: Source | None) -> float | None:
            if isinstance(source, Angle):
                return float(angles[source.index])
            return float(inputs[source.index]) if isinstance(source, Input) else source

        bound = (replace(op, source=value(op.source)) for op in self.operations)
        return replace(self, operations=tuple(bound))

    def inverse(self) -> Circuit:
        """The bound circuit backwards, each gate inverted; observables are left out.

        Raises:
            CircuitError: An angle is not a number yet.
        """
        if not self.bound:
            raise CircuitError(f"{self.name}: bind inputs and angles before inverting it.")
        operations = tuple(op.inverse() for op in reversed(self.operations))
        return Circuit(self.n_qubits, operations, name=f"inverse of {self.name}")

    def renumbered(self, numbers: Mapping[int, int]) -> Circuit:
        """The circuit on as many qubits as ``numbers`` names, each under its new number."""
        return Circuit(
            len(numbers),
            tuple(op.renumbered(numbers) for op in self.operations),
            tuple(observable.renumbered(numbers) for observable in self.observables),
            self.name,
        )

    @property
    def depth(self) -> int:
        """Longest chain of operations that must follow one another."""
        level = [0] * self.n_qubits
        for op in self.operations:
            reached = 1 + max(level[qubit] for qubit in op.qubits)
            for qubit in op.qubits:
                level[qubit] = reached
        return max(level)

    def gate_counts(self) -> dict[str, int]:
        """Number of operations by gate name, sorted by name."""
        return dict(sorted(Counter(op.gate for op in self.operations).items()))

    def pairs(self) -> set[Pair]:
        """The pairs of qubits on which operations act, the lower qubit first."""
        return {(min(op.qubits), max(op.qubits)) for op in self.operations if len(op.qubits) == 2}

    def two_qubit_count(self) -> int:
        """Number of operations on two qubits, the costly ones on hardware."""
        return sum(len(op.qubits) == 2 for op in self.operations)

    def describe(self) -> dict[str, object]:
        """The circuit's size as plain data, for run pages and logs."""
        return {
            "name": self.name,
            "qubits": self.n_qubits,
            "inputs": self.n_inputs,
            "angles": self.n_angles,
            "depth": self.depth,
            "gates": self.gate_counts(),
            "two_qubit_gates": self.two_qubit_count(),
            "observables": [str(observable) for observable in self.observables],
        }
