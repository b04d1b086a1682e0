"""OriginIR: what we write the SDK reads alike, and what it writes we read alike."""

import math
import subprocess
import sys

import numpy as np
import pytest

from quantum.circuits.circuit import Angle, Circuit, Operation
from quantum.circuits.gates import GATES
from quantum.circuits.interchange.originir import from_originir, to_originir
from quantum.circuits.interchange.pieces import GROWTH, Piece, controlled
from quantum.exceptions import CircuitError
from quantum.simulators.reference import statevector
from tests.doubles.wukong_sampling import measurements
from tests.quantum.random_circuits import random_circuit
from tests.quantum.sdk_process import SdkProcess

# A product state without symmetries, so that a wrong phase under control shows.
GENERIC = "".join(f"RY q[{q}],({0.7 + 0.4 * q})\nRZ q[{q}],({0.3 - 0.5 * q})\n" for q in range(4))
STATEMENTS = [
    "U3 q[0],(0.1,0.2,0.3)",
    "U3 q[0],(0,-3.14159265,1.57079633)",
    "U2 q[1],(0.2,0.3)",
    "U4 q[1],(0.1,0.2,0.3,0.4)",
    "U1 q[0],(0.3)",
    "P q[0],(0.3)",
    "RPhi q[0],(0.4,0.9)",
    "RPHI q[1],(-0.4,0.9)",
    "X1 q[0]",
    "Y1 q[1]",
    "Z1 q[0]",
    "CR q[0],q[1],(0.3)",
    "CP q[1],q[0],(0.3)",
    "CU q[0],q[1],(0.1,0.2,0.3,0.4)",
    "RYY q[0],q[1],(0.3)",
    "RZX q[0],q[1],(0.3)",
    "ISWAP q[0],q[1]",
    "SQISWAP q[0],q[1]",
    "TOFFOLI q[2],q[0],q[1]",
    "X q[0]",
    "Y q[0]",
    "Z q[0]",
    "H q[0]",
    "S q[0]",
    "T q[0]",
    "RX q[0],(pi/2)",
    "RY q[0],(-PI/3)",
    "RZ q[0],(1e-3)",
    "CNOT q[0],q[1]",
    "CZ q[0],q[1]",
    "SWAP q[0],q[1]",
    "CRX q[0],q[1],(0.4)",
    "CRY q[1],q[0],(0.4)",
    "CRZ q[0],q[1],(0.4)",
    "RXX q[0],q[1],(0.4)",
    "RZZ q[0],q[1],(0.4)",
    "H q[0],q[1]",
    "BARRIER q[0],q[1]",
    "I q[0]",
    "IDLE q[0],(30)",
    "ECHO q[0]",
    "H q",
]


@pytest.fixture(scope="module")
def sdk():
    with SdkProcess() as process:
        yield process


def same_state(one, other, atol=1e-7):
    """Equal up to a global phase."""
    return one.shape == other.shape and abs(abs(np.vdot(one, other)) - 1) < atol


def _program(body, n=4):
    return f"QINIT {n}\nCREG {n}\n{GENERIC}{body}\n"


def _ours(text):
    circuit = from_originir(text)
    return statevector(circuit, (), ())


def _bound(seed, n_qubits=3):
    rng = np.random.default_rng(seed)
    circuit = random_circuit(seed, n_qubits=n_qubits, length=15)
    return circuit.bind(rng.normal(size=3), rng.normal(size=4))


@pytest.mark.parametrize("name", GATES)
def test_every_gate_survives_and_means_the_same(sdk, name):
    entry = GATES[name]
    prepare = [Operation("ry", (q,), 0.7 + q) for q in range(2)]
    prepare += [Operation("rz", (q,), 0.4 - q) for q in range(2)]
    for qubits in [(0, 1), (1, 0)]:
        angle = -0.123456789 if entry.parametric else None
        op = Operation(name, qubits[: entry.n_qubits], angle)
        circuit = Circuit(2, (*prepare, op))
        text = to_originir(circuit)
        back = from_originir(text)
        assert back.n_qubits == 2
        assert back.operations == circuit.operations
        state = statevector(circuit, (), ())
        assert same_state(state, _ours(text))
        assert same_state(state, sdk.state(to_originir(circuit, measure=False), 2))
        assert same_state(state, _ours(sdk.rewrite(text)))


@pytest.mark.parametrize("statement", STATEMENTS)
def test_statements_are_read_as_the_sdk_does(sdk, statement):
    text = _program(statement)
    assert same_state(sdk.state(text, 4), _ours(text))


@pytest.mark.parametrize("statement", STATEMENTS[:-5])
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("DAGGER", "ENDDAGGER"),
        ("CONTROL q[3]", "ENDCONTROL"),
        ("CONTROL q[3]\nDAGGER", "ENDDAGGER\nENDCONTROL"),
    ],
    ids=["dagger", "control", "both"],
)
def test_blocks_are_read_as_the_sdk_does(sdk, statement, before, after):
    text = _program(f"{before}\n{statement}\n{after}")
    assert same_state(sdk.state(text, 4), _ours(text))


@pytest.mark.parametrize(
    "inner", ["H q[0]", "T q[0]", "SWAP q[0],q[1]", "RXX q[0],q[1],(0.4)", "U3 q[1],(0.1,0.2,0.3)"]
)
def test_two_controls_and_many_lines(sdk, inner):
    text = _program(
        f"CONTROL q[2],q[3]\n{inner}\nDAGGER\nS q[1]\nRX q[0],(0.3)\nENDDAGGER\nENDCONTROL"
    )
    assert same_state(sdk.state(text, 4), _ours(text))


@pytest.mark.parametrize("seed", range(10))
def test_random_circuits(sdk, seed):
    circuit = _bound(seed)
    state = statevector(circuit, (), ())
    text = to_originir(circuit, measure=False)
    assert np.allclose(_ours(text), state, atol=1e-12)
    assert same_state(sdk.state(text, 3), state)
    assert same_state(_ours(sdk.rewrite(text)), state)


@pytest.mark.parametrize("basis", [["U3", "CZ"], ["RPhi", "CZ"], []])
@pytest.mark.parametrize("seed", range(3))
def test_what_the_sdk_transpiles_is_read_alike(sdk, basis, seed):
    text = to_originir(_bound(seed))
    routed = sdk.transpile(text, [(0, 1), (1, 2)], basis)
    without = "\n".join(line for line in routed.splitlines() if "MEASURE" not in line)
    assert same_state(_ours(routed), sdk.state(without, 3), atol=1e-6)
    assert set(measurements(routed)) == {0, 1, 2}


def test_bit_order_and_measurements(sdk):
    circuit = Circuit(2, (Operation("x", (0,)),))
    assert abs(sdk.state(to_originir(circuit, measure=False), 2)[1]) == 1
    assert measurements(to_originir(circuit)) == {0: 0, 1: 1}
    swapped = "QINIT 2\nCREG 2\nX q[0]\nMEASURE q[0],c[1]\nX q[1]\nMEASURE q[1],c[0]\n"
    assert _ours(swapped).shape == (4,)
    assert _ours("QINIT 2\nCREG 2\nMEASURE q,c").shape == (4,)
    assert "MEASURE" not in to_originir(circuit, measure=False)


def test_angles_keep_all_their_digits():
    for angle in (math.pi, -1e-17, 123456.789, 0.1 + 0.2, 1e300):
        circuit = Circuit(1, (Operation("rx", (0,), angle),))
        assert from_originir(to_originir(circuit)).operations == circuit.operations


def test_comments_blank_lines_and_line_ends():
    text = (
        "// made by hand\r\nQINIT 1\r\nCREG 1\r\n\r\n  H q[0]  // flip\r\nRX q[0] , ( 2*pi/4 )\r\n"
    )
    assert [op.gate for op in from_originir(text).operations] == ["h", "rx"]
    assert from_originir(text).operations[1].source == pytest.approx(math.pi / 2)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("FOO q[0]", r"line 3: unknown gate 'FOO'"),
        ("RESET q[0]", "unknown gate 'RESET'"),
        ("H q[5]", r"q\[5\] does not exist"),
        ("H 5", "expected q"),
        ("H", "expected q"),
        ("RX q[0]", "takes 1 angles, got 0"),
        ("H q[0],(0.1)", "takes 0 angles"),
        ("RX q[0],(one)", "'one' is not an angle"),
        ("RX q[0],()", "is not an angle"),
        ("RX q[0],(1/0)", "finite"),
        ("RX q[0],(1e999)", "finite"),
        ("CNOT q[0],q[0]", "different qubits"),
        ("CNOT q[0]", "different qubits"),
        ("MEASURE q[0],c[0]\nH q[0]", "line 4: qubit 0 was measured"),
        ("MEASURE q[0],c[0]\nMEASURE q[1],c[0]", "classical bit"),
        ("MEASURE q[0],c[7]", r"c\[7\] does not exist"),
        ("CONTROL q[0]\nX q[0]\nENDCONTROL", "line 5: qubit 0 is controlled by itself"),
        ("CONTROL q[0]\nX q[1]", "CONTROL of line 3 is never closed"),
        ("CONTROL q[0]\nX q[1]\nENDDAGGER", "ENDDAGGER closes nothing"),
        ("ENDCONTROL", "closes nothing"),
        ("DAGGER\nMEASURE q[0],c[0]\nENDDAGGER", "inside DAGGER"),
        ("QINIT 3", "second QINIT"),
        ("{]", "cannot read"),
        ("CONTROL q[0]\n" * 9 + "CNOT q[0],q[1]\n" + "ENDCONTROL\n" * 9, "controlled by itself"),
    ],
)
def test_errors_name_the_line(body, message):
    with pytest.raises(CircuitError, match=message):
        from_originir(f"QINIT 2\nCREG 2\n{body}\n")


def test_short_texts_that_mean_too_much_are_refused_at_once():
    controls = "".join(f"CONTROL q[{q}]\n" for q in range(2, 12))
    text = f"QINIT 12\nCREG 1\n{controls}CNOT q[0],q[1]\n" + "ENDCONTROL\n" * 10
    with pytest.raises(CircuitError, match="may mean more than 20000 gates"):
        from_originir(text)
    with pytest.raises(CircuitError, match="line 8: the program has more than 20000 gates"):
        from_originir("QINIT 4000\nCREG 1\n" + "H q\n" * 1000)
    with pytest.raises(CircuitError, match="cannot read"):
        from_originir("QINIT 1\nH" + " " * 50_000 + "q[0] (")
    with pytest.raises(CircuitError, match="limited to 4096"):
        from_originir("QINIT 999999999\n")


def test_angles_must_be_finite():
    for angle in (math.nan, math.inf):
        with pytest.raises(CircuitError, match="angle of rx"):
            to_originir(Circuit(1, (Operation("rx", (0,), angle),)))
    numpys = Circuit(1, (Operation("rx", (0,), np.float64(0.5)),))
    assert "(0.5)" in to_originir(numpys)


def test_reading_and_writing_need_no_heavy_library():
    code = "import quantum.circuits.interchange.originir, sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert not loaded & {"torch", "qiskit", "numpy", "pyqpanda3"}


@pytest.mark.parametrize(
    "text", ["", "CREG 1\n", "H q[0]", "QINIT 0", "QINIT x", "QINIT -1", "QINIT " + "9" * 5000]
)
def test_programs_without_qubits_are_refused(text):
    with pytest.raises(CircuitError, match="QINIT"):
        from_originir(text)


def test_unbound_circuits_are_refused():
    with pytest.raises(CircuitError, match="bind"):
        to_originir(Circuit(1, (Operation("rx", (0,), Angle(0)),)))


@pytest.mark.parametrize("name", GATES)
def test_growth_under_control_is_bounded(name):
    entry = GATES[name]
    op = Operation(name, tuple(range(entry.n_qubits)), 0.3 if entry.parametric else None)
    assert len(controlled(Piece((op,)), 5).operations) <= GROWTH
