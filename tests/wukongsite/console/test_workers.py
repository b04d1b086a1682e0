"""The console names a worker that is missing or silent, also while the broker is away."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from wukongsite.console import workers
from wukongsite.console.workers import expected_workers, workers_part
from wukongsite.processes.signs import signs_folder

NAMES = ["train", "tasks", "quantum", "explorer", "errands"]


@pytest.fixture
def signs(settings: Any, tmp_path: Any) -> Any:
    """Write signs as workers do; by default all are there."""
    settings.DATA_DIR = tmp_path
    signs_folder().mkdir()

    def write(name: str, age: float = 1.0, busy: Any = ()) -> None:
        said = {"pid": 77, "heard": time.time() - age, "busy": list(busy)}
        (signs_folder() / f"{name}@host.json").write_text(json.dumps(said))

    for name in NAMES:
        write(name)
    return write


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Who answers on the broker; `expecting` is kept as the last item of its own list."""
    names = list(NAMES)
    monkeypatch.setattr(workers, "workers_answering", lambda *, expecting: set(names))
    return names


def test_the_procfile_says_who_is_expected() -> None:
    assert expected_workers() == NAMES


def test_all_there(signs: Any, answering: list[str]) -> None:
    part = workers_part(broker=True)
    assert part.well
    assert part.facts == dict.fromkeys(NAMES, "ready")


def test_a_worker_that_is_gone_is_named(signs: Any, answering: list[str]) -> None:
    signs("tasks", age=75)
    answering.remove("tasks")
    part = workers_part(broker=True)
    assert not part.well
    assert "tasks is missing; no data is checked" in part.text
    assert "starts a worker again by itself" in part.text
    assert "process 77 not heard since" in part.facts["tasks"]
    assert "(75 s ago)" in part.facts["tasks"]
    assert part.facts["train"] == "ready"


def test_one_that_was_never_there(signs: Any, answering: list[str]) -> None:
    (signs_folder() / "quantum@host.json").unlink()
    answering.remove("quantum")
    assert workers_part(broker=True).facts["quantum"] == "missing: never heard of"


def test_one_that_lives_and_does_not_answer(signs: Any, answering: list[str]) -> None:
    answering.remove("train")
    part = workers_part(broker=True)
    assert not part.well
    assert "from train" in part.text
    assert "missing" not in part.text


def test_one_that_computes_cannot_answer_and_is_well(signs: Any, answering: list[str]) -> None:
    signs("explorer", busy=[("experiment_run", time.time() - 40)])
    answering.remove("explorer")
    part = workers_part(broker=True)
    assert part.well
    assert part.facts["explorer"] == "busy: experiment_run for 40 s"


def test_without_a_broker_the_signs_still_tell(signs: Any, answering: list[str]) -> None:
    signs("train", age=30)
    part = workers_part(broker=False)
    assert not part.well
    assert "train is missing" in part.text
    assert part.facts["tasks"] == "is there, not asked"


def test_a_worker_on_a_second_host_counts(signs: Any, answering: list[str]) -> None:
    signs("train", age=500)
    said = {"pid": 5, "heard": time.time(), "busy": []}
    (signs_folder() / "train@other.json").write_text(json.dumps(said))
    assert workers_part(broker=True).well


def test_half_a_file_is_passed_over(signs: Any, answering: list[str]) -> None:
    (signs_folder() / "train@host.json").write_text('{"pid": 1')
    answering.remove("train")
    assert "train is missing" in workers_part(broker=True).text
