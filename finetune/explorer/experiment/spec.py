"""What one experiment is: a circuit, the backends to run it on, and how often.

Importing this brings in no torch and no Qiskit; the web process checks forms with it.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from quantum.backends.registry import BACKENDS
from quantum.circuits.ansatz import chain_couplers, lattice_couplers, qgs_circuit, qtha_circuit
from quantum.circuits.circuit import Circuit
from quantum.circuits.interchange.originir import from_originir
from quantum.circuits.observables import z
from quantum.exceptions import CircuitError

FAMILIES = {
    "qtha": ("QTHA", "Data re-uploading with two rings of controlled rotations a layer."),
    "qgs": ("QGS", "Rotations and one entangling pattern a layer, for wide shallow circuits."),
    "openqasm": ("OpenQASM 2", "Paste a circuit, for example from Qiskit."),
    "originir": ("OriginIR", "Paste a circuit in Origin's own language."),
}
PASTED = ("openqasm", "originir")
EXPORTS = {  # name: title, ending of the file
    "openqasm": ("OpenQASM 2", "qasm"),
    "originir": ("OriginIR", "originir"),
    "qiskit": ("Qiskit code", "py"),
}
TOPOLOGIES = {"chain": "Chain", "lattice": "Lattice"}
NOISY = "aer-noise"  # beside the registry's names: the same simulator with a chip's noise model
PUBLISHED = "chip72"

MAX_QUBITS = {"qtha": 12, "qgs": 72, "openqasm": 20, "originir": 20}
MAX_LAYERS = 8
MAX_SHOTS = 100_000
MAX_TEXT = 64 * 1024
MAX_OPERATIONS = 2_000
MAX_BACKENDS = 3
MAX_SEED = 2**31 - 1


class SpecError(ValueError):
    """An experiment that cannot be run; `field` says which part of the form is at fault."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message


def backend_choices() -> dict[str, tuple[str, str]]:
    """Name to title and help of everything that a circuit can be run on here."""
    found = {name: (spec.title, spec.help) for name, spec in BACKENDS.items()}
    if "aer" in found:
        title = found["aer"][0]
        found["aer"] = (f"{title}, ideal", found["aer"][1])
        help_text = "The same simulator with a noise model made from a chip's figures."
        position = list(found).index("aer") + 1
        items = list(found.items())
        items.insert(position, (NOISY, (f"{title}, noisy", help_text)))
        found = dict(items)
    return found


@dataclass(frozen=True)
class Spec:
    """One experiment.

    Attributes:
        family: key of `FAMILIES`.
        qubits: of a family that is generated; pasted circuits bring their own number.
        layers: of a family that is generated.
        topology: which qubits QGS entangles.
        angle_seed: draws inputs and angles, evenly from -π to π.
        text: a pasted circuit.
        backends: one to three names of `backend_choices()`.
        shots: of each circuit on each sampling backend.
        seed: of the shots, where a backend can be seeded.
        noise: `chip72` for the published figures, or the public id of a stored calibration.
        readout_mitigation: for noisy backends.
        zne: for noisy backends.
        chip: of the quantum cloud.
    """

    family: str = "qtha"
    qubits: int = 4
    layers: int = 1
    topology: str = "chain"
    angle_seed: int = 1
    text: str = ""
    backends: tuple[str, ...] = ("statevector",)
    shots: int = 1_000
    seed: int = 1
    noise: str = PUBLISHED
    readout_mitigation: bool = False
    zne: bool = False
    chip: str = ""

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Spec:
        """Read what `to_dict` wrote; keys of other purpose are left alone."""
        known = {item.name for item in fields(cls)}
        spec = cls(**{name: value for name, value in values.items() if name in known})
        return replace(spec, backends=tuple(spec.backends))

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "backends": list(self.backends)}

    @property
    def pasted(self) -> bool:
        return self.family in PASTED

    @property
    def hardware(self) -> tuple[str, ...]:
        """Those of its backends that cost money."""
        return tuple(name for name in self.backends if name in BACKENDS and BACKENDS[name].billable)

    @property
    def title(self) -> str:
        """Its name in lists."""
        words = FAMILIES[self.family][0]
        if self.pasted:
            return f"{words} circuit"
        of = f", {TOPOLOGIES[self.topology].lower()}" if self.family == "qgs" else ""
        layers = f"{self.layers} layer{'s' if self.layers != 1 else ''}"
        return f"{words}, {self.qubits} qubit{'s' if self.qubits != 1 else ''}, {layers}{of}"

    def check(self) -> None:
        """Raise `SpecError` for the first thing that cannot be run."""
        if self.family not in FAMILIES:
            raise SpecError("family", f"Choose one of {', '.join(FAMILIES)}.")
        self.check_circuit()
        known = backend_choices()
        if not 1 <= len(self.backends) <= MAX_BACKENDS:
            raise SpecError("backends", f"Choose one to {MAX_BACKENDS} backends.")
        for name in self.backends:
            if name not in known:
                raise SpecError("backends", f"There is no backend {name!r} here.")
        if not 1 <= self.shots <= MAX_SHOTS:
            raise SpecError("shots", f"Shots are a whole number from 1 to {MAX_SHOTS}.")
        for field in ("seed", "angle_seed"):
            if not 0 <= getattr(self, field) <= MAX_SEED:
                raise SpecError(field, f"A seed is a whole number from 0 to {MAX_SEED}.")

    def check_circuit(self) -> None:
        if self.pasted:
            if not self.text.strip():
                raise SpecError("text", "Paste a circuit first.")
            if len(self.text.encode()) > MAX_TEXT:
                raise SpecError("text", f"The text is longer than {MAX_TEXT // 1024} KB.")
            return
        limit = MAX_QUBITS[self.family]
        if not 1 <= self.qubits <= limit:
            raise SpecError("qubits", f"{self.family.upper()} is offered with 1 to {limit} qubits.")
        if self.family == "qgs" and self.qubits < 2:
            raise SpecError("qubits", "QGS entangles neighbours: it needs at least 2 qubits.")
        if not 1 <= self.layers <= MAX_LAYERS:
            raise SpecError("layers", f"Layers are a whole number from 1 to {MAX_LAYERS}.")
        if self.family == "qgs" and self.topology not in TOPOLOGIES:
            raise SpecError("topology", f"Choose one of {', '.join(TOPOLOGIES)}.")

    def couplers(self) -> tuple[tuple[int, int], ...]:
        """The pairs that QGS entangles; a lattice has rows of up to six, as the chip has."""
        if self.topology == "chain":
            return chain_couplers(self.qubits)
        columns = min(6, max(2, math.isqrt(self.qubits)))
        rows = math.ceil(self.qubits / columns)
        pairs = lattice_couplers(rows, columns)
        return tuple(pair for pair in pairs if max(pair) < self.qubits)

    def circuit(self) -> Circuit:
        """The bound circuit. Reading OpenQASM imports Qiskit: only the explorer's process does it.

        Raises:
            CircuitError: the text cannot be read (with its line), or the circuit is too large.
        """
        if self.family == "openqasm":
            from quantum.circuits.interchange.openqasm import from_openqasm

            return prepared(from_openqasm(self.text), self.family)
        if self.family == "originir":
            return prepared(from_originir(self.text), self.family)
        if self.family == "qgs":
            open_circuit = qgs_circuit(self.qubits, self.layers, self.couplers())
        else:
            open_circuit = qtha_circuit(self.qubits, self.layers)
        draw = random.Random(self.angle_seed)
        numbers = [
            draw.uniform(-math.pi, math.pi)
            for _ in range(open_circuit.n_inputs + open_circuit.n_angles)
        ]
        split = open_circuit.n_inputs
        return open_circuit.bind(numbers[:split], numbers[split:])


def prepared(circuit: Circuit, family: str) -> Circuit:
    """A pasted circuit within the limits; it measures Z on every qubit where it names nothing."""
    limit = MAX_QUBITS[family]
    if circuit.n_qubits > limit:
        raise CircuitError(f"The circuit has {circuit.n_qubits} qubits; the limit is {limit}.")
    if len(circuit.operations) > MAX_OPERATIONS:
        raise CircuitError(
            f"The circuit has {len(circuit.operations)} gates; the limit is {MAX_OPERATIONS}."
        )
    if not circuit.bound:
        raise CircuitError("The circuit has angles without a value. Put numbers in their place.")
    measured = circuit.observables or tuple(z(qubit) for qubit in range(circuit.n_qubits))
    return replace(circuit, observables=measured)
