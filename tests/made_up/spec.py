"""The adapter's entry: a circuit of two layers between two matrices; torch-free."""

from quantum.adapters.spec import AdapterSpec, CircuitFamily, CircuitOptions, Controls, config_of
from quantum.circuits.ansatz import qtha_circuit
from quantum.options import OptionField

MADE_UP = AdapterSpec(
    name="madeup",
    title="Made Up",
    help="Nobody has heard of it.",
    quantum=True,
    fields=(OptionField("wires", "Wires", "int", 3, 1, 6, help="Qubits."),),
    default_targets=("q_proj", "v_proj"),
    default_learning_rate=1e-2,
    module_count=lambda name, out, inside, options: options["wires"] * (out + inside + 2),
    config_factory=config_of("tests.made_up.tuner:MadeUpConfig"),
    merges=lambda options: False,
    circuit_factory=lambda options, chip: qtha_circuit(options["wires"]),
    circuit_options=CircuitOptions(width="wires"),
    controls=Controls("the same settings on a day off", {}, lambda options: ""),
    family=CircuitFamily(
        "Circuits of a day off.", (1, 6), lambda qubits, layers, topology: qtha_circuit(qubits)
    ),
    tuner="tests.made_up.tuner",
)
