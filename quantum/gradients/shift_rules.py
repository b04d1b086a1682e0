"""Parameter-shift rules: a gate's exact derivative from values of shifted circuits.

The rule follows from the generator G in the gate table. If ``(2G)² = 1`` its eigenvalues are ±1/2,
an expectation value is a sine of the angle, and two shifts give the derivative (Mitarai et al.,
Phys. Rev. A 98, 032309, 2018; Schuld et al., Phys. Rev. A 99, 032331, 2019). If ``(2G)²`` is a
projector, as for controlled rotations, the eigenvalues are 0 and ±1/2, there are two frequencies,
and four shifts are needed (Anselmetti et al., New J. Phys. 23, 113010, 2021; Kyriienko and Elfving,
Phys. Rev. A 104, 052417, 2021; the general rule: Wierichs et al., Quantum 6, 677, 2022).

An angle that occurs in several gates has the sum of their derivatives, so occurrences are what is
shifted. Pure Python; it knows nothing about how circuits are run.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cache

from quantum.circuits.circuit import Angle, Circuit
from quantum.circuits.gates import gate
from quantum.exceptions import CircuitError


@dataclass(frozen=True)
class ShiftTerm:
    """One term ``factor · f(θ + shift)`` of a derivative; shift in radians."""

    shift: float
    factor: float


_HALF_PI = math.pi / 2
_TWO_TERMS = (ShiftTerm(_HALF_PI, 0.5), ShiftTerm(-_HALF_PI, -0.5))
_NEAR = (math.sqrt(2) + 1) / (4 * math.sqrt(2))
_FAR = (math.sqrt(2) - 1) / (4 * math.sqrt(2))
# The first two shifts are those of the two-term rule, so that both rules can share circuits.
_FOUR_TERMS = (
    ShiftTerm(_HALF_PI, _NEAR),
    ShiftTerm(-_HALF_PI, -_NEAR),
    ShiftTerm(3 * _HALF_PI, -_FAR),
    ShiftTerm(-3 * _HALF_PI, _FAR),
)


@cache
def shift_rule(name: str) -> tuple[ShiftTerm, ...]:
    """The terms that add up to a rotation's derivative.

    Args:
        name: A rotation of the gate table.

    Raises:
        CircuitError: The gate takes no angle.

    >>> [round(term.factor, 4) for term in shift_rule("crz")]
    [0.4268, -0.4268, -0.0732, 0.0732]
    """
    entry = gate(name)
    if not entry.parametric:
        raise CircuitError(f"Gate {name!r} takes no angle, so it has no derivative.")
    rest, _, _ = entry.parts()  # 1 - (2G)²
    return _FOUR_TERMS if any(abs(x) > 1e-12 for row in rest for x in row) else _TWO_TERMS


@dataclass(frozen=True)
class Occurrences:
    """A circuit in which every occurrence of a trainable angle has an angle of its own.

    Attributes:
        circuit: The circuit with occurrence numbers as angle indices.
        owners: The original angle of each occurrence.
        rules: The shift rule of each occurrence.
    """

    circuit: Circuit
    owners: tuple[int, ...]
    rules: tuple[tuple[ShiftTerm, ...], ...]


@cache
def split_occurrences(circuit: Circuit) -> Occurrences:
    """Number the occurrences of trainable angles.

    Raises:
        CircuitError: The circuit has per-sample inputs; bind them first.
    """
    if circuit.n_inputs:
        raise CircuitError(f"{circuit.name} has inputs: its gradient needs them bound first.")
    operations = []
    owners: list[int] = []
    rules = []
    for op in circuit.operations:
        if isinstance(op.source, Angle):
            owners.append(op.source.index)
            rules.append(shift_rule(op.gate))
            op = replace(op, source=Angle(len(owners) - 1))
        operations.append(op)
    return Occurrences(replace(circuit, operations=tuple(operations)), tuple(owners), tuple(rules))
