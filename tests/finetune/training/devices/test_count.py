"""What several devices do not go with, in words."""

from __future__ import annotations

from typing import Any

import pytest

from finetune.training.conflicts import conflicts
from finetune.training.devices import count
from finetune.training.settings import RunSettings


@pytest.mark.parametrize(
    ("values", "field", "words"),
    [
        ({"devices": 3}, "batch_size", "4 dialogues cannot be shared evenly between 3 devices: "
         "take 3 or 6"),
        ({"devices": 8}, "batch_size", "take 8"),
        ({"devices": 2, "adapter": "qgs", "backend": "wukong"}, "devices", "take 1"),
        ({"sharding": "base"}, "sharding", "take none, or more devices"),
        ({"devices": 2, "adapter": "qgs", "backend": "aer"}, "devices", "counted in shots"),
    ],
)  # fmt: skip
def test_what_does_not_go_together(values: dict[str, Any], field: str, words: str) -> None:
    problem = conflicts(RunSettings.from_dict(values))[0]
    assert problem.field == field
    assert words in problem.text


@pytest.mark.parametrize(
    "values",
    [{}, {"devices": 2}, {"devices": 4, "adapter": "lora"}, {"adapter": "qgs", "backend": "wukong"},
     {"devices": 1, "batch_size": 3}, {"devices": 2, "sharding": "base"}],
)  # fmt: skip
def test_what_does(values: dict[str, Any]) -> None:
    assert not conflicts(RunSettings.from_dict(values))


def test_no_more_than_there_are() -> None:
    assert count.devices_missing(2, 2) is None
    problem = count.devices_missing(4, 2)
    assert problem is not None
    assert str(problem) == "devices: 4 are asked for, and there are 2: take at most 2"


def test_the_processor_counts_as_one_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(count.CPU_DEVICES, raising=False)
    assert count.cpu_devices() == 1
    monkeypatch.setenv(count.CPU_DEVICES, "2")
    assert count.cpu_devices() == 2
    monkeypatch.setattr(count, "_gpus", lambda: 0)
    count.devices_here.cache_clear()
    assert count.devices_here() == 2
    count.devices_here.cache_clear()


def test_torch_is_asked_where_the_driver_tells_of_several(monkeypatch: pytest.MonkeyPatch) -> None:
    """This torch uses no GPU, whatever the driver says."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    monkeypatch.delenv(count.CPU_DEVICES, raising=False)
    monkeypatch.setattr(count, "_gpus", lambda: 4)
    count.devices_here.cache_clear()
    assert count.devices_here() == 1
    count.devices_here.cache_clear()
