"""Which observables one circuit can measure, and the gates that turn their basis into Z.

This module knows nothing about shots, batches or backends.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from quantum.circuits.circuit import Operation
from quantum.circuits.observables import PauliString


@dataclass(frozen=True)
class MeasurementGroup:
    """Observables that one circuit measures.

    Attributes:
        basis: The letter (X, Y or Z) that each qubit is measured in; other qubits are free.
        members: Places of the observables in the circuit's list.
    """

    basis: tuple[tuple[int, str], ...]
    members: tuple[int, ...]

    def turns(self) -> tuple[Operation, ...]:
        """Gates that turn the basis into Z."""
        turns: list[Operation] = []
        for qubit, letter in self.basis:
            if letter == "Y":
                turns.append(Operation("sdg", (qubit,)))
            if letter != "Z":
                turns.append(Operation("h", (qubit,)))
        return tuple(turns)


def group(observables: Sequence[PauliString]) -> tuple[MeasurementGroup, ...]:
    """Observables grouped qubit by qubit: each joins the first group that it does not contradict.

    Those of Z only come first, so that one group holds them all.

    >>> from quantum.circuits.observables import pauli, z, zz
    >>> [g.members for g in group([z(0), pauli("XX"), zz(0, 1)])]
    [(0, 2), (1,)]
    """
    groups: list[tuple[dict[int, str], list[int]]] = []
    order = sorted(range(len(observables)), key=lambda place: not observables[place].diagonal)
    for place in order:
        letters = dict(observables[place].factors)
        for basis, members in groups:
            if all(basis.get(qubit, letter) == letter for qubit, letter in letters.items()):
                basis.update(letters)
                members.append(place)
                break
        else:
            groups.append((letters, [place]))
    return tuple(
        MeasurementGroup(tuple(sorted(basis.items())), tuple(sorted(members)))
        for basis, members in groups
    )
