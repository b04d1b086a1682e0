"""OpenQASM 2, by Qiskit's own reader and writer.

This module knows nothing about gates: ``quantum.qiskit_bridge`` brings them into the table.
"""

from __future__ import annotations

import re

from qiskit import qasm2

from quantum.circuit import Circuit
from quantum.exceptions import CircuitError
from quantum.qiskit_bridge import from_qiskit, to_qiskit

__all__ = ["MAX_BITS", "MAX_NESTING", "MAX_OPERATIONS", "from_openqasm", "to_openqasm"]

MAX_BITS = 4096
MAX_OPERATIONS = 20_000
MAX_NESTING = 50
"""Limits of reading: gates defined by gates can make a short text mean millions of them."""

_COMMENT = re.compile(r"//[^\n]*")
_REGISTER = re.compile(r"\b[qc]reg\s+\w+\s*\[\s*([0-9]{1,9})")
_DEFINITION = re.compile(r"\bgate\s+(\w+)[^{;]*\{([^}]*)\}")


def to_openqasm(circuit: Circuit) -> str:
    """A bound circuit as OpenQASM 2, without measurements.

    Raises:
        CircuitError: An angle is not a number yet.
    """
    if not circuit.bound:
        raise CircuitError(f"{circuit.name}: bind inputs and angles before writing OpenQASM.")
    return str(qasm2.dumps(to_qiskit(circuit)))


def from_openqasm(text: str) -> Circuit:
    """Read a circuit; final measurements are left out, other gates become gates of the table.

    ``include`` reaches the standard library of gates only, no file.

    Raises:
        CircuitError: The text is not OpenQASM 2, or not a circuit of gates; the message names the
            line and column where it can.
    """
    _check_size(text)
    try:
        source = qasm2.loads(
            text, include_path=(), custom_instructions=qasm2.LEGACY_CUSTOM_INSTRUCTIONS
        )
    except qasm2.QASM2ParseError as error:
        raise CircuitError(f"OpenQASM: {error.message}") from error
    source.name = "OpenQASM circuit"
    return from_qiskit(source)


def _check_size(text: str) -> None:
    """Refuse what would fill the memory, before Qiskit makes an object for each bit and gate."""
    text = _COMMENT.sub("", text)
    bits = sum(int(size) for size in _REGISTER.findall(text))
    if bits > MAX_BITS:
        raise CircuitError(f"OpenQASM: the registers have more than {MAX_BITS} bits.")
    sizes: dict[str, int] = {}
    depths: dict[str, int] = {}
    for name, body in _DEFINITION.findall(text):
        words = [statement.split()[0] for statement in body.split(";") if statement.strip()]
        words = [word.partition("(")[0] for word in words]
        sizes[name] = min(sum(sizes.get(word, 1) for word in words), MAX_OPERATIONS + 1)
        depths[name] = 1 + max((depths.get(word, 0) for word in words), default=0)
    total = 0
    for statement in _DEFINITION.sub("", text).split(";"):
        word = statement.strip().partition("(")[0].partition(" ")[0]
        # A statement on whole registers is repeated for each of their qubits.
        total += sizes.get(word, 1) * (1 if "[" in statement else max(bits, 1))
    if total > MAX_OPERATIONS:
        raise CircuitError(f"OpenQASM: the program means more than {MAX_OPERATIONS} gates.")
    if max(depths.values(), default=0) > MAX_NESTING:
        raise CircuitError(f"OpenQASM: gates are defined by gates more than {MAX_NESTING} deep.")
