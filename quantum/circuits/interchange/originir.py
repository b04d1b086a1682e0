"""OriginIR, the text in which Origin's SDK and cloud exchange circuits, both ways.

Written: one line a gate of the table; DAGGER and CONTROL blocks where OriginIR has no word of its
own. Read: what pyqpanda3 0.5 writes and posts, its transpiled U3, RPhi and CZ included. Gates
outside the table become rotations, equal up to a global phase, under control as well. This module
needs no SDK and knows nothing about the cloud.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field

from quantum.circuits.circuit import Circuit, Operation
from quantum.circuits.interchange.originir_gates import GATE_NAMES, IDLE_NAMES, read_gate
from quantum.circuits.interchange.pieces import GROWTH, Piece, controlled, inverse
from quantum.exceptions import CircuitError

MAX_QUBITS = 4096
MAX_OPERATIONS = 20_000
"""Limits of reading: a short text with nested CONTROL blocks can mean millions of gates."""

_BLOCKS = {"ENDCONTROL": "CONTROL", "ENDDAGGER": "DAGGER"}
_STATEMENT = re.compile(r"([A-Za-z]\w*)(?:\s+([^()]*?))?(?:\s*\(([^()]*)\))?")
_NUMBER = re.compile(r"[0-9]{1,9}")
_REFERENCE = re.compile(r"([qc])\[([0-9]{1,9})\]")
_ANGLE = re.compile(
    r"([+-]?)(?:(\d+\.?\d*(?:e[+-]?\d+)?|\.\d+(?:e[+-]?\d+)?)\*?)?(pi)?(?:/(\d+\.?\d*))?"
)


def to_originir(circuit: Circuit, measure: bool = True) -> str:
    """A bound circuit as OriginIR.

    Args:
        circuit: What to write; its observables are not looked at.
        measure: Measure every qubit q into classical bit q at the end, as the cloud needs it.

    Raises:
        CircuitError: An angle is not a number yet, or not a finite one.

    >>> print(to_originir(Circuit(1, (Operation("rx", (0,), 0.5),))), end="")
    QINIT 1
    CREG 1
    RX q[0],(0.5)
    MEASURE q[0],c[0]
    """
    if not circuit.bound:
        raise CircuitError(f"{circuit.name}: bind inputs and angles before writing it as OriginIR.")
    lines = [f"QINIT {circuit.n_qubits}", f"CREG {circuit.n_qubits}"]
    for op in circuit.operations:
        lines += _written(op)
    if measure:
        lines += [f"MEASURE q[{q}],c[{q}]" for q in range(circuit.n_qubits)]
    return "\n".join(lines) + "\n"


def _written(op: Operation) -> list[str]:
    qubits = [f"q[{qubit}]" for qubit in op.qubits]
    if op.gate in ("sdg", "tdg"):
        return ["DAGGER", f"{op.gate[0].upper()} {qubits[0]}", "ENDDAGGER"]
    angle = ""
    if op.source is not None:
        assert isinstance(op.source, float | int)
        if not math.isfinite(op.source):
            raise CircuitError(f"The angle of {op.gate} on {op.qubits} is {op.source}.")
        angle = f",({float(op.source)!r})"
    if op.gate in ("crx", "cry", "crz"):
        name = op.gate[1:].upper()
        return [f"CONTROL {qubits[0]}", f"{name} {qubits[1]}{angle}", "ENDCONTROL"]
    return [f"{GATE_NAMES[op.gate]} {','.join(qubits)}{angle}"]


def from_originir(text: str) -> Circuit:
    """Read a circuit; measurements at its end are left out.

    Raises:
        CircuitError: The text is not OriginIR, or has a part that cannot be simulated as a circuit
            (reset, conditions, gates after a measurement); the message names the line.
    """
    program = _Reader(text)
    operations = tuple(program.blocks[0].operations)
    return Circuit(program.n_qubits, operations, name="OriginIR circuit")


@dataclass
class _Block:
    """An open block: what opened it, where, and what it holds so far."""

    kind: str
    line: int
    controls: tuple[int, ...] = ()
    operations: list[Operation] = field(default_factory=list)
    phase: float = 0.0

    def add(self, piece: Piece) -> None:
        self.operations += piece.operations
        self.phase += piece.phase


class _Reader:
    """One pass over the lines; errors carry the line's number."""

    def __init__(self, text: str) -> None:
        self.n_qubits = 0
        self.n_bits = 0
        self.measured: dict[int, int] = {}
        self.blocks = [_Block("program", 0)]
        self.line = 0
        for number, raw in enumerate(text.splitlines(), start=1):
            self.line = number
            # One space each: the pattern would try every way to split a long gap.
            statement = " ".join(raw.partition("//")[0].split())
            if statement:
                self._read(statement)
        if self.n_qubits < 1:
            raise self._error("there is no QINIT with at least one qubit")
        if len(self.blocks) > 1:
            block = self.blocks[-1]
            raise self._error(f"the {block.kind} of line {block.line} is never closed")

    def _error(self, problem: str) -> CircuitError:
        return CircuitError(f"OriginIR, line {self.line}: {problem}.")

    def _read(self, statement: str) -> None:
        match = _STATEMENT.fullmatch(statement)
        if match is None:
            raise self._error(f"cannot read {statement[:60]!r}")
        name, names, angles = match[1], (match[2] or "").rstrip(" ,"), match[3]
        if name in ("QINIT", "CREG"):
            self._declare(name, names)
        elif self.n_qubits < 1:
            raise self._error("QINIT must come first")
        elif name == "MEASURE":
            self._measure(names)
        elif name in ("CONTROL", "DAGGER"):
            controls = self._qubits(names) if name == "CONTROL" else ()
            self.blocks.append(_Block(name, self.line, controls))
        elif name in _BLOCKS:
            self._close(name)
        else:
            self._gate(name, names, angles)

    def _declare(self, name: str, size: str) -> None:
        if not _NUMBER.fullmatch(size) or (name == "QINIT" and int(size) < 1):
            raise self._error(f"{name} needs a number, got {size[:60]!r}")
        if int(size) > MAX_QUBITS:
            raise self._error(f"{name} is limited to {MAX_QUBITS}, got {size}")
        if name == "CREG":
            self.n_bits = int(size)
        elif self.n_qubits:
            raise self._error("there is a second QINIT")
        else:
            self.n_qubits = int(size)

    def _references(self, names: str, letter: str, size: int) -> tuple[int, ...]:
        """Indices in ``q[0],q[1]``; a bare ``q`` means all."""
        if names == letter:
            return tuple(range(size))
        indices = []
        for part in names.split(","):
            match = _REFERENCE.fullmatch(part.strip())
            if match is None or match[1] != letter:
                raise self._error(f"expected {letter}[number], got {part.strip()!r}")
            if int(match[2]) >= size:
                raise self._error(f"{part.strip()} does not exist: there are {size}")
            indices.append(int(match[2]))
        return tuple(indices)

    def _qubits(self, names: str) -> tuple[int, ...]:
        qubits = self._references(names, "q", self.n_qubits)
        late = sorted(set(qubits) & set(self.measured.values()))
        if late:
            raise self._error(f"qubit {late[0]} was measured before; only final ones can be read")
        return qubits

    def _measure(self, names: str) -> None:
        if len(self.blocks) > 1:
            raise self._error(f"MEASURE stands inside {self.blocks[-1].kind}")
        qubit_names, _, bit_names = names.partition(",")
        qubits = self._qubits(qubit_names.strip())
        bits = self._references(bit_names.strip(), "c", self.n_bits)
        if len(qubits) != len(bits) or set(bits) & set(self.measured):
            raise self._error("each classical bit must take one qubit")
        self.measured.update(zip(bits, qubits, strict=True))

    def _gate(self, name: str, names: str, angles: str | None) -> None:
        if name in IDLE_NAMES:
            return
        values = [self._angle(part) for part in angles.split(",")] if angles is not None else []
        qubits = self._qubits(names)
        try:
            piece = read_gate(name, qubits, values)
        except CircuitError as error:
            raise self._error(str(error).rstrip(".")) from None
        self._add(piece)

    def _add(self, piece: Piece) -> None:
        """Add to the innermost open block, within the limit on the whole."""
        self.blocks[-1].add(piece)
        if sum(len(block.operations) for block in self.blocks) > MAX_OPERATIONS:
            raise self._error(f"the program has more than {MAX_OPERATIONS} gates")

    def _angle(self, text: str) -> float:
        match = _ANGLE.fullmatch(text.strip().lower())
        if match is None or not (match[2] or match[3]):
            raise self._error(f"{text.strip()!r} is not an angle")
        value = float(match[2] or 1) * (math.pi if match[3] else 1)
        value /= float(match[4] or 1) or math.nan
        if not math.isfinite(value):
            raise self._error(f"{text.strip()!r} is not a finite angle")
        return -value if match[1] == "-" else value

    def _close(self, name: str) -> None:
        block = self.blocks[-1]
        if block.kind != _BLOCKS[name]:
            raise self._error(f"{name} closes nothing")
        self.blocks.pop()
        piece = Piece(tuple(block.operations), block.phase)
        if block.kind == "DAGGER":
            piece = inverse(piece)
        for control in block.controls:
            if any(control in op.qubits for op in piece.operations):
                raise self._error(f"qubit {control} is controlled by itself")
            if GROWTH * len(piece.operations) > MAX_OPERATIONS:
                raise self._error(f"the CONTROL may mean more than {MAX_OPERATIONS} gates")
            piece = controlled(piece, control)
        self._add(piece)
