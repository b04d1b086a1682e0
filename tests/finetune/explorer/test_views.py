"""The circuit explorer: a form that keeps what was typed, a page for each state, exports."""

from __future__ import annotations

import pytest
from django.urls import reverse

from finetune.explorer.computation import experiment_folder
from finetune.explorer.experiment.spec import Spec
from finetune.explorer.models import QuantumExperiment
from finetune.hardware.keys import cloud_key_create

pytestmark = pytest.mark.django_db
FORM = {
    "family": "qtha", "qubits": "3", "layers": "1", "topology": "chain", "angle_seed": "1",
    "text": "", "backends": ["statevector", "aer"], "shots": "500", "seed": "2", "noise": "chip72",
}  # fmt: skip
RESULT = {
    "circuit": {
        "name": "c", "qubits": 2, "depth": 1, "gates": {"ry": 2}, "two_qubit_gates": 0,
        "observables": ["Z0", "Z1"],
    },
    "exact": [0.5, -0.5],
    "exports": {"openqasm": "OPENQASM 2.0;", "qiskit": "circuit = 1"},
    "drawn": True,
    "backends": [
        {
            "name": "aer", "title": "Aer, ideal", "state": "done", "values": [0.51, -0.2],
            "stderr": [0.02, 0.02], "counts": [["00", 300], ["11", 200]], "outcomes": 2,
            "circuits": 1, "shots": 500, "batches": 1, "wall": 0.1,
        },
    ],
    "batches": [],
}  # fmt: skip


@pytest.fixture
def page(client, alice, team):
    client.force_login(alice)
    return client


@pytest.fixture
def experiment(team, alice):
    def make(state="done", **changes):
        values = {"spec": Spec(qubits=2).to_dict(), "result": RESULT, **changes}
        return QuantumExperiment.objects.create(
            team=team, created_by=alice, name="Two qubits", state=state, **values
        )

    return make


def send(client, **changes):
    return client.post(reverse("quantum-explorer"), {**FORM, **changes})


def test_the_form_starts_filled_in(page):
    text = page.get(reverse("quantum-explorer")).content.decode()
    assert 'value="qtha" checked' in text
    assert 'value="aer"' in text
    assert "No experiments yet" in text


def test_an_experiment_is_made_and_shown(page, team):
    answer = send(page)
    made = QuantumExperiment.objects.get()
    assert answer["Location"] == reverse("quantum-experiment", args=[made.public_id])
    assert (made.team, made.state, made.name) == (team, "waiting", "QTHA, 3 qubits, 1 layer")
    assert made.spec["backends"] == ["statevector", "aer"]
    text = page.get(answer["Location"]).content.decode()
    assert 'hx-trigger="every 1s"' in text


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"qubits": "13"}, "qubits", "1 to 12"),
        ({"shots": "0"}, "shots", "greater than or equal to 1"),
        ({"shots": "100001"}, "shots", "less than or equal to 100000"),
        ({"backends": []}, "backends", "Choose one at least"),
        ({"backends": ["statevector", "aer", "aer-noise", "qpanda"]}, "backends", "one to 3"),
        ({"family": "originir", "text": ""}, "text", "Paste a circuit"),
        ({"family": "originir", "text": "QINIT 1\nCREG 1\nWHAT q[0]"}, "text", "3"),
        ({"backends": ["wukong"]}, "key", "Choose a key"),
        ({"family": "nonsense"}, "family", "valid choice"),
    ],
)
def test_limits_are_told_beside_the_field(page, changes, field, words):
    answer = send(page, **changes)
    assert answer.status_code == 422
    assert words in str(answer.context["form"].errors[field])
    assert words in answer.content.decode()
    assert not QuantumExperiment.objects.exists()


def test_what_was_typed_is_kept(page):
    text = send(page, family="originir", text="QINIT 1\n<b>WHAT</b>").content.decode()
    assert "&lt;b&gt;WHAT&lt;/b&gt;" in text
    assert 'value="originir" checked' in text


def test_hardware_takes_a_key_of_the_team_only(page, team, alice, other_team, charlie):
    theirs = cloud_key_create(
        team=other_team, user=charlie, label="theirs", secret="0123456789abcdef"
    )
    answer = send(page, backends=["wukong"], key=theirs.public_id)
    assert answer.status_code == 422
    own = cloud_key_create(team=team, user=alice, label="own", secret="0123456789abcdef")
    assert send(page, backends=["wukong"], key=own.public_id, chip="").status_code == 422
    assert send(page, backends=["wukong"], key=own.public_id, chip="72").status_code == 302
    assert QuantumExperiment.objects.get().key == own


def test_again_with_changes(page, experiment):
    made = experiment(spec=Spec(family="originir", text="QINIT 1\nCREG 1\nH q[0]").to_dict())
    text = page.get(reverse("quantum-explorer") + f"?from={made.public_id}").content.decode()
    assert "H q[0]" in text
    assert 'value="originir" checked' in text


def test_results_stand_in_chart_table_and_counts(page, experiment):
    text = page.get(reverse("quantum-experiment", args=[experiment().public_id])).content.decode()
    assert "0.5100" in text
    assert "15.0 σ away" in text
    assert "Aer, ideal is off by at most 0.300" in text
    assert "60.0 %" in text
    assert "every" not in text.split('id="quantum-experiment"')[1][:200]


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("waiting", "Waiting for a worker"),
        ("computing", "Computing"),
        ("failed", "It could not be computed"),
        ("sent", "On its way to the quantum computer"),
    ],
)
def test_each_state_has_its_words(page, experiment, state, words):
    made = experiment(state, message="why it failed", result={} if state != "sent" else RESULT)
    text = page.get(reverse("quantum-experiment", args=[made.public_id])).content.decode()
    assert words in text
    assert ("why it failed" in text) == (state == "failed")


def test_consent_shows_the_estimate_and_money_only_with_a_tariff(page, experiment):
    cost = {"circuits": 3, "shots": 1500, "batches": 1, "seconds": [1.6, 5.5], "money": None,
            "currency": ""}  # fmt: skip
    waiting = {"name": "wukong", "title": "Wukong", "state": "waiting"}
    result = {**RESULT, "backends": [*RESULT["backends"], waiting], "batches": ["{}"],
              "estimate": cost}  # fmt: skip
    made = experiment("confirm", result=result)
    path = reverse("quantum-experiment", args=[made.public_id])
    text = page.get(path).content.decode()
    assert "Nothing has been sent yet" in text
    assert "1.6–5.5" in text
    assert "tariff" not in text
    result["estimate"] = {**cost, "money": 93.5, "currency": "CNY"}
    QuantumExperiment.objects.update(result=result)
    assert "93.50" in page.get(path).content.decode()
    answer = page.post(reverse("quantum-experiment-confirm", args=[made.public_id]), follow=True)
    assert "key has been deleted" in answer.content.decode()
    page.post(reverse("quantum-experiment-skip", args=[made.public_id]))
    assert QuantumExperiment.objects.get().state == "done"


def test_exports_and_drawing(page, experiment):
    made = experiment()
    path = reverse("quantum-experiment-export", args=[made.public_id, "openqasm"])
    answer = page.get(path)
    assert answer.content == b"OPENQASM 2.0;"
    assert f"{made.public_id}.qasm" in answer["Content-Disposition"]
    for kind in ("originir", "nonsense"):
        missing = reverse("quantum-experiment-export", args=[made.public_id, kind])
        assert page.get(missing).status_code == 404
    image = reverse("quantum-experiment-image", args=[made.public_id, "light"])
    assert page.get(image).status_code == 404
    folder = experiment_folder(made)
    folder.mkdir(parents=True)
    (folder / "circuit-light.svg").write_text("<svg/>")
    answer = page.get(image)
    assert answer["Content-Type"] == "image/svg+xml"
    assert "default-src 'none'" in answer["Content-Security-Policy"]


def test_deleting(page, experiment):
    made = experiment("computing")
    page.post(reverse("quantum-experiment-delete", args=[made.public_id]))
    assert QuantumExperiment.objects.exists()
    QuantumExperiment.objects.update(state="done")
    page.post(reverse("quantum-experiment-delete", args=[made.public_id]))
    assert not QuantumExperiment.objects.exists()
