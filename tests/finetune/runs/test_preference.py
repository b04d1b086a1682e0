"""A preference run on the site: its data decides its kind, and rewards are shown."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from finetune.api.jobs.creation import job_settings
from finetune.api.jobs.objects import checkpoint_object, event_object, job_object
from finetune.api.jobs.request import JobBody
from finetune.datasets.checking import dataset_check
from finetune.datasets.models import Dataset
from finetune.datasets.services import dataset_upload
from finetune.exceptions import RunRefused
from finetune.runs.compare.meaning import meaning_of
from finetune.runs.events import run_events_copy
from finetune.runs.models import Run
from finetune.runs.page.downloads import metrics_csv
from finetune.runs.worker.folders import folder_prepare
from finetune.training.config import RunConfig
from finetune.training.presets import PRESETS
from quantum.adapters.registry import ADAPTERS
from tests.finetune.conftest import run_ordered
from tests.finetune.runs.form.test_views import typed
from tests.finetune.training.preference.conftest import pair

pytestmark = pytest.mark.django_db
VALUES = PRESETS["preference"].values
REWARDS = {
    "rewards/chosen": 0.25,
    "rewards/rejected": -0.5,
    "rewards/accuracies": 0.875,
    "rewards/margins": 0.75,
}


def uploaded(team: Any, alice: Any, *, check: bool = True) -> Dataset:
    text = "".join(json.dumps(pair(number)) + "\n" for number in range(40))
    file = SimpleUploadedFile("pairs.jsonl", text.encode())
    dataset = dataset_upload(team=team, user=alice, file=file, licence="CC0")
    if check:
        dataset_check(dataset.pk)
        dataset.refresh_from_db()
        assert dataset.state == Dataset.State.READY, dataset.problem
    return dataset


@pytest.fixture
def pairs(team: Any, alice: Any) -> Dataset:
    return uploaded(team, alice)


@pytest.fixture
def alice_client(alice: Any, team: Any) -> Client:
    client = Client()
    client.force_login(alice)
    return client


@pytest.fixture
def run(team: Any, alice: Any, base: Any, pairs: Dataset) -> Run:
    return run_ordered(team, alice, base, pairs, VALUES, name="Preferring")


def measured(run: Run) -> Run:
    step = {
        "step": 1, "total_steps": 60, "train_loss": 0.6, "train_accuracy": 0.875,
        "learning_rate": 1e-4, "grad_norm": 1.0, "trained_tokens": 90, **REWARDS,
    }  # fmt: skip
    check = {
        "step": 1, "validation_loss": 0.5, "validation_accuracy": 1.0,
        **{f"validation_{name}": value for name, value in REWARDS.items()},
    }  # fmt: skip
    lines = [
        {"seq": number, "time": 1e9, "type": kind, "level": "info", "message": "m", "data": data}
        for number, (kind, data) in enumerate([("metrics", step), ("evaluation", check)], 1)
    ]
    return run_events_copy(run.pk, lines)


def test_the_data_page_shows_both_replies(alice_client: Client, pairs: Dataset) -> None:
    page = alice_client.get(reverse("dataset", args=[pairs.public_id])).content.decode()
    assert 'id="of-pairs"' in page
    assert "What made day 0 so long?" in page
    assert "Not preferred" in page
    assert "Just go to sleep on day 0." in page
    assert "pairs of replies" in alice_client.get(reverse("data")).content.decode()


def test_the_form_takes_the_kind_from_the_data(
    alice_client: Client, base: Any, dataset: Dataset, pairs: Dataset
) -> None:
    page = alice_client.get(reverse("run-new"), {"dataset": pairs.public_id}).content.decode()
    assert (
        'value="preference"'
        in page.split('name="preset"')[0].rsplit("<input", 1)[1]
        + (page.split('name="preset"')[1][:80])
    )
    rate = f"{0.05 * ADAPTERS['lora'].default_learning_rate:g}"
    assert f'value="lora" data-rate="{float(rate)}"' in page.replace(" checked", "")
    data = typed(base, pairs, beta="0.3", learning_rate="0.01")
    text = alice_client.post(reverse("run-summary"), data).content.decode()
    assert "summary-kind" in text
    assert "summary-rate" in text
    calm = typed(base, pairs, learning_rate="0.0001")
    assert "summary-rate" not in alice_client.post(reverse("run-summary"), calm).content.decode()
    assert alice_client.post(reverse("run-new"), data).status_code == 302
    made = Run.objects.get()
    assert (made.settings.kind, made.settings.beta) == ("preference", 0.3)
    alice_client.post(reverse("run-new"), typed(base, dataset))
    assert Run.objects.first().settings.kind == "supervised"  # type: ignore[union-attr]


def test_data_of_the_other_kind_is_refused(
    team: Any, alice: Any, base: Any, dataset: Dataset, pairs: Dataset
) -> None:
    with pytest.raises(RunRefused, match="holds pairs of replies") as refused:
        run_ordered(team, alice, base, pairs, PRESETS["quick"].values)
    assert (refused.value.code, refused.value.field) == ("wrong_kind", "dataset")
    with pytest.raises(RunRefused, match="holds dialogues"):
        run_ordered(team, alice, base, dataset, VALUES)
    with pytest.raises(RunRefused, match="holds dialogues") as held:
        run_ordered(team, alice, base, pairs, VALUES, validation_dataset=dataset)
    assert held.value.field == "validation_dataset"


def test_a_run_that_waits_for_its_data_fails_where_that_is_of_the_other_kind(
    team: Any, alice: Any, base: Any
) -> None:
    waiting = uploaded(team, alice, check=False)
    run = run_ordered(team, alice, base, waiting, PRESETS["quick"].values)
    assert run.state == Run.State.VALIDATING
    dataset_check(waiting.pk)
    run.refresh_from_db()
    assert run.state == Run.State.FAILED
    assert run.error["code"] == "wrong_kind"


def test_its_folder_holds_pairs(run: Run) -> None:
    folder_prepare(run)
    config = RunConfig.read(run.folder / "config.json")
    assert config.kind == "preference"
    first = json.loads((run.folder / "train.jsonl").read_text().splitlines()[0])
    assert set(first) == {"messages", "chosen", "rejected"}


def test_rewards_are_on_its_page_and_in_its_files(alice_client: Client, run: Run) -> None:
    measured(run)
    page = alice_client.get(reverse("run", args=[run.public_id])).content.decode()
    for chart in ("rewards", "margins", "accuracy"):
        assert f'data-chart="{chart}"' in page
    assert "preference (DPO)" in page
    assert '"rewards/margins": [0.75]' in page
    assert '"validation_rewards/chosen": [0.25]' in page
    assert "<code>beta</code>" in page
    header, first = "".join(metrics_csv(run)).splitlines()[:2]
    assert "rewards/margins" in header.split(",")
    assert (
        dict(zip(header.split(","), first.split(","), strict=True))["validation_rewards/margins"]
        == "0.75"
    )


def test_a_supervised_run_has_none_of_it(alice_client: Client, run_made: Run) -> None:
    page = alice_client.get(reverse("run", args=[run_made.public_id])).content.decode()
    assert "rewards" not in page
    assert "<code>beta</code>" not in page


def test_openais_method(run: Run) -> None:
    body = {
        "model": "smollm2-135m-instruct",
        "training_file": "file-1",
        "method": {
            "type": "dpo",
            "dpo": {"hyperparameters": {"beta": 0.2, "batch_size": 8, "n_epochs": "auto"}},
        },
    }
    settings, _ = job_settings(JobBody.model_validate(body), None)
    assert (settings.kind, settings.beta, settings.batch_size) == ("preference", 0.2, 8)
    assert settings.learning_rate == VALUES["learning_rate"]
    other, _ = job_settings(JobBody.model_validate({**body, "adapter": "lora"}), None)
    assert other.learning_rate == 0.05 * ADAPTERS["lora"].default_learning_rate
    auto = {**body, "method": {"type": "dpo", "dpo": {"hyperparameters": {"beta": "auto"}}}}
    assert job_settings(JobBody.model_validate(auto), None)[0].beta == 0.1
    plain = {**body, "method": {"type": "supervised"}}
    assert job_settings(JobBody.model_validate(plain), None)[0].kind == "supervised"
    method = job_object(run)["method"]
    assert method["type"] == "dpo"
    assert method["dpo"]["hyperparameters"]["beta"] == 0.1
    run = measured(run)
    events = {event.type: event_object(run, event)["data"] for event in run.events.all()}
    assert events["metrics"]["rewards/margins"] == 0.75
    assert events["evaluation"]["valid_loss"] == 0.5
    assert "train_mean_token_accuracy" not in events["metrics"]
    saved = run.events.first()
    assert saved is not None
    saved.data = {"step": 1}
    metrics = checkpoint_object(run, saved, {1: {**REWARDS, "train_loss": 0.6}}, None)["metrics"]
    assert metrics["rewards/accuracies"] == 0.875


def test_runs_of_both_kinds_are_not_compared_by_their_losses(run: Run, run_made: Run) -> None:
    meaning = meaning_of([run, run_made])
    assert not meaning.alike
    assert "pairs of replies" in meaning.notes[0]
