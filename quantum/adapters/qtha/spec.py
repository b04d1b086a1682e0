"""QTHA's entry in the registry: options, count, circuit; torch-free.

The defaults are for models of SmolLM2's size; the authors' M = 256 and bond 8 pay off on 7B models.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from quantum.adapters.qtha.options import (
    CONTROLS,
    FIXED,
    INITS,
    REMARKS,
    VARIANTS,
    WITH_CIRCUIT,
    check_control,
    qtha_module_count,
)
from quantum.adapters.spec import AdapterSpec, CircuitFamily, CircuitOptions, Controls, config_of
from quantum.backends.registry import BACKENDS
from quantum.chips.calibration import Calibration
from quantum.circuits.ansatz import qtha_circuit, qtha_product_circuit
from quantum.circuits.circuit import Circuit
from quantum.options import OptionField, Options

# fmt: off
_FIELDS = (
    OptionField("r", "Qubits", "int", 8, 1, 12,
        help="Rank of the update, which is also the number of qubits."),
    OptionField("n_layers", "Circuit layers", "int", 1, 1, 8,
        help="How often the data enters the circuit; one layer is by far the fastest."),
    OptionField("variant", "Variant", "choice", "ABC", choices=tuple(VARIANTS.items()),
        help="ABC is QTHA; the others leave parts out, to see what each contributes."),
    OptionField("control", "Control", "choice", "trained", choices=tuple(CONTROLS.items()),
        help="What stands in the circuit's place, to see what it contributes (variants with C)."),
    OptionField("init", "Start values", "choice", "lora", choices=tuple(INITS.items()),
        help="How the matrices start; the change itself always starts at zero."),
    OptionField("alpha", "Alpha", "float", 16.0, 0.01, 1024,
        help="Scale of the update: it counts alpha / qubits times."),
    OptionField("dropout", "Dropout", "float", 0.0, 0, 0.9,
        help="Share of inputs dropped while training."),
    OptionField("mpo_width", "Tensor network width", "int", 32, 1, 4096,
        help="Width M between tensor network and MLP (variants with A)."),
    OptionField("mpo_bond", "Bond dimension", "int", 4, 1, 64,
        help="How much neighbouring parts of the tensor network share (variants with A)."),
    OptionField("backend", "Backend", "choice", "statevector",
        choices=tuple((name, spec.title) for name, spec in BACKENDS.items() if spec.exact),
        help="Where the circuit runs."),
)
# fmt: on


def _count(name: str, out: int, inside: int, options: Options) -> int:
    return qtha_module_count(
        out,
        inside,
        r=int(options["r"]),
        n_layers=int(options["n_layers"]),
        variant=str(options["variant"]),
        control=str(options["control"]),
        mpo_width=int(options["mpo_width"]),
        mpo_bond=int(options["mpo_bond"]),
    )


def _circuit(options: Options, calibration: Calibration | None) -> Circuit | None:
    if "C" not in str(options["variant"]):
        return None
    control, size = str(options["control"]), (int(options["r"]), int(options["n_layers"]))
    check_control(control, size[1])
    if control not in WITH_CIRCUIT:
        return None
    return qtha_product_circuit(*size) if control == "product" else qtha_circuit(*size)


def _remark(options: Mapping[str, Any]) -> str:
    """What to say of these options; empty for the circuit as it is."""
    control = str(options.get("control", "trained"))
    return REMARKS.get(control if "C" in str(options.get("variant", "ABC")) else "", "")


QTHA = AdapterSpec(
    name="qtha",
    title="QTHA",
    help="A quantum circuit between two thin tensor networks, after arXiv 2503.12790.",
    quantum=True,
    fields=_FIELDS,
    default_targets=("q_proj", "v_proj"),
    default_learning_rate=2e-3,
    module_count=_count,
    config_factory=config_of("quantum.adapters.qtha.config:QTHAConfig"),
    tuner="quantum.adapters.qtha.tuner",
    circuit_factory=_circuit,
    circuit_options=CircuitOptions(
        width="r",
        layers="n_layers",
        fixed=lambda options: options["control"] in FIXED,
    ),
    merges=lambda options: options["variant"] == "AB",
    controls=Controls(
        "the same settings without the circuit (variant AB), with a small classical network "
        "in its place (variants BD, BE, BF), or with one of the controls (option control)",
        {"variant": "AB"},
        _remark,
        _remark,
    ),
    family=CircuitFamily(
        "Data re-uploading with two rings of controlled rotations a layer.",
        (1, 12),
        lambda qubits, layers, topology: qtha_circuit(qubits, layers),
    ),
)
