"""What an experiment may be: limits are told by field, circuits come out bound."""

import pytest

from finetune.explorer.experiment.spec import FAMILIES, MAX_TEXT, Spec, SpecError, backend_choices
from quantum.backends.registry import BACKENDS
from quantum.exceptions import CircuitError

BELL = "QINIT 2\nCREG 2\nH q[0]\nCNOT q[0],q[1]\n"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"family": "nonsense"}, "family"),
        ({"qubits": 0}, "qubits"),
        ({"qubits": 13}, "qubits"),
        ({"family": "qgs", "qubits": 73}, "qubits"),
        ({"family": "qgs", "qubits": 1}, "qubits"),
        ({"family": "qgs", "qubits": 4, "topology": "ring"}, "topology"),
        ({"layers": 0}, "layers"),
        ({"layers": 9}, "layers"),
        ({"backends": ()}, "backends"),
        ({"backends": ("statevector",) * 4}, "backends"),
        ({"backends": ("tests-double",)}, "backends"),
        ({"shots": 0}, "shots"),
        ({"shots": 100_001}, "shots"),
        ({"seed": -1}, "seed"),
        ({"angle_seed": 2**31}, "angle_seed"),
        ({"family": "originir", "text": "  "}, "text"),
        ({"family": "openqasm", "text": "x" * (MAX_TEXT + 1)}, "text"),
    ],
)
def test_what_cannot_be_run_is_told_by_field(changes, field):
    with pytest.raises(SpecError) as caught:
        Spec(**changes).check()
    assert caught.value.field == field


@pytest.mark.parametrize("family", ["qtha", "qgs"])
def test_a_family_gives_a_bound_circuit_by_its_seed(family):
    spec = Spec(family=family, qubits=6, layers=2, topology="lattice")
    spec.check()
    circuit = spec.circuit()
    assert circuit.bound
    assert circuit.n_qubits == 6
    assert circuit.observables
    assert spec.circuit() == circuit
    assert Spec.from_dict({**spec.to_dict(), "angle_seed": 2}).circuit() != circuit


@pytest.mark.parametrize(
    ("qubits", "pairs"), [(2, {(0, 1)}), (5, {(0, 1), (2, 3), (0, 2), (1, 3), (2, 4)})]
)
def test_a_lattice_of_any_size(qubits, pairs):
    assert set(Spec(family="qgs", qubits=qubits, topology="lattice").couplers()) == pairs


def test_72_qubits_make_the_chips_own_lattice():
    assert len(Spec(family="qgs", qubits=72, topology="lattice").couplers()) == 126


def test_a_pasted_circuit_measures_z_everywhere():
    circuit = Spec(family="originir", text=BELL).circuit()
    assert [str(one) for one in circuit.observables] == ["Z0", "Z1"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("QINIT 2\nCREG 2\nNONSENSE q[0]\n", "3"),
        ("QINIT 21\nCREG 21\nH q[20]\n", "limit is 20"),
        ("QINIT 1\nCREG 1\n" + "H q[0]\n" * 2001, "limit is 2000"),
    ],
)
def test_a_bad_text_says_where(text, words):
    with pytest.raises(CircuitError, match=words):
        Spec(family="originir", text=text).circuit()


def test_it_survives_json():
    spec = Spec(family="qgs", qubits=8, backends=("statevector", "aer"), zne=True)
    assert Spec.from_dict({**spec.to_dict(), "more": "is left alone"}) == spec


def test_choices_follow_the_registry():
    names = set(backend_choices())
    assert names - {"aer-noise"} == set(BACKENDS)
    assert set(FAMILIES) == {"qtha", "qgs", "openqasm", "originir"}
