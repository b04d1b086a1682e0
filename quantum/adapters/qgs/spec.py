"""QGS's entry in the registry: options, count, circuit; torch-free.

Default targets are q_proj and v_proj, where LoRA and QTHA stand too, so that counts and losses
compare line by line. The output form is at home on all seven linear layers of a block, since
further layers cost it one number each.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from quantum.adapters.qgs.options import (
    CONTROLS,
    FIXED_CIRCUIT,
    FORMS,
    GRADIENTS,
    REMARKS,
    START_SHOTS,
    TOPOLOGIES,
    WITHOUT_CIRCUIT,
    check_control,
    chip_couplers,
    circuit_of,
    circuits_per_step,
    cut,
    qgs_module_count,
    qgs_shared_count,
    run_couplers,
)
from quantum.adapters.spec import (
    AdapterSpec,
    CircuitFamily,
    CircuitOptions,
    Controls,
    Sampled,
    config_of,
)
from quantum.backends.registry import BACKENDS
from quantum.chips.calibration import Calibration
from quantum.circuits.ansatz import qgs_circuit
from quantum.circuits.circuit import Circuit
from quantum.options import OptionField, Options

# fmt: off
_FIELDS = (
    OptionField("form", "Form", "choice", "input", choices=tuple(FORMS.items()),
        help="What the circuit scales: the inputs of the layers, or their outputs."),
    OptionField("n_qubits", "Qubits", "int", 72, 1, 180,
        help="Qubits of each block's circuit; each brings one trained angle a row. On a chip's "
             "own couplers, as many as it has available at most."),
    OptionField("n_layers", "Circuit layers", "int", 1, 1, 4,
        help="Rows of entangling gates; one layer needs by far the fewest circuits."),
    OptionField("topology", "Couplers", "choice", "chain", choices=tuple(TOPOLOGIES.items()),
        help="Which qubits are entangled. A chip's live couplers come from its newest figures, "
             "on a simulator else from the published layout, and stay with the run."),
    OptionField("control", "Control", "choice", "trained", choices=tuple(CONTROLS.items()),
        help="What stands in the circuit's place, to see what it contributes."),
    OptionField("gradient", "Gradient", "choice", "auto", choices=tuple(GRADIENTS.items()),
        help="How the angles' gradient is found."),
    OptionField("spsa_samples", "SPSA directions", "int", 1, 1, 1000,
        help="Random directions a step, two circuits each (gradient spsa)."),
    OptionField("shots", "Shots", "int", 1000, 1, 1_000_000,
        help="Runs of each circuit where values are sampled."),
    OptionField("readout_mitigation", "Correct readout", "bool", False,
        help="Measures readout errors with two more circuits a batch and takes them out."),
    OptionField("zne", "Extrapolate noise", "bool", False,
        help="Runs each circuit a second time with more noise and extrapolates to none."),
    OptionField("backend", "Backend", "choice", "statevector",
        choices=tuple((name, spec.title) for name, spec in BACKENDS.items()),
        help="Where the circuits run."),
)
# fmt: on


def _circuit(options: Options, calibration: Calibration | None) -> Circuit | None:
    control = str(options["control"])
    check_control(control, str(options["topology"]), str(options["backend"]))
    pairs = run_couplers(options, calibration)
    if pairs is None or control in WITHOUT_CIRCUIT:
        return None  # their values have the circuit's names, which is why the couplers must fit
    return circuit_of(control, int(options["n_qubits"]), int(options["n_layers"]), pairs)


def _on_chip(config: Any, chip: Calibration) -> None:
    config.couplers = [list(pair) for pair in chip_couplers(chip, config.n_qubits)]


def _remark(options: Mapping[str, Any]) -> str:
    return REMARKS.get(str(options.get("control")), "")


QGS = AdapterSpec(
    name="qgs",
    title="QGS",
    help="One circuit without data per block scales its layers; trains on real machines too.",
    quantum=True,
    fields=_FIELDS,
    default_targets=("q_proj", "v_proj"),
    default_learning_rate=3e-2,
    module_count=lambda name, out, inside, options: qgs_module_count(out, options),
    config_factory=config_of("quantum.adapters.qgs.config:QGSConfig", seed="seed"),
    tuner="quantum.adapters.qgs.tuner",
    circuit_factory=_circuit,
    circuit_options=CircuitOptions(
        width="n_qubits",
        layers="n_layers",
        chip=("topology", "chip", "lattice"),
        fixed=lambda options: options["control"] in FIXED_CIRCUIT,
    ),
    shared_count=qgs_shared_count,
    chip_config=_on_chip,
    sampled=Sampled(circuits_per_step, START_SHOTS),
    controls=Controls(
        "the same settings without the circuit's entangling gates, with free numbers or a "
        "polynomial in its place, or with its angles frozen or random (option control)",
        {"control": "free"},
        _remark,
        _remark,
    ),
    family=CircuitFamily(
        "Rotations and one entangling pattern a layer, for wide shallow circuits.",
        (2, 72),
        lambda qubits, layers, topology: qgs_circuit(qubits, layers, cut(qubits, topology)),
        {"chain": "Chain", "lattice": "Lattice"},
    ),
)
