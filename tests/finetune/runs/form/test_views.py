"""The form of a new run, its live summary and the circuit's picture."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from finetune.datasets.models import Dataset
from finetune.runs import drawings as circuits
from finetune.runs.circuits import THEMES, picture_file
from finetune.runs.form.estimates import machine_here
from finetune.runs.form.form import RunForm
from finetune.runs.models import Run
from finetune.runs.use.models import RunUse
from finetune.training.circuits.pictures import picture_of
from finetune.training.forecast.workload import Workload
from finetune.training.run_circuit import circuit_for
from finetune.training.settings import RunSettings
from quantum.adapters.registry import ADAPTERS

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice_client(alice: Any, team: Any) -> Client:
    client = Client()
    client.force_login(alice)
    return client


@pytest.fixture(autouse=True)
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Pictures that a worker was asked for."""
    keys: list[str] = []

    def enqueue(task: str, adapter: str, options: str, expires: float) -> None:
        picture = picture_of(adapter, json.loads(options))
        assert picture
        keys.append(picture.key)

    monkeypatch.setattr(circuits, "enqueue", enqueue)
    return keys


def typed(base: Any, dataset: Any, /, **changes: Any) -> dict[str, Any]:
    """A filled form, as a browser sends it."""
    return {
        "name": "Try", "base": base.slug, "dataset": dataset.public_id, "adapter": "qtha",
        "targets": ["q_proj", "v_proj"], "backend": "statevector", "learning_rate": "0.002",
        "steps": "12", "batch_size": "4", "sequence_length": "256", "gradient_accumulation": "1",
        "warmup_ratio": "0.1", "scheduler": "cosine", "precision": "auto", "weight_decay": "0",
        "sharding": "none", "seed": "7", "eval_every": "6", "eval_dialogues": "8",
        "save_every": "6", "keep_checkpoints": "2", "early_stopping": "0",
        "system_prompt": "Be kind.",
        "qtha-r": "4", "qtha-n_layers": "1", "qtha-variant": "ABC", **changes,
    }  # fmt: skip


def summary(client: Client, data: dict[str, Any]) -> str:
    answer = client.post(reverse("run-summary"), data)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


# -- the form ----------------------------------------------------------------------------


def test_without_data_it_says_what_to_do_first(alice_client: Client, base: Any) -> None:
    html = alice_client.get(reverse("run-new")).content.decode()
    assert "First, some dialogues" in html
    assert reverse("dataset-upload") in html


def test_without_a_base_it_says_so(alice_client: Client, dataset: Any) -> None:
    assert "No base model is ready" in alice_client.get(reverse("run-new")).content.decode()


def test_it_shows_every_adapter_with_help_from_its_spec(
    alice_client: Client, base: Any, dataset: Any
) -> None:
    html = alice_client.get(reverse("run-new")).content.decode()
    for spec in ADAPTERS.values():
        assert f'value="{spec.name}"' in html
        for option in spec.fields:
            if option.name != "backend":
                assert f'name="{spec.name}-{option.name}"' in html
    assert "Step size of the optimizer" in html


def test_a_preset_fills_it_without_javascript(
    alice_client: Client, base: Any, dataset: Any
) -> None:
    html = alice_client.get(reverse("run-new"), {"preset": "paper", "dataset": dataset.public_id})
    form = html.context["form"]
    assert float(form["learning_rate"].value()) == 5e-5
    assert form["preset"].value() == "paper"
    assert form["dataset"].value() == dataset.public_id
    assert int(form["steps"].value()) > 1, "three passes over this data set"


def test_it_starts_a_run(alice_client: Client, alice: Any, base: Any, dataset: Any) -> None:
    answer = alice_client.post(reverse("run-new"), typed(base, dataset))
    run = Run.objects.get()
    assert answer["Location"] == reverse("run", args=[run.public_id])
    assert (run.name, run.state, run.created_by) == ("Try", "queued", alice)
    assert run.config["steps"] == 12
    assert run.config["adapter_options"]["r"] == 4
    assert run.config["system_prompt"] == "Be kind."


def test_an_unsent_form_can_be_sent_as_it_is(
    alice_client: Client, team: Any, base: Any, dataset: Any
) -> None:
    """What the page is served with is a run that works: one button is enough."""
    from finetune.runs.form.views import filled

    form = alice_client.get(reverse("run-new")).context["form"]
    assert isinstance(form, RunForm)
    answer = alice_client.post(reverse("run-new"), dict(filled(form).lists()))
    assert answer.status_code == 302, answer.context["form"].errors


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"steps": "-1"}, "steps", "Must be at least 1"),
        ({"steps": "many"}, "steps", "whole number"),
        ({"learning_rate": "7"}, "learning_rate", "Must be at most 1"),
        ({"qtha-r": "99"}, "qtha-r", "99 is too large"),
        ({"qtha-variant": "XY"}, "qtha-variant", "not a choice"),
        ({"targets": []}, "targets", "required"),
        ({"targets": ["nothing"]}, "targets", "nothing"),
        ({"sequence_length": "100000"}, "sequence_length", "at most 8192 tokens"),
        ({"dataset": "file-nothing"}, "dataset", "not one of the available choices"),
        ({"adapter": "magic"}, "adapter", "magic"),
        ({"backend": "abacus"}, "backend", "not one of the available choices"),
        ({"backend": "aer"}, "backend", "QTHA trains on exact simulators only"),
    ],
)
def test_a_refusal_stands_beside_its_field_and_nothing_is_lost(
    alice_client: Client, base: Any, dataset: Any, change: dict[str, Any], field: str, words: str
) -> None:
    answer = alice_client.post(reverse("run-new"), typed(base, dataset, **change))
    assert not Run.objects.exists()
    form = answer.context["form"]
    assert words in str(form.errors[field])
    assert "Be kind." in answer.content.decode()
    assert not any(error.startswith(("R:", "R ")) for error in form.errors[field])


def test_several_problems_show_at_once(alice_client: Client, base: Any, dataset: Any) -> None:
    data = typed(base, dataset, **{"steps": "0", "batch_size": "0", "qtha-r": "0"})
    form = alice_client.post(reverse("run-new"), data).context["form"]
    assert {"steps", "batch_size", "qtha-r"} <= set(form.errors)


def test_hidden_options_of_other_adapters_do_not_hold_it_back(
    alice_client: Client, base: Any, dataset: Any
) -> None:
    data = typed(base, dataset, adapter="lora", **{"qtha-r": "99", "lora-r": "2"})
    assert alice_client.post(reverse("run-new"), data).status_code == 302
    assert Run.objects.get().config["adapter_options"]["r"] == 2


def test_run_again_with_changes(alice_client: Client, run_made: Run) -> None:
    address = reverse("run-new")
    query = {"from": run_made.public_id, "qtha-variant": "AB"}
    form = alice_client.get(address, query).context["form"]
    assert form["name"].value() == run_made.name
    assert form["qtha-variant"].value() == "AB"
    assert int(form["steps"].value()) == run_made.config["steps"]


def test_another_teams_things_cannot_be_used(
    client: Client, base: Any, dataset: Any, run_made: Run, charlie: Any
) -> None:
    client.force_login(charlie)
    assert client.get(reverse("run-new"), {"from": run_made.public_id}).status_code == 404
    before = Run.objects.count()
    answer = client.post(reverse("run-new"), typed(base, dataset))
    assert answer.status_code == 200
    assert "dataset" in answer.context["form"].errors
    assert Run.objects.count() == before
    assert dataset.name not in summary(client, typed(base, dataset))


# -- the summary -------------------------------------------------------------------------


def test_the_summary_counts_exactly(alice_client: Client, base: Any, dataset: Any) -> None:
    data = typed(base, dataset, adapter="lora", **{"lora-r": "8"})
    html = summary(alice_client, data)
    assert "460 800" in html
    assert "as many as LoRA r = 8" in html
    data["lora-r"] = "1"
    assert "57 600" in summary(alice_client, data)


def test_the_summary_of_a_circuit(alice_client: Client, base: Any, dataset: Any) -> None:
    html = summary(alice_client, typed(base, dataset))
    assert "simulated exactly; no hardware is used" in html
    assert "4 qubits" in html
    assert "960 in all" in html
    html = summary(alice_client, typed(base, dataset, **{"qtha-variant": "AB"}))
    assert "no circuit" in html
    assert "simulated exactly" not in html


def test_the_summary_survives_a_half_filled_form(
    alice_client: Client, base: Any, dataset: Any
) -> None:
    assert "Choose a base model" in summary(alice_client, {})
    html = summary(alice_client, typed(base, dataset, **{"qtha-r": "99"}))
    assert "Qubits: 99 is too large" in html
    assert "not known yet" in summary(alice_client, typed(base, dataset, steps="x"))


def test_the_forecast_rests_on_runs_of_this_machine(
    alice_client: Client, base: Any, dataset: Any, run_made: Run
) -> None:
    html = summary(alice_client, typed(base, dataset))
    assert "No run has been measured on this machine" in html
    assert re.search(r"about \d+ (s|min|h)", html)
    use_measured(run_made, speed=0.5)
    half = summary(alice_client, typed(base, dataset))
    assert "From 1 earlier run with this base and adapter" in half
    use_measured(run_made, speed=5.0)
    assert minutes(summary(alice_client, typed(base, dataset))) > 5 * minutes(half)


def use_measured(run: Run, *, speed: float) -> None:
    """The run as one that took so many times what the formula says."""
    use = RunUse.objects.get(run=run)
    work = Workload.read(use.work)
    assert work
    use.steps, use.precision, use.peak_bytes = 10, machine_here().precision, work.memory_bytes
    took = speed * work.compute_of(10, 1)
    use.measured = {"steps": 10, "step_seconds": took, "evaluations": 1, "evaluation_seconds": 0}
    use.seconds = took + speed * work.startup_seconds
    use.processor_seconds = use.seconds
    use.save()


def minutes(html: str) -> float:
    """The time of a summary."""
    found = re.search(r"about (?:(\d+) h ?)?(?:(\d+) min ?)?(?:(\d+) s)?", html)
    assert found
    hours, middle, seconds = (int(part or 0) for part in found.groups())
    return 60 * hours + middle + seconds / 60


# -- the picture -------------------------------------------------------------------------


def test_a_missing_picture_is_asked_for_once(
    alice_client: Client, base: Any, dataset: Any, asked: list[str]
) -> None:
    picture = picture_of("qtha", {"r": 3})
    assert picture
    for theme in THEMES:
        picture_file(picture.key, theme).unlink(missing_ok=True)
    picture_file(picture.key, "light").with_name(f"{picture.key}.asked").unlink(missing_ok=True)
    address, query = reverse("circuit-picture"), {"adapter": "qtha", "r": "3"}
    for _ in range(3):
        html = alice_client.get(address, query).content.decode()
        assert "hx-get" in html
    assert asked == [picture.key]
    again = re.search(r'hx-get="([^"]+)"', html)
    assert again
    assert alice_client.get(unescape(again[1])).status_code == 200
    assert asked == [picture.key]
    for theme in THEMES:
        picture_file(picture.key, theme).write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    html = alice_client.get(address, query).content.decode()
    assert "hx-get" not in html
    assert "<picture>" in html
    image = alice_client.get(reverse("circuit-image", args=[picture.key, "dark"]))
    assert image["Content-Type"] == "image/svg+xml"
    assert b"<svg" in image.content
    assert "default-src 'none'" in image["Content-Security-Policy"]


@pytest.mark.parametrize("key", ["..%2f..%2fsecret", "qtha-99-99", "qtha-x-1", "a.b-" + "0" * 16])
def test_no_other_file_is_served(alice_client: Client, key: str) -> None:
    assert alice_client.get(f"/circuits/{key}-light.svg").status_code == 404


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"adapter": "magic"},
        {"adapter": "lora"},
        {"adapter": "qtha", "r": "500"},
        {"adapter": "qtha", "r": "0"},
        {"adapter": "qtha", "path": "../secret"},
    ],
)
def test_no_circuit_of_a_silly_size(alice_client: Client, query: dict[str, str]) -> None:
    assert alice_client.get(reverse("circuit-picture"), query).status_code == 404


def test_a_wide_circuit_is_drawn_small(alice_client: Client) -> None:
    circuit = circuit_for(RunSettings(adapter="qgs"), ["model.layers.0.self_attn.q_proj"])
    assert circuit
    assert (circuit.qubits, circuit.drawn) == (72, 6)
    for theme in THEMES:
        picture_file(circuit.key, theme).write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    html = alice_client.get(f"{reverse('circuit-picture')}?{circuit.query}").content.decode()
    assert "Drawn with 6 qubits; the run's circuit has 72" in html


# -- many data sets ------------------------------------------------------------------------------


def options_of(html: str, select: str) -> list[str]:
    part = html.split(f'id="{select}"', 1)[1].split("</select>", 1)[0]
    return [name for name in re.findall(r'<option value="([^"]*)"', part) if name]


@pytest.fixture
def many(dataset: Dataset) -> list[Dataset]:
    """Fifty more ready data sets, newest first."""
    rows = [
        Dataset(team=dataset.team, name=f"Set {number:02}", filename="a.jsonl", state="ready",
                report=dataset.report)
        for number in range(50)
    ]  # fmt: skip
    return Dataset.objects.bulk_create(rows)[::-1]


def test_few_data_sets_need_no_search(alice_client: Client, base: Any, dataset: Dataset) -> None:
    assert "find-data" not in alice_client.get(reverse("run-new")).content.decode()


def test_many_data_sets_are_searched_for(
    alice_client: Client, base: Any, many: list[Dataset], dataset: Dataset
) -> None:
    html = alice_client.get(reverse("run-new")).content.decode()
    assert options_of(html, "id_dataset") == [row.public_id for row in many[:20]]
    assert "find-data" in html
    wanted = {"q": "set 07", "dataset": many[0].public_id}
    found = alice_client.get(reverse("run-datasets"), wanted).content.decode()
    assert options_of(found, "id_dataset") == [many[-8].public_id, many[0].public_id]
    assert options_of(found, "id_validation_dataset") == [many[-8].public_id]
    assert f'<option value="{many[0].public_id}" selected>' in found, "what was chosen stays"
    other = alice_client.get(reverse("run-datasets"), {"q": "nothing"}).content.decode()
    assert options_of(other, "id_dataset") == []


def test_a_data_set_that_is_not_listed_can_be_chosen(
    alice_client: Client, base: Any, many: list[Dataset], dataset: Dataset
) -> None:
    html = alice_client.get(reverse("run-new"), {"dataset": dataset.public_id}).content.decode()
    assert f'<option value="{dataset.public_id}" selected>' in html
    form = RunForm({"dataset": dataset.public_id}, team=dataset.team)
    assert "dataset" not in form.errors


def test_strangers_find_nothing(
    client: Client, charlie: Any, base: Any, many: list[Dataset]
) -> None:
    client.force_login(charlie)
    html = client.get(reverse("run-datasets"), {"q": "set", "dataset": many[3].public_id})
    assert options_of(html.content.decode(), "id_dataset") == []


@pytest.mark.parametrize(("given", "kept"), [("1", 1), ("-1", -1), ("", 0)])
def test_a_run_starts_with_its_priority(
    alice_client: Client, base: Any, dataset: Any, given: str, kept: int
) -> None:
    data = typed(base, dataset, priority=given)
    assert alice_client.post(reverse("run-new"), data).status_code == 302
    assert Run.objects.get().priority == kept


def test_a_priority_of_operators_is_no_choice(
    alice_client: Client, base: Any, dataset: Any
) -> None:
    form = alice_client.post(reverse("run-new"), typed(base, dataset, priority="2")).context["form"]
    assert list(form.errors) == ["priority"]
    assert not Run.objects.exists()
