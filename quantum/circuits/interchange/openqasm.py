"""OpenQASM 2, by Qiskit's own reader and writer.

Gates are brought into the table by ``circuits.qiskit_bridge``; this module knows only those that
the language's standard library lacks.
"""

from __future__ import annotations

import re

from qiskit import qasm2

from quantum.circuits.circuit import Circuit
from quantum.circuits.gates import GATES
from quantum.circuits.qiskit_bridge import from_qiskit, to_qiskit
from quantum.exceptions import CircuitError

MAX_BITS = 4096
MAX_OPERATIONS = 20_000
MAX_NESTING = 50
"""Limits of reading: gates defined by gates can make a short text mean millions of them."""

DEFINITIONS = {
    "swap": "gate swap a,b { cx a,b; cx b,a; cx a,b; }",
    "crx": "gate crx(theta) a,b { h b; crz(theta) a,b; h b; }",
    "cry": "gate cry(theta) a,b { ry(theta/2) b; cx a,b; ry(-theta/2) b; cx a,b; }",
    "rxx": "gate rxx(theta) a,b { h a; h b; cx a,b; rz(theta) b; cx a,b; h a; h b; }",
    "rzz": "gate rzz(theta) a,b { cx a,b; rz(theta) b; cx a,b; }",
}
"""Gates of the table that ``qelib1.inc`` does not have, as published with the language (arXiv
1707.03429). Qiskit's writer leaves their definitions out, its strict reader asks for them."""

_KNOWN = {*GATES, *(known.name for known in qasm2.LEGACY_CUSTOM_INSTRUCTIONS)}
_INCLUDE = 'include "qelib1.inc";\n'
_COMMENT = re.compile(r"//[^\n]*")
_REGISTER = re.compile(r"\b[qc]reg\s+\w+\s*\[\s*([0-9]{1,9})")
_DEFINITION = re.compile(r"\bgate\s+(\w+)[^{;]*\{([^}]*)\}")


def to_openqasm(circuit: Circuit) -> str:
    """A bound circuit as OpenQASM 2, without measurements; any reader of the language takes it.

    Raises:
        CircuitError: An angle is not a number yet.
    """
    if not circuit.bound:
        raise CircuitError(f"{circuit.name}: bind inputs and angles before writing OpenQASM.")
    used = {op.gate for op in circuit.operations}
    definitions = [text for name, text in DEFINITIONS.items() if name in used]
    head, include, body = qasm2.dumps(to_qiskit(circuit)).partition(_INCLUDE)
    return "".join([head, include, *(f"{text}\n" for text in definitions), body])


def from_openqasm(text: str) -> Circuit:
    """Read a circuit; final measurements are left out, other gates become gates of the table.

    ``include`` reaches the standard library of gates only, no file.

    Raises:
        CircuitError: The text is not OpenQASM 2, or not a circuit of gates; the message names the
            line and column where it can.
    """
    text = _renamed(text)
    _check_size(text)
    try:
        source = qasm2.loads(
            text, include_path=(), custom_instructions=qasm2.LEGACY_CUSTOM_INSTRUCTIONS
        )
    except qasm2.QASM2ParseError as error:
        raise CircuitError(f"OpenQASM: {error.message}") from error
    source.name = "OpenQASM circuit"
    return from_qiskit(source)


def _renamed(text: str) -> str:
    """The text with other names for known gates that it defines in its own way: a reader that
    knows them would go by the name and ignore what the text says that they do."""
    ours = {" ".join(definition.split()) for definition in DEFINITIONS.values()}
    definitions = _DEFINITION.finditer(_COMMENT.sub("", text))
    defined = {found[1] for found in definitions if " ".join(found[0].split()) not in ours}
    for name in defined & _KNOWN:
        own = f"{name}_"
        while own in text:
            own += "_"
        text = re.sub(rf"\b{name}\b", own, text)
    return text


def _check_size(text: str) -> None:
    """Refuse what would fill the memory, before Qiskit makes an object for each bit and gate."""
    text = _COMMENT.sub("", text)
    bits = sum(int(size) for size in _REGISTER.findall(text))
    if bits > MAX_BITS:
        raise CircuitError(f"OpenQASM: the registers have more than {MAX_BITS} bits.")
    sizes: dict[str, int] = {}
    depths: dict[str, int] = {}
    for name, body in _DEFINITION.findall(text):
        if name in _KNOWN:
            continue  # one gate, whatever stands in its definition
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
