"""QGS's options, couplers and counts, without torch.

The registry shows these in forms; the PEFT config validates against them; the tuner builds what is
counted here. This module knows nothing about tensors.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from quantum.adapters.spec import block_of
from quantum.backends.registry import backend_spec
from quantum.chips.calibration import Calibration
from quantum.circuits.ansatz import (
    Couplers,
    chain_couplers,
    lattice_couplers,
    qgs_angle_count,
    qgs_circuit,
    qgs_product_circuit,
)
from quantum.circuits.circuit import Circuit
from quantum.exceptions import OptionError
from quantum.gradients.grouping import circuit_count

FORMS: Mapping[str, str] = {
    "input": "as designed: the circuit scales the inputs, a trained vector scales the outputs",
    "output": "the circuit scales the outputs and little else is trained: about 1 % of LoRA",
}
CONTROLS: Mapping[str, str] = {
    "trained": "the circuit's angles are trained: QGS",
    "product": "the same circuit without entangling gates; its angles are trained (control)",
    "free": "as many free numbers as angles stand where the circuit stands: a classical bottleneck "
    "of equal size (control)",
    "span": "a free number for each of the circuit's values: an upper bound (control)",
    "polynomial": "a trigonometric polynomial of as many trained angles, without gates (control)",
    "frozen": "the angles stay at their start, only the scalings are trained (control)",
    "random": "the angles are random and stay so, only the scalings are trained (control)",
}
TRAINED_CIRCUIT = ("trained", "product")
"""Controls whose circuit runs and has trained angles."""
WITHOUT_CIRCUIT = ("free", "span", "polynomial")
"""Controls that run no circuit."""
FIXED_CIRCUIT = ("frozen", "random")
"""Controls whose circuit runs with angles that stay as they are."""
REMARKS: Mapping[str, str] = {
    "product": "Its circuit has no entangling gates, so its qubits are independent of each other. "
    "It is the control that shows what entanglement adds to a run with the whole circuit.",
    "free": "Free numbers stand where the circuit stands, as many as it has angles: a classical "
    "bottleneck of equal size. It is the control to compare a run with a trained circuit against.",
    "span": "A free number stands for each of the circuit's values. These can be whatever a "
    "circuit with these observables gives, and more, from more trained numbers: an upper bound "
    "for a run with a trained circuit.",
    "polynomial": "A trigonometric polynomial with frozen coefficients stands where the circuit "
    "stands, of as many trained angles. It is the control that shows what gates add to angles.",
    "frozen": "Its circuit's angles stay at their start and only the rest is trained. It is the "
    "control that shows what training the circuit adds.",
    "random": "Its circuit's angles are random and stay so, and only the rest is trained. It is "
    "the control that shows what training the circuit adds.",
}
"""What a run is that is a control, in full sentences."""
TOPOLOGIES: Mapping[str, str] = {
    "chain": "each qubit with the next one",
    "lattice": "a square lattice, 72 qubits as 12 × 6",
    "chip": "the live couplers of a machine, from its calibration",
}
GRADIENTS: Mapping[str, str] = {
    "auto": "backpropagation where values are exact, else parameter shift",
    "backprop": "through the exact simulator",
    "shift": "exact on any machine: 13 circuits a block on a chain with one layer",
    "spsa": "noisy and cheap: two circuits a sample and one more a block",
}
START_SHOTS = 16
"""The values at the start are measured with this many times the shots of a step (as far as the
machine allows), since every later value is compared with them."""

_LATTICE_COLUMNS = 6  # as on Wukong


def couplers_for(n_qubits: int, topology: str, given: Iterable[Iterable[int]] = ()) -> Couplers:
    """The pairs of qubits that CZ joins.

    Args:
        n_qubits: Number of qubits.
        topology: One of ``TOPOLOGIES``.
        given: For ``"chip"``: the couplers, from ``chip_couplers``.

    Raises:
        OptionError: The qubits form no lattice, or the chip's couplers are missing.

    >>> len(couplers_for(72, "lattice"))
    126
    """
    if topology == "chain":
        return chain_couplers(n_qubits)
    if topology == "lattice":
        columns = max(c for c in range(1, _LATTICE_COLUMNS + 1) if n_qubits % c == 0)
        while columns * columns > n_qubits:
            columns = max(c for c in range(1, columns) if n_qubits % c == 0)
        if columns < 2:
            allowed = "4, 6, 8, 9, 10, 12, … 72 (12 × 6); or the chain"
            raise OptionError("n_qubits", f"{n_qubits} qubits form no lattice", allowed)
        return lattice_couplers(n_qubits // columns, columns)
    pairs = tuple((int(first), int(second)) for first, second in given)
    if not pairs:
        raise OptionError(
            "topology",
            "the chip's couplers are not known here",
            "give the config 'couplers', from a calibration; or chain, lattice",
        )
    return pairs


def cut(n_qubits: int, topology: str) -> Couplers:
    """Couplers of a chain, or of a piece of a lattice of any number of qubits.

    The lattice has rows of up to six qubits, as Wukong has; the last row may be short.

    >>> cut(5, "lattice")
    ((0, 1), (2, 3), (0, 2), (1, 3), (2, 4))
    """
    if topology == "chain":
        return chain_couplers(n_qubits)
    columns = min(_LATTICE_COLUMNS, max(2, math.isqrt(n_qubits)))
    pairs = lattice_couplers(math.ceil(n_qubits / columns), columns)
    return tuple(pair for pair in pairs if max(pair) < n_qubits)


def chip_couplers(calibration: Calibration, n_qubits: int) -> Couplers:
    """The live couplers among ``n_qubits`` qubits of a chip, renumbered from 0.

    They are ``calibration.joined(n_qubits)``, where ``quantum.chips.routing`` leaves them.

    Raises:
        OptionError: The chip has fewer qubits available.
    """
    chosen = calibration.joined(n_qubits)
    if len(chosen) < n_qubits:
        raise OptionError(
            "n_qubits",
            f"chip {calibration.chip} has {len(chosen)} available qubits: set Qubits to "
            f"{len(chosen)} or fewer",
        )
    number = {qubit: place for place, qubit in enumerate(chosen)}
    live = calibration.live_couplers
    return tuple((number[a], number[b]) for a, b in live if a in number and b in number)


def run_couplers(options: Mapping[str, Any], chip: Calibration | None) -> Couplers | None:
    """The couplers that a run's options give; ``None`` where they are a chip's and it is not known.

    Raises:
        OptionError: There are none for that many qubits.
    """
    n_qubits = int(options["n_qubits"])
    if options["topology"] != "chip":
        return couplers_for(n_qubits, str(options["topology"]))
    return None if chip is None else chip_couplers(chip, n_qubits)


def check_control(control: str, topology: str, backend: str) -> None:
    """See that a control goes together with couplers and backend.

    Raises:
        OptionError: ``span`` on a chip's couplers, or a classical control on shots. (``free`` may
            name any backend, where it runs nothing: it is a run's twin in all other settings.)
    """
    if control == "span" and topology == "chip":
        raise OptionError(
            "control",
            "span has a number for each coupler, and how many a chip has changes with its figures",
            "span on a chain or a lattice; or free",
        )
    if control in ("span", "polynomial") and not backend_spec(backend).exact:
        raise OptionError(
            "control",
            f"{control} runs no circuit, so {backend} has nothing to sample",
            f"{control} on statevector; or product, frozen, random",
        )


def circuit_of(control: str, n_qubits: int, n_layers: int, couplers: Couplers) -> Circuit:
    """The circuit that a control runs, or in whose place its numbers stand.

    Raises:
        CircuitError: The couplers do not fit the qubits.
    """
    family = qgs_product_circuit if control == "product" else qgs_circuit
    return family(n_qubits, n_layers, couplers)


def qgs_module_count(out_features: int, options: Mapping[str, Any]) -> int:
    """Trainable parameters in one linear layer: s, and u in the input form."""
    return 1 + (out_features if options["form"] == "input" else 0)


def qgs_shared_count(names: Iterable[str], options: Mapping[str, Any]) -> int:
    """Trainable parameters shared by the layers of a block.

    For each block: n (L + 1) angles or free numbers, n + couplers with ``span``, none where the
    angles stay as they are.

    Raises:
        OptionError: There is no such lattice, or ``span`` is to stand on a chip's couplers.
    """
    if options["control"] in FIXED_CIRCUIT:
        return 0
    n_qubits, topology = int(options["n_qubits"]), str(options["topology"])
    each = qgs_angle_count(n_qubits, int(options["n_layers"]))
    if options["control"] == "span":
        check_control("span", topology, str(options["backend"]))
        each = n_qubits + len(couplers_for(n_qubits, topology))
    return len({block_of(name) for name in names}) * each


def circuits_per_step(options: Mapping[str, Any], chip: Calibration | None = None) -> int:
    """Circuits of one block in one optimizer step on a sampling backend, mitigation left out.

    Raises:
        OptionError: The couplers are a chip's, and it is not given.

    >>> circuits_per_step({"n_qubits": 72, "n_layers": 1, "topology": "chain",
    ...     "control": "trained", "gradient": "auto", "spsa_samples": 1})
    13
    """
    if options["control"] not in TRAINED_CIRCUIT:
        return 0
    if options["gradient"] == "spsa":
        return 1 + 2 * int(options["spsa_samples"])
    n_qubits = int(options["n_qubits"])
    pairs = run_couplers(options, chip) or couplers_for(n_qubits, str(options["topology"]))
    control = str(options["control"])
    return circuit_count(circuit_of(control, n_qubits, int(options["n_layers"]), pairs))
