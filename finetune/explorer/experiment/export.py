"""A circuit as text that other programs read: OpenQASM 2, OriginIR, Python code for Qiskit."""

from __future__ import annotations

from quantum.circuits.circuit import Circuit
from quantum.circuits.interchange.openqasm import to_openqasm
from quantum.circuits.interchange.originir import to_originir
from quantum.exceptions import QuantumError


def exports(circuit: Circuit) -> dict[str, str]:
    """Text by format; one that cannot hold the circuit is left out."""
    writers = {"openqasm": to_openqasm, "originir": to_originir, "qiskit": to_qiskit_code}
    found = {}
    for name, write in writers.items():
        try:
            found[name] = write(circuit)
        except QuantumError:
            continue
    return found


def to_qiskit_code(circuit: Circuit) -> str:
    """A Python program that makes the circuit; our gates have Qiskit's names for its methods.

    >>> from quantum.circuits.circuit import Operation
    >>> print(to_qiskit_code(Circuit(2, (Operation("h", (0,)), Operation("cx", (0, 1))))))
    from qiskit import QuantumCircuit
    <BLANKLINE>
    circuit = QuantumCircuit(2)
    circuit.h(0)
    circuit.cx(0, 1)
    circuit.measure_all()
    <BLANKLINE>
    """
    lines = [
        "from qiskit import QuantumCircuit",
        "",
        f"circuit = QuantumCircuit({circuit.n_qubits})",
    ]
    for op in circuit.operations:
        angle = [] if op.source is None else [repr(float(op.source))]  # type: ignore[arg-type]
        lines.append(f"circuit.{op.gate}({', '.join([*angle, *map(str, op.qubits)])})")
    return "\n".join([*lines, "circuit.measure_all()", ""])
