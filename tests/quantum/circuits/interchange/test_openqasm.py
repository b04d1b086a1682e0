"""OpenQASM 2 both ways."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit import qasm2
from qiskit.quantum_info import Operator

from quantum.circuits.circuit import Angle, Circuit, Operation
from quantum.circuits.gates import GATES
from quantum.circuits.interchange.openqasm import from_openqasm, to_openqasm
from quantum.circuits.qiskit_bridge import to_qiskit
from quantum.exceptions import CircuitError
from quantum.simulators.reference import statevector
from tests.quantum.circuits.interchange.test_originir import same_state
from tests.quantum.random_circuits import random_circuit
from tests.quantum.sdk_process import SdkProcess

HEAD = 'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[3];\ncreg c[3];\n'


@pytest.mark.parametrize("name", GATES)
def test_every_gate_survives(name):
    entry = GATES[name]
    for qubits in [(0, 1), (1, 0)]:
        angle = -0.12345678901234 if entry.parametric else None
        circuit = Circuit(2, (Operation(name, qubits[: entry.n_qubits], angle),))
        (back,) = from_openqasm(to_openqasm(circuit)).operations
        assert (back.gate, back.qubits) == (name, qubits[: entry.n_qubits])
        assert back.source == pytest.approx(angle, abs=1e-12)


@pytest.mark.parametrize("name", GATES)
@settings(max_examples=25, deadline=None)
@given(angle=st.floats(-1e3, 1e3) | st.sampled_from([0.0, 1e-12, math.pi, -math.pi / 7, 3.0]))
def test_a_strict_reader_knows_every_gate(name, angle):
    """Qiskit's own reader, without its additions to the language, in its strictest mode."""
    entry = GATES[name]
    for qubits in [(0, 1), (1, 0)]:
        source = angle if entry.parametric else None
        circuit = Circuit(2, (Operation(name, qubits[: entry.n_qubits], source),))
        read = qasm2.loads(to_openqasm(circuit), strict=True)
        assert np.allclose(Operator(read), Operator(to_qiskit(circuit)), atol=1e-9)


def test_a_gate_is_defined_once_and_only_where_it_is_used():
    swaps = Circuit(3, tuple(Operation("swap", pair) for pair in [(0, 1), (1, 2)]))
    assert to_openqasm(swaps).count("gate ") == 1
    assert "gate " not in to_openqasm(Circuit(1, (Operation("h", (0,)),)))


def test_what_is_written_is_read_back_at_any_length():
    circuit = Circuit(2, (Operation("rxx", (0, 1), 0.5),) * 15_000)
    assert len(from_openqasm(to_openqasm(circuit)).operations) == 15_000


@pytest.mark.parametrize("name", ["swap", "cx"])
def test_a_gate_does_what_its_definition_in_the_text_says(name):
    """Here it turns its second qubit, whatever its name means elsewhere."""
    own = f"gate {name} a,b {{ U(pi,0,pi) b; }}\n{name} q[0],q[1];\n"
    state = statevector(from_openqasm("OPENQASM 2.0;\nqreg q[2];\n" + own), (), ())
    assert abs(state[0b10]) == pytest.approx(1)


@pytest.mark.parametrize("seed", range(5))
def test_random_circuits(seed):
    rng = np.random.default_rng(seed)
    circuit = random_circuit(seed).bind(rng.normal(size=3), rng.normal(size=4))
    text = to_openqasm(circuit)
    back = statevector(from_openqasm(text), (), ())
    assert np.allclose(back, statevector(circuit, (), ()), atol=1e-9)
    assert np.allclose(Operator(qasm2.loads(text)), Operator(to_qiskit(circuit)), atol=1e-9)


def test_the_sdk_reads_it_alike():
    """Every gate on two qubits, whether the SDK has it or learns it from the text."""
    angle = 0.3
    prepare = [Operation("ry", (q,), 0.7 + q) for q in range(2)]
    two = [name for name, entry in GATES.items() if entry.n_qubits == 2]
    circuit = Circuit(
        2,
        (
            *prepare,
            Operation("h", (0,)),
            Operation("rz", (1,), angle),
            *(Operation(g, (0, 1), angle if GATES[g].parametric else None) for g in two),
        ),
    )
    with SdkProcess() as sdk:
        state = sdk.state(to_openqasm(circuit), 2, "qasm")
    assert same_state(state, statevector(circuit, (), ()))


def test_other_gates_become_gates_of_the_table():
    text = HEAD + "h q;\nu3(0.1,0.2,0.3) q[0];\nccx q[0],q[1],q[2];\nbarrier q;\nmeasure q -> c;\n"
    circuit = from_openqasm(text)
    assert {op.gate for op in circuit.operations} <= set(GATES)
    assert circuit.n_qubits == 3
    start = Circuit(3, tuple(Operation("h", (q,)) for q in range(3)))
    u3 = (Operation("rz", (0,), 0.3), Operation("ry", (0,), 0.1), Operation("rz", (0,), 0.2))
    state = statevector(Circuit(3, start.operations + u3), (), ())
    state[[3, 7]] = state[[7, 3]]  # Toffoli: qubit 2 flips where qubits 0 and 1 are 1
    assert same_state(statevector(circuit, (), ()), state)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("foo q[0];", "5,0.*'foo' is not defined"),
        ("reset q[0];", "'reset' on qubits"),
        ("measure q[0] -> c[0];\nx q[0];", "qubit 0 is used after its measurement"),
        ("opaque blob a;\nblob q[0];", "decompose"),
        ('include "/etc/passwd";', "unable to find"),
        ("qreg huge[999999999];", "more than 4096 bits"),
    ],
)
def test_errors(body, message):
    with pytest.raises(CircuitError, match=message):
        from_openqasm(HEAD + body + "\n")


def _nested(levels, copies):
    lines = ["gate g0 a { h a; }"]
    for level in range(1, levels + 1):
        lines.append(f"gate g{level} a {{ {f'g{level - 1} a; ' * copies}}}")
    return HEAD + "\n".join(lines) + f"\ng{levels} q[0];\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (_nested(40, 2), "means more than 20000 gates"),
        (_nested(60, 1), "more than 50 deep"),
        (HEAD.replace("q[3]", "q[4000]") + "h q;\n" * 20, "means more than 20000 gates"),
    ],
)
def test_short_texts_that_mean_too_much_are_refused_at_once(text, message):
    with pytest.raises(CircuitError, match=message):
        from_openqasm(text)


def test_gates_defined_in_the_text_are_read():
    circuit = from_openqasm(_nested(5, 2))
    assert [op.gate for op in circuit.operations] == ["h"] * 32


def test_unbound_circuits_are_refused():
    with pytest.raises(CircuitError, match="bind"):
        to_openqasm(Circuit(1, (Operation("rx", (0,), Angle(0)),)))
