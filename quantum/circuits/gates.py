"""The gate table: every gate the library knows, in one place.

A gate is either fixed (a matrix) or a rotation ``exp(-i θ G)`` given by its generator ``G``, a real
sum of Pauli strings. All generators here satisfy ``(2G)² = P`` with a projector ``P``, hence

    exp(-i θ G) = (1 - P) + cos(θ/2) P - i sin(θ/2) 2G

which is how ``matrix`` and the simulators build the gate: there is no second definition.

Two-qubit matrices are written in the textbook order: the first qubit of the operation is the more
significant bit, so ``CX(control, target)`` swaps the last two rows. This module knows nothing about
circuits, torch, numpy or Qiskit.
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from quantum.exceptions import CircuitError, UnknownNameError

Matrix = tuple[tuple[complex, ...], ...]

_H = 1 / math.sqrt(2)
_T = cmath.exp(1j * math.pi / 4)

PAULI: Mapping[str, Matrix] = {
    "I": ((1, 0), (0, 1)),
    "X": ((0, 1), (1, 0)),
    "Y": ((0, -1j), (1j, 0)),
    "Z": ((1, 0), (0, -1)),
}


def kron(a: Matrix, b: Matrix) -> Matrix:
    """Kronecker product of two matrices, ``a`` on the more significant bit."""
    return tuple(tuple(x * y for x in row_a for y in row_b) for row_a in a for row_b in b)


def matmul(a: Matrix, b: Matrix) -> Matrix:
    """Product of two matrices."""
    columns = tuple(zip(*b, strict=True))
    return tuple(
        tuple(sum((x * y for x, y in zip(row, col, strict=True)), 0j) for col in columns)
        for row in a
    )


def _sum(terms: list[tuple[complex, Matrix]]) -> Matrix:
    size = range(len(terms[0][1]))
    return tuple(tuple(sum((f * m[i][j] for f, m in terms), 0j) for j in size) for i in size)


@dataclass(frozen=True)
class Gate:
    """One gate of the table.

    Attributes:
        name: Lower-case name, the same as Qiskit's.
        n_qubits: Number of qubits it acts on.
        help: One line for docs and tooltips.
        fixed: Matrix of a gate without parameter.
        generator: Pauli sum ``G`` of a rotation ``exp(-i θ G)``, keyed by strings such as ``"ZZ"``.
        inverse_name: Name of the inverse of a fixed gate. A rotation's inverse is itself at ``-θ``.
    """

    name: str
    n_qubits: int
    help: str
    fixed: Matrix | None = None
    generator: tuple[tuple[str, float], ...] = ()
    inverse_name: str = ""

    @property
    def parametric(self) -> bool:
        """Whether the gate takes an angle (radians)."""
        return self.fixed is None

    @property
    def diagonal(self) -> bool:
        """Whether the matrix is diagonal for every angle."""
        return all(self.commutes_with_z(position) for position in range(self.n_qubits))

    def commutes_with_z(self, position: int) -> bool:
        """Whether the gate commutes with Z on its qubit number ``position``, for every angle.

        >>> gate("cx").commutes_with_z(0), gate("cx").commutes_with_z(1)
        (True, False)
        """
        return _commutes_with_z(self, position)

    def generator_matrix(self) -> Matrix:
        """The generator ``G`` as a matrix.

        Raises:
            CircuitError: The gate is fixed and has no generator.
        """
        if self.fixed is not None:
            raise CircuitError(f"Gate {self.name!r} is fixed: it has no generator.")
        terms: list[tuple[complex, Matrix]] = []
        for word, factor in self.generator:
            matrix: Matrix = ((1,),)
            for letter in word:
                matrix = kron(matrix, PAULI[letter])
            terms.append((factor, matrix))
        return _sum(terms)

    def parts(self) -> tuple[Matrix, Matrix, Matrix]:
        """The constants ``(A, B, C)`` with ``matrix(θ) = A + cos(θ/2) B + sin(θ/2) C``."""
        return _parts(self)

    def matrix(self, angle: float | None = None) -> Matrix:
        """The gate's unitary.

        Args:
            angle: Angle in radians for a rotation, ``None`` for a fixed gate.

        Returns:
            ``2**n_qubits`` rows of as many complex numbers.

        Raises:
            CircuitError: An angle is missing or superfluous.

        >>> gate("x").matrix()
        ((0, 1), (1, 0))
        """
        if self.fixed is not None:
            if angle is not None:
                raise CircuitError(f"Gate {self.name!r} takes no angle.")
            return self.fixed
        if angle is None:
            raise CircuitError(f"Gate {self.name!r} needs an angle.")
        rest, even, odd = self.parts()
        return _sum([(1, rest), (math.cos(angle / 2), even), (math.sin(angle / 2), odd)])


@cache
def _commutes_with_z(item: Gate, position: int) -> bool:
    if item.fixed is None:
        return all(word[position] in "IZ" for word, _ in item.generator)
    bit = item.n_qubits - 1 - position
    return not any(
        x and (i ^ j) >> bit & 1 for i, row in enumerate(item.fixed) for j, x in enumerate(row)
    )


@cache
def _parts(item: Gate) -> tuple[Matrix, Matrix, Matrix]:
    double = _sum([(2, item.generator_matrix())])
    projector = matmul(double, double)
    size = range(len(double))
    identity: Matrix = tuple(tuple(complex(i == j) for j in size) for i in size)
    return _sum([(1, identity), (-1, projector)]), projector, _sum([(-1j, double)])


def _controlled(target: Matrix) -> Matrix:
    (a, b), (c, d) = target
    return ((1, 0, 0, 0), (0, 1, 0, 0), (0, 0, a, b), (0, 0, c, d))


def _half(letter: str) -> tuple[tuple[str, float], ...]:
    return ((letter, 0.5),)


def _half_controlled(letter: str) -> tuple[tuple[str, float], ...]:
    # |1><1| ⊗ P / 2 = (I - Z) ⊗ P / 4
    return (("I" + letter, 0.25), ("Z" + letter, -0.25))


# fmt: off
_ALL = (
    Gate("x", 1, "Bit flip.", fixed=PAULI["X"], inverse_name="x"),
    Gate("y", 1, "Bit and phase flip.", fixed=PAULI["Y"], inverse_name="y"),
    Gate("z", 1, "Phase flip.", fixed=PAULI["Z"], inverse_name="z"),
    Gate("h", 1, "Hadamard: makes an even superposition.",
        fixed=((_H, _H), (_H, -_H)), inverse_name="h"),
    Gate("s", 1, "Quarter turn of the phase.", fixed=((1, 0), (0, 1j)), inverse_name="sdg"),
    Gate("sdg", 1, "Inverse of S.", fixed=((1, 0), (0, -1j)), inverse_name="s"),
    Gate("t", 1, "Eighth turn of the phase.", fixed=((1, 0), (0, _T)), inverse_name="tdg"),
    Gate("tdg", 1, "Inverse of T.", fixed=((1, 0), (0, _T.conjugate())), inverse_name="t"),
    Gate("rx", 1, "Rotation about X.", generator=_half("X")),
    Gate("ry", 1, "Rotation about Y; keeps real states real.", generator=_half("Y")),
    Gate("rz", 1, "Rotation about Z.", generator=_half("Z")),
    Gate("cx", 2, "Flips the target where the control is 1.",
        fixed=_controlled(PAULI["X"]), inverse_name="cx"),
    Gate("cz", 2, "Changes the sign where both are 1; native on Wukong.",
        fixed=_controlled(PAULI["Z"]), inverse_name="cz"),
    Gate("swap", 2, "Exchanges two qubits.",
        fixed=((1, 0, 0, 0), (0, 0, 1, 0), (0, 1, 0, 0), (0, 0, 0, 1)), inverse_name="swap"),
    Gate("crx", 2, "RX on the target where the control is 1.", generator=_half_controlled("X")),
    Gate("cry", 2, "RY on the target where the control is 1.", generator=_half_controlled("Y")),
    Gate("crz", 2, "RZ on the target where the control is 1.", generator=_half_controlled("Z")),
    Gate("rxx", 2, "Joint rotation about XX.", generator=_half("XX")),
    Gate("rzz", 2, "Joint rotation about ZZ.", generator=_half("ZZ")),
)
# fmt: on

GATES: Mapping[str, Gate] = {item.name: item for item in _ALL}


def gate(name: str) -> Gate:
    """Look a gate up.

    Raises:
        UnknownNameError: There is no such gate; the message lists the known ones.
    """
    try:
        return GATES[name]
    except KeyError:
        raise UnknownNameError("gate", name, GATES) from None
