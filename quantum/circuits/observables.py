"""Observables: Pauli strings, with Z and ZZ as the usual cases.

An observable is a product of Pauli operators on named qubits; all other qubits carry the identity.
This module knows nothing about states, simulators or shots.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from quantum.exceptions import CircuitError


@dataclass(frozen=True)
class PauliString:
    """A product of Pauli operators.

    Attributes:
        factors: Pairs ``(qubit, letter)`` with letters X, Y, Z, sorted by qubit, no qubit twice.

    >>> str(zz(0, 2))
    'Z0 Z2'
    """

    factors: tuple[tuple[int, str], ...]

    def __post_init__(self) -> None:
        qubits = [qubit for qubit, _ in self.factors]
        if len(set(qubits)) != len(qubits) or any(qubit < 0 for qubit in qubits):
            raise CircuitError(f"Each qubit may occur once, from 0 on: {self.factors}.")
        if any(letter not in {"X", "Y", "Z"} for _, letter in self.factors):
            raise CircuitError(f"Letters must be X, Y or Z: {self.factors}.")
        object.__setattr__(self, "factors", tuple(sorted(self.factors)))

    @property
    def qubits(self) -> tuple[int, ...]:
        """The qubits that carry an operator other than the identity."""
        return tuple(qubit for qubit, _ in self.factors)

    @property
    def diagonal(self) -> bool:
        """Whether the observable is made of Z only, so counts in the Z basis give it."""
        return all(letter == "Z" for _, letter in self.factors)

    def label(self, n_qubits: int) -> str:
        """Qiskit's label: qubit 0 is the rightmost letter."""
        letters = dict(self.factors)
        return "".join(letters.get(qubit, "I") for qubit in reversed(range(n_qubits)))

    def masks(self) -> tuple[int, int, int]:
        """Bit masks ``(x, z, n_y)``: the string maps ``|s>`` to ``iⁿʸ (-1)^|s&z| |s^x>``."""
        x = sum(1 << qubit for qubit, letter in self.factors if letter in "XY")
        z_mask = sum(1 << qubit for qubit, letter in self.factors if letter in "YZ")
        return x, z_mask, sum(letter == "Y" for _, letter in self.factors)

    def renumbered(self, numbers: Mapping[int, int]) -> PauliString:
        """The same product on the qubits' new numbers."""
        return PauliString(tuple((numbers[qubit], letter) for qubit, letter in self.factors))

    def __str__(self) -> str:
        return " ".join(f"{letter}{qubit}" for qubit, letter in self.factors) or "I"


def z(qubit: int) -> PauliString:
    """The observable Z on one qubit."""
    return PauliString(((qubit, "Z"),))


def zz(first: int, second: int) -> PauliString:
    """The observable Z⊗Z on two qubits."""
    return PauliString(((first, "Z"), (second, "Z")))


def pauli(label: str) -> PauliString:
    """A Pauli string from Qiskit's label (qubit 0 rightmost).

    >>> str(pauli("ZIX"))
    'X0 Z2'
    """
    if set(label) - set("IXYZ"):
        raise CircuitError(f"A Pauli label has the letters I, X, Y, Z only, got {label!r}.")
    pairs = enumerate(reversed(label))
    return PauliString(tuple((qubit, letter) for qubit, letter in pairs if letter != "I"))
