"""Runs on other backends than the exact simulator: the form, its estimate, the page that asks."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from finetune.hardware.chips import calibration_store
from finetune.hardware.models import QuantumJob, QuantumKey
from finetune.runs import drawings as circuits
from finetune.runs.circuits import THEMES, picture_file
from finetune.runs.models import Run
from finetune.runs.transitions import run_transition
from finetune.training.run_circuit import circuit_for
from finetune.training.settings import RunSettings
from quantum.adapters.qgs.options import chip_couplers, circuits_per_step
from quantum.backends.base import JobState
from quantum.backends.registry import BACKENDS
from quantum.chips.calibration import Calibration
from tests.doubles.wukong_chips import patchy_72
from tests.finetune.runs.form.test_views import summary, typed

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice_client(alice: Any, team: Any) -> Client:
    client = Client()
    client.force_login(alice)
    return client


@pytest.fixture(autouse=True)
def _nobody_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(circuits, "enqueue", lambda *arguments, **options: None)


@pytest.fixture
def key(team: Any, alice: Any) -> QuantumKey:
    return QuantumKey.objects.create(
        team=team, created_by=alice, label="Group account", encrypted="x", last_four="9x7q",
        chips=[{"name": "72", "online": False}, {"name": "WK_C180", "online": True}],
    )  # fmt: skip


def sampled(base: Any, dataset: Any, backend: str, /, **changes: Any) -> dict[str, Any]:
    """A filled form of a small run with shots, as a browser sends it."""
    small = {"qgs-n_qubits": "8", "qgs-gradient": "spsa", "steps": "3", "eval_every": "0"}
    return typed(base, dataset, **{"adapter": "qgs", "backend": backend, **small, **changes})


def terms(html: str) -> dict[str, str]:
    """The hidden fields of the page that asks."""
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', html))


# -- the form ----------------------------------------------------------------------------


def test_every_backend_is_offered_and_what_costs_money_says_so(
    alice_client: Client, base: Any, dataset: Any
) -> None:
    html = alice_client.get(reverse("run-new")).content.decode()
    for name, spec in BACKENDS.items():
        (head,) = re.findall(
            rf'<label class="backend-head">(?:(?!</label>).)*value="{name}".*', html
        )
        assert ("costs money" in head) == spec.billable
    assert 'name="backend-aer-noise"' in html
    assert 'name="backend-wukong-chip"' in html
    assert "url" not in re.findall(r'name="backend-wukong-(\w+)"', html)


def test_without_a_key_it_says_where_to_get_one(
    alice_client: Client, base: Any, dataset: Any
) -> None:
    html = alice_client.get(reverse("run-new")).content.decode()
    assert "This team has no key for it yet" in html
    assert reverse("quantum") in html
    answer = alice_client.post(reverse("run-new"), sampled(base, dataset, "wukong"))
    assert "Choose the key" in answer.context["form"].errors["quantum_key"][0]
    assert "and a run needs one" in answer.content.decode()
    assert not Run.objects.exists()


def test_the_chips_of_the_key_are_offered(
    alice_client: Client, base: Any, dataset: Any, key: QuantumKey
) -> None:
    html = alice_client.get(reverse("run-new")).content.decode()
    assert "Wukong, 72 qubits · offline" in html
    assert "· online" in html
    assert "Group account (…9x7q)" in html


def test_a_run_with_shots_on_this_machine_starts_at_once(
    alice_client: Client, base: Any, dataset: Any
) -> None:
    data = sampled(base, dataset, "aer", **{"backend-aer-noise": "none", "qgs-shots": "200"})
    answer = alice_client.post(reverse("run-new"), data)
    run = Run.objects.get()
    assert answer["Location"] == reverse("run", args=[run.public_id])
    assert run.config["backend"] == "aer"
    assert run.config["backend_options"]["noise"] == "none"
    assert run.config["adapter_options"]["shots"] == 200
    assert "backend" not in run.config["adapter_options"]
    assert run.spending == {}
    html = alice_client.get(reverse("run", args=[run.public_id])).content.decode()
    assert "Sampled on" in html
    assert "no quantum hardware is used" in html


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"qgs-gradient": "backprop"}, "qgs-gradient", "nothing to go back through"),
        (
            {"qgs-topology": "chip", "qgs-n_qubits": "73"},
            "qgs-n_qubits",
            "72 available qubits: set Qubits to 72 or fewer",
        ),
        ({"qgs-n_qubits": "7", "qgs-topology": "lattice"}, "qgs-n_qubits", "form no lattice"),
        ({"backend-aer-noise": "loud"}, "backend-aer-noise", "not a choice"),
    ],
)
def test_options_that_do_not_go_together_are_told_beside_their_field(
    alice_client: Client, base: Any, dataset: Any, change: Any, field: str, words: str
) -> None:
    answer = alice_client.post(reverse("run-new"), sampled(base, dataset, "aer", **change))
    assert words in str(answer.context["form"].errors.get(field)), answer.context["form"].errors
    assert not Run.objects.exists()


def test_an_adapter_without_a_circuit_ignores_the_backend(
    alice_client: Client, base: Any, dataset: Any
) -> None:
    data = typed(base, dataset, adapter="lora", backend="wukong", **{"lora-r": "2"})
    assert alice_client.post(reverse("run-new"), data).status_code == 302
    assert Run.objects.get().config["backend"] == "statevector"


# -- the estimate ------------------------------------------------------------------------


def test_the_summary_of_the_published_circuit_counts_as_the_design_does(
    alice_client: Client, base: Any, dataset: Any, key: QuantumKey
) -> None:
    """Thirty blocks, thirteen circuits each: 390 a step, in two batches of at most 200."""
    data = sampled(
        base, dataset, "wukong",
        **{"qgs-n_qubits": "72", "qgs-gradient": "shift", "quantum_key": key.public_id},
    )  # fmt: skip
    html = summary(alice_client, data)
    assert "390 circuits in 2 batches" in html
    assert "30 blocks of the model, 72 qubits each" in html
    assert "Processor time" in html
    assert "no tariff is set" in html
    assert "simulated exactly" not in html
    data["qgs-gradient"] = "spsa"
    assert "90 circuits in 1 batch<" in summary(alice_client, data)


def test_money_only_with_a_tariff(
    alice_client: Client, base: Any, dataset: Any, key: QuantumKey, settings: Any
) -> None:
    data = sampled(base, dataset, "wukong", quantum_key=key.public_id)
    assert "CNY" not in summary(alice_client, data)
    settings.QUANTUM_TARIFF = 17.0
    assert re.search(r"at most [\d.]+ CNY", summary(alice_client, data))


def test_shots_on_this_machine_cost_nothing(alice_client: Client, base: Any, dataset: Any) -> None:
    html = summary(alice_client, sampled(base, dataset, "aer"))
    assert "90 circuits in 1 batch<" in html
    assert "Processor time" not in html
    assert "no quantum hardware is used" in html


# -- on a chip's own couplers ---------------------------------------------------------------------


@pytest.fixture
def patchy(team: Any, key: QuantumKey) -> Calibration:
    chip = patchy_72()
    calibration_store(key=key, calibration=chip)
    return chip


def test_a_circuit_on_the_chips_couplers_is_counted_and_fits(
    alice_client: Client, base: Any, dataset: Any, key: QuantumKey, patchy: Calibration
) -> None:
    options = {"n_qubits": 66, "n_layers": 1, "topology": "chip", "control": "trained",
               "gradient": "shift", "spsa_samples": 1}  # fmt: skip
    each = circuits_per_step(options, chip_couplers(patchy, 66))
    data = sampled(
        base, dataset, "wukong", quantum_key=key.public_id,
        **{"qgs-n_qubits": "66", "qgs-topology": "chip", "qgs-gradient": "shift"},
    )  # fmt: skip
    html = summary(alice_client, data)
    assert 13 < each < 30
    assert f"{30 * each} circuits in" in html
    assert "66 available qubits, " in html
    assert "66 qubits, depth" in html
    asking = alice_client.post(reverse("run-new"), data)
    assert asking.context["doubt"] == ""
    data["qgs-topology"] = "chain"
    doubt = alice_client.post(reverse("run-new"), data).context["doubt"]
    largest = len(patchy.parts()[0])
    assert f"at most {largest} live qubits hang together, and the circuit joins 66" in doubt


def test_its_picture_is_a_small_lattice(
    alice_client: Client, base: Any, dataset: Any, patchy: Calibration
) -> None:
    on_chip = {"topology": "chip", "n_qubits": 7}
    settings = RunSettings(adapter="qgs", adapter_options=on_chip, calibration=patchy.to_json())
    circuit = circuit_for(settings, ["model.layers.0.self_attn.q_proj"])
    assert circuit
    assert (circuit.qubits, circuit.drawn, circuit.angles) == (7, 6, 14)
    address = f"{reverse('circuit-picture')}?{circuit.query}"
    assert "draws the same pattern on 6 qubits" in alice_client.get(address).content.decode()
    for theme in THEMES:
        picture_file(circuit.key, theme).write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    html = alice_client.get(address).content.decode()
    assert "the run's circuit has 7 on the live couplers of a chip" in html


def test_without_figures_or_with_too_many_qubits_it_is_told(
    alice_client: Client, base: Any, dataset: Any, key: QuantumKey
) -> None:
    data = sampled(base, dataset, "wukong", quantum_key=key.public_id, **{"qgs-topology": "chip"})
    answer = alice_client.post(reverse("run-new"), data)
    assert "Read them on the Quantum page" in str(answer.context["form"].errors["qgs-topology"])
    assert "nobody has fetched" in summary(alice_client, data)
    calibration_store(key=key, calibration=patchy_72())
    data["qgs-n_qubits"] = "67"
    answer = alice_client.post(reverse("run-new"), data)
    told = "66 available qubits: set Qubits to 66 or fewer"
    assert told in str(answer.context["form"].errors["qgs-n_qubits"])
    assert told in summary(alice_client, data)
    assert not Run.objects.exists()


def test_the_run_keeps_the_figures_and_shows_whose_they_are(
    alice_client: Client, base: Any, dataset: Any, patchy: Calibration
) -> None:
    data = sampled(base, dataset, "aer", **{"qgs-topology": "chip"})
    assert alice_client.post(reverse("run-new"), data).status_code == 302
    run = Run.objects.get()
    assert Calibration.from_json(run.config["calibration"]) == patchy
    html = alice_client.get(reverse("run", args=[run.public_id])).content.decode()
    assert f"made up for tests), {patchy.fingerprint()}" in html


# -- the page that asks ------------------------------------------------------------------


def test_nothing_is_started_before_somebody_agreed(
    alice_client: Client, alice: Any, base: Any, dataset: Any, key: QuantumKey
) -> None:
    data = sampled(base, dataset, "wukong", quantum_key=key.public_id)
    html = alice_client.post(reverse("run-new"), data).content.decode()
    assert not Run.objects.exists()
    shown = terms(html)
    # start 30, steps 3 x 90, one evaluation 30
    assert shown["circuits"] == "330"
    assert "Send up to 330 circuits" in html
    assert "with key Group account (…9x7q)" in html
    assert all(shown[name] == value for name, value in data.items() if isinstance(value, str))

    sent = {**data, "terms": "shown", "circuits": shown["circuits"], "shots": shown["shots"],
            "seconds": shown["seconds"]}  # fmt: skip
    html = alice_client.post(reverse("run-new"), sent).content.decode()
    assert "Tick this to send it" in html
    assert not Run.objects.exists()

    answer = alice_client.post(reverse("run-new"), {**sent, "agree": "on"})
    run = Run.objects.get()
    assert answer["Location"] == reverse("run", args=[run.public_id])
    agreed = run.spending
    assert (agreed["circuits"], agreed["key"], agreed["chip"]) == (330, key.public_id, "72")
    assert agreed["shots"] == int(shown["shots"])
    assert agreed["confirmed_by"] == alice.username
    html = alice_client.get(reverse("run", args=[run.public_id])).content.decode()
    assert "Agreed to by alice: at most 330 circuits" in html


def test_it_leads_back_to_the_form(
    alice_client: Client, base: Any, dataset: Any, key: QuantumKey
) -> None:
    data = sampled(base, dataset, "wukong", quantum_key=key.public_id, terms="shown", change="1")
    answer = alice_client.post(reverse("run-new"), data)
    assert answer.context["form"]["steps"].value() == "3"
    assert 'id="run-form"' in answer.content.decode()
    assert not Run.objects.exists()


def test_numbers_that_are_too_small_are_asked_for_again(
    alice_client: Client, base: Any, dataset: Any, key: QuantumKey
) -> None:
    data = sampled(
        base, dataset, "wukong", quantum_key=key.public_id,
        terms="shown", circuits="10", shots="10", seconds="1", agree="on",
    )  # fmt: skip
    html = alice_client.post(reverse("run-new"), data).content.decode()
    assert "Send up to 330 circuits" in html
    assert not Run.objects.exists()


def test_more_than_the_site_allows_is_refused_before_it_asks(
    alice_client: Client, base: Any, dataset: Any, key: QuantumKey
) -> None:
    data = sampled(base, dataset, "wukong", quantum_key=key.public_id, steps="4000",
                   terms="shown", circuits="9999999", shots="999999999", seconds="9999999",
                   agree="on")  # fmt: skip
    answer = alice_client.post(reverse("run-new"), data)
    assert "this site allows 5,000 circuits a run" in str(answer.context["form"].errors["steps"])
    assert not Run.objects.exists()


def test_another_teams_key_is_no_choice(
    alice_client: Client, base: Any, dataset: Any, key: QuantumKey, other_team: Any
) -> None:
    QuantumKey.objects.filter(pk=key.pk).update(team=other_team)
    data = sampled(base, dataset, "wukong", quantum_key=key.public_id)
    answer = alice_client.post(reverse("run-new"), data)
    assert "quantum_key" in answer.context["form"].errors
    assert "9x7q" not in answer.content.decode()


# -- going on ----------------------------------------------------------------------------


@pytest.fixture
def finished(alice_client: Client, base: Any, dataset: Any) -> Run:
    alice_client.post(reverse("run-new"), sampled(base, dataset, "statevector"))
    run = Run.objects.get()
    (run.folder / "adapter").mkdir(parents=True)
    for state in (Run.State.RUNNING, Run.State.SUCCEEDED):
        run = run_transition(run.pk, state, message="moved")
    return run


def test_a_finished_run_goes_on_elsewhere(
    alice_client: Client, base: Any, dataset: Any, finished: Run
) -> None:
    html = alice_client.get(reverse("run", args=[finished.public_id])).content.decode()
    address = f"{reverse('run-new')}?continue={finished.public_id}"
    assert address in html
    page = alice_client.get(address)
    assert page.context["form"]["continues"].value() == finished.public_id
    assert "It goes on from" in page.content.decode()
    data = sampled(base, dataset, "aer", continues=finished.public_id)
    assert alice_client.post(reverse("run-new"), data).status_code == 302
    run = Run.objects.first()
    assert run
    assert run.continues == finished
    html = alice_client.get(reverse("run", args=[run.public_id])).content.decode()
    assert f'goes on from <a href="{reverse("run", args=[finished.public_id])}"' in html
    html = alice_client.get(reverse("run", args=[finished.public_id])).content.decode()
    assert "continued by" in html


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"seed": "8"}, "seed must stay 7"),
        ({"targets": ["q_proj"]}, "targets must stay q_proj, v_proj"),
        ({"qgs-n_qubits": "9"}, "n_qubits must stay 8"),
        ({"qgs-form": "output"}, "form must stay input"),
        ({"adapter": "lora"}, "adapter must stay qgs"),
    ],
)
def test_what_would_be_another_adapter_is_refused(
    alice_client: Client, base: Any, dataset: Any, finished: Run, change: Any, words: str
) -> None:
    data = sampled(base, dataset, "aer", continues=finished.public_id, **change)
    answer = alice_client.post(reverse("run-new"), data)
    assert words in answer.content.decode()
    assert Run.objects.count() == 1


def test_another_teams_run_cannot_be_gone_on_from(
    client: Client, charlie: Any, base: Any, dataset: Any, finished: Run
) -> None:
    client.force_login(charlie)
    assert client.get(reverse("run-new"), {"continue": finished.public_id}).status_code == 404


# -- waiting -----------------------------------------------------------------------------


def test_the_page_says_what_it_waits_for(
    alice_client: Client, team: Any, finished: Run, key: QuantumKey
) -> None:
    from django.utils import timezone

    now = timezone.now()
    Run.objects.update(state=Run.State.RUNNING, spending={"key": key.public_id, "circuits": 90,
                       "shots": 9, "seconds": 5})  # fmt: skip
    job = QuantumJob.objects.create(
        team=team, run=finished, key=key, scope="s", fingerprint="f" * 64, backend="wukong",
        chip="72", state=JobState.QUEUED, circuits=90, shots=10, total_shots=900, seconds_high=5,
        payload="{}", created_at=now, updated_at=now,
    )  # fmt: skip
    html = alice_client.get(reverse("run", args=[finished.public_id])).content.decode()
    assert "Waiting for Origin Wukong" in html
    assert reverse("quantum-job", args=[job.public_id]) in html
    QuantumJob.objects.update(state=JobState.SUBMIT_UNKNOWN)
    html = alice_client.get(reverse("run", args=[finished.public_id])).content.decode()
    assert "not known whether it was sent" in html
    QuantumJob.objects.update(state=JobState.DONE)
    html = alice_client.get(reverse("run", args=[finished.public_id])).content.decode()
    assert "Waiting for" not in html
