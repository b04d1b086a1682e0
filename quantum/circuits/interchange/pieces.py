"""Short runs of table gates, exact with their global phase, so that they can be controlled.

Languages for circuits let any block be controlled or inverted. Under control a global phase is no
longer global, so a ``Piece`` keeps it: its unitary is ``exp(i phase)`` times its operations. This
module knows nothing about any language.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain

from quantum.circuits.circuit import Operation

GROWTH = 17
"""One gate becomes at most so many under one more control."""

_PHASES = {"s": math.pi / 2, "sdg": -math.pi / 2, "t": math.pi / 4, "tdg": -math.pi / 4}


@dataclass(frozen=True)
class Piece:
    """Bound operations in time order and the phase in front of them (radians)."""

    operations: tuple[Operation, ...] = ()
    phase: float = 0.0

    def __add__(self, later: Piece) -> Piece:
        return Piece(self.operations + later.operations, self.phase + later.phase)


def joined(pieces: Iterable[Piece]) -> Piece:
    """Pieces one after another."""
    parts = list(pieces)
    operations = chain.from_iterable(part.operations for part in parts)
    return Piece(tuple(operations), sum(part.phase for part in parts))


def one_qubit(qubit: int, alpha: float, beta: float, gamma: float, delta: float) -> Piece:
    """Any one-qubit gate: ``exp(i alpha) RZ(beta) RY(gamma) RZ(delta)``; RZ(delta) comes first."""
    turns = (("rz", delta), ("ry", gamma), ("rz", beta))
    return Piece(tuple(Operation(name, (qubit,), turn) for name, turn in turns if turn), alpha)


def phase_gate(qubit: int, angle: float) -> Piece:
    """The gate ``diag(1, exp(i angle))``."""
    return Piece((Operation("rz", (qubit,), angle),), angle / 2)


def inverse(piece: Piece) -> Piece:
    """The piece backwards, each gate inverted."""
    return Piece(tuple(op.inverse() for op in reversed(piece.operations)), -piece.phase)


def controlled(piece: Piece, control: int) -> Piece:
    """The piece where the control qubit is 1, nothing where it is 0."""
    parts = [_controlled_gate(op, control) for op in piece.operations]
    if piece.phase:
        parts.append(phase_gate(control, piece.phase))
    return joined(parts)


def _plain(*steps: tuple[str, tuple[int, ...]] | tuple[str, tuple[int, ...], float]) -> Piece:
    return Piece(tuple(Operation(*step) for step in steps))


def _controlled_gate(op: Operation, c: int) -> Piece:
    """One table gate under control, in table gates."""
    *_, a, b = (-1, *op.qubits)  # a one-qubit gate acts on b
    angle = op.source if isinstance(op.source, float | int) else 0.0
    match op.gate:
        case "x" | "z" | "rx" | "ry" | "rz":
            return Piece((Operation("c" + op.gate, (c, b), op.source),))
        case "y":
            return _plain(("sdg", (b,)), ("cx", (c, b)), ("s", (b,)))
        case "h":
            # H is Z seen along an axis that is turned by a quarter of pi.
            turn = math.pi / 4
            return _plain(("ry", (b,), -turn), ("cz", (c, b)), ("ry", (b,), turn))
        case "s" | "sdg" | "t" | "tdg":
            return controlled(phase_gate(b, _PHASES[op.gate]), c)
        case "cx":
            return _toffoli(c, a, b)
        case "cz":
            return _plain(("h", (b,))) + _toffoli(c, a, b) + _plain(("h", (b,)))
        case "swap":
            return _plain(("cx", (b, a))) + _toffoli(c, a, b) + _plain(("cx", (b, a)))
        case "crx" | "cry" | "crz":
            # Half turns that cancel unless both controls are 1.
            half, back = (op.gate, (a, b), angle / 2), (op.gate, (a, b), -angle / 2)
            last = (op.gate, (c, b), angle / 2)
            return _plain(half, ("cx", (c, a)), back, ("cx", (c, a)), last)
        case "rzz":
            return _plain(("cx", (a, b)), ("crz", (c, b), angle), ("cx", (a, b)))
        case _:
            assert op.gate == "rxx"
            turns = _plain(("h", (a,)), ("h", (b,)))
            return turns + _controlled_gate(Operation("rzz", (a, b), angle), c) + turns


def _toffoli(c: int, a: int, b: int) -> Piece:
    """X on b where c and a are 1: the standard circuit of six CX, exact in its phase."""
    return _plain(
        ("h", (b,)),
        ("cx", (a, b)),
        ("tdg", (b,)),
        ("cx", (c, b)),
        ("t", (b,)),
        ("cx", (a, b)),
        ("tdg", (b,)),
        ("cx", (c, b)),
        ("t", (a,)),
        ("t", (b,)),
        ("h", (b,)),
        ("cx", (c, a)),
        ("t", (c,)),
        ("tdg", (a,)),
        ("cx", (c, a)),
    )
