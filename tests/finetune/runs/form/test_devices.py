"""Several devices are offered where a worker tells of them, and nowhere else."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client
from django.urls import reverse

from finetune.runs.form.form import RunForm
from finetune.runs.models import Run
from finetune.runs.page.facts import settings_of
from finetune.runs.use.models import RunUse
from finetune.runs.worker.devices import devices_reported
from tests.finetune.runs.form.test_views import alice_client, asked, typed

__all__ = ["alice_client", "asked"]
pytestmark = pytest.mark.django_db
Tell = Callable[..., None]


@pytest.fixture
def tell(settings: LazySettings, tmp_path: Path) -> Tell:
    """Workers' signs, as `wukongsite.processes.signs` writes them."""
    settings.DATA_DIR = tmp_path
    (tmp_path / "workers").mkdir()

    def write(name: str, ago: float = 1.0, **sign: Any) -> None:
        text = json.dumps({"pid": 1, "heard": time.time() - ago, "busy": [], **sign})
        (tmp_path / "workers" / f"{name}.json").write_text(text)

    return write


def test_the_most_that_a_training_worker_tells_counts(tell: Tell, tmp_path: Path) -> None:
    assert devices_reported() == 1
    tell("train@old")  # of an earlier version
    tell("tasks@one", devices=8)
    assert devices_reported() == 1
    tell("train@one", devices=2)
    tell("train@two", devices=4)
    tell("train@gone", devices=8, ago=3600)
    (tmp_path / "workers" / "train@torn.json").write_text("[")
    (tmp_path / "workers" / "train@other.json").write_text("[]")
    assert devices_reported() == 4


def test_the_field_is_there_where_there_is_a_choice(
    tell: Tell, alice_client: Client, team: Any, base: Any, dataset: Any
) -> None:
    page = alice_client.get(reverse("run-new")).content.decode()
    assert 'name="devices"' not in page
    assert 'name="sharding"' not in page
    tell("train@one", devices=2)
    page = alice_client.get(reverse("run-new")).content.decode()
    assert 'name="devices"' in page
    assert 'name="sharding"' in page
    assert RunForm(team=team).fields["devices"].widget.attrs["max"] == "2"


def test_it_starts_a_run_on_two(tell: Tell, alice_client: Client, base: Any, dataset: Any) -> None:
    tell("train@one", devices=2)
    alice_client.post(reverse("run-new"), typed(base, dataset, devices="2"))
    assert Run.objects.get().settings.devices == 2


def test_the_base_is_split_between_two_and_not_for_one(
    tell: Tell, alice_client: Client, base: Any, dataset: Any
) -> None:
    tell("train@one", devices=2)
    split = {"sharding": "base"}
    page = alice_client.post(reverse("run-new"), typed(base, dataset, devices="1", **split))
    assert "One device has nobody to split the base with" in page.content.decode()
    assert not Run.objects.exists()
    alice_client.post(reverse("run-new"), typed(base, dataset, devices="2", **split))
    run = Run.objects.get()
    assert (run.settings.devices, run.settings.sharding) == (2, "base")
    rows = [name for _, group in settings_of(run) for name, _, _ in group]
    assert {"devices", "sharding"} <= set(rows)
    assert not RunUse.objects.get(run=run).work  # forecasts learn from runs on one device


def test_more_than_there_are_is_refused_beside_the_field(
    tell: Tell, alice_client: Client, base: Any, dataset: Any
) -> None:
    tell("train@one", devices=2)
    page = alice_client.post(reverse("run-new"), typed(base, dataset, devices="4"))
    assert "4 are asked for, and there are 2: take at most 2" in page.content.decode()
    page = alice_client.post(reverse("run-new"), typed(base, dataset, devices="2", batch_size="3"))
    assert "3 dialogues cannot be shared evenly between 2 devices" in page.content.decode()
    assert not Run.objects.exists()


def test_a_form_without_the_field_is_for_one(
    tell: Tell, alice_client: Client, base: Any, dataset: Any
) -> None:
    alice_client.post(reverse("run-new"), typed(base, dataset, devices="2"))
    assert Run.objects.get().settings.devices == 1
