"""Circuits to Qiskit and back. The only module that builds Qiskit objects.

Qubit order is the same on both sides (qubit 0 least significant). It knows nothing about drawing
styles or simulators.
"""

from __future__ import annotations

import re
from typing import Any

from qiskit import QuantumCircuit, transpile
from qiskit.circuit import Parameter, ParameterExpression
from qiskit.exceptions import QiskitError

from quantum.circuits.circuit import Angle, Circuit, Input, Operation, Source
from quantum.circuits.gates import GATES
from quantum.exceptions import CircuitError

_SILENT = {"barrier", "id", "delay"}
_SYMBOL = re.compile(r"(h|θ)(\d+)")


def to_qiskit(circuit: Circuit) -> QuantumCircuit:
    """The circuit as a Qiskit circuit, without measurements.

    Inputs become parameters h0, h1, … and trainable angles θ0, θ1, …; bind the circuit for numbers.
    """
    target = QuantumCircuit(circuit.n_qubits, name=circuit.name)
    symbols: dict[Angle | Input, Parameter] = {}
    for op in circuit.operations:
        angle: float | Parameter | None
        if isinstance(op.source, Angle | Input):
            letter = "h" if isinstance(op.source, Input) else "θ"
            angle = symbols.setdefault(op.source, Parameter(f"{letter}{op.source.index}"))
        else:
            angle = op.source
        getattr(target, op.gate)(*([] if angle is None else [angle]), *op.qubits)
    return target


def from_qiskit(source: QuantumCircuit) -> Circuit:
    """A Qiskit circuit in gates of the table, without its measurements and global phase.

    Other gates are decomposed by Qiskit. Parameters named h0, h1, … become inputs and θ0, θ1, …
    trainable angles, as ``to_qiskit`` names them.

    Args:
        source: What to convert; measurements may stand at its end only.

    Raises:
        CircuitError: It resets, branches, goes on after a measurement, has a gate that Qiskit
            cannot decompose, or a parameter of another name.
    """
    if any(item.operation.name not in {*GATES, *_SILENT, "measure"} for item in source.data):
        try:
            # "delay" and "reset" pass through; level 0 neither optimises nor moves qubits.
            source = transpile(source, basis_gates=sorted(GATES), optimization_level=0)
        except QiskitError as error:
            raise CircuitError(f"{source.name}: Qiskit cannot decompose it: {error}") from error
    operations: list[Operation] = []
    measured: set[int] = set()
    for item in source.data:
        name = item.operation.name
        qubits = tuple(source.find_bit(bit).index for bit in item.qubits)
        if name in _SILENT:
            continue
        if measured & set(qubits):
            qubit = min(measured & set(qubits))
            raise CircuitError(f"{source.name}: qubit {qubit} is used after its measurement.")
        if name == "measure":
            measured |= set(qubits)
        elif name in GATES:
            operations.append(Operation(name, qubits, *map(_source, item.operation.params)))
        else:
            raise CircuitError(f"{source.name}: {name!r} on qubits {qubits} is not a gate.")
    return Circuit(source.num_qubits, tuple(operations), name=source.name)


def _source(value: Any) -> Source:
    """Where an angle of a Qiskit gate comes from."""
    if not isinstance(value, ParameterExpression) or not value.parameters:
        return float(value)
    (first, *_) = value.parameters
    match = _SYMBOL.fullmatch(first.name)
    if match is None or value != first:
        raise CircuitError(
            f"The angle {value} is neither a number nor one of h0, h1, … and θ0, θ1, …: "
            f"assign the parameters first."
        )
    return (Input if match[1] == "h" else Angle)(int(match[2]))
