"""What does not fit is found, and each change that is offered fits by the same formula."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from finetune.bases.catalogue.entries import ENTRIES
from finetune.training.forecast.fitting import changes_that_fit
from finetune.training.forecast.lengths import DataSize
from finetune.training.forecast.machine import Machine, memory_limit
from finetune.training.forecast.outlook import Forecast, Surroundings, trial_key
from finetune.training.settings import RunSettings
from tests.finetune.training.forecast.test_workload import ALL, BASE, SIZES

GB = 10**9
MACHINE = Machine(24 * GB, 20 * GB, 100 * GB, cores=1, precision="float32")
LENGTHS = tuple(float(200 + 20 * number) for number in range(21))
AROUND = Surroundings(
    base="small",
    sizes=SIZES,
    shapes=BASE,
    data=DataSize(400, 400.0, 8.0, LENGTHS, 40),
    machine=MACHINE,
)


def forecast(settings: RunSettings, around: Surroundings = AROUND, **more: Any) -> Forecast:
    made = Forecast.of(settings, around, trained=460_800, **more)
    assert made
    return made


def on(**machine: Any) -> Surroundings:
    return replace(AROUND, machine=replace(MACHINE, **machine))


LARGE = RunSettings(adapter="lora", batch_size=32, sequence_length=512, targets=ALL)


def test_what_fits_lacks_nothing() -> None:
    made = forecast(RunSettings(adapter="lora"))
    assert made.lacks == ""
    assert not made.tight
    assert forecast(RunSettings(adapter="lora"), on(free_memory=GB)).tight
    assert forecast(RunSettings(adapter="lora"), replace(AROUND, machine=None)).lacks == ""


@pytest.mark.parametrize("memory", [2 * GB, 3 * GB, 6 * GB])
def test_three_changes_fit_into_memory(memory: int) -> None:
    around = on(memory=memory)
    assert forecast(LARGE, around).lacks == "memory"
    changes = changes_that_fit(LARGE, "memory", [], lambda s, _: forecast(s, around))
    assert len(changes) == 3
    assert len({repr(sorted(change.values.items())) for change in changes}) == 3
    for change in changes:
        changed = LARGE.changed(**change.values)
        assert forecast(changed, around) == change.forecast
        assert change.forecast.memory.middle <= 0.97 * memory
        assert changed.dialogues_per_step == LARGE.dialogues_per_step


def test_a_base_that_is_too_large_has_smaller_ones() -> None:
    entry = ENTRIES["qwen2-5-7b-instruct"].sizes
    large = replace(on(memory=8 * GB), sizes=entry)
    settings = RunSettings(adapter="lora")
    assert forecast(settings, large).lacks == "memory"
    bases = {
        name: replace(large, sizes=ENTRIES[name].sizes)
        for name in ("qwen2-5-3b-instruct", "qwen2-5-0-5b-instruct", "smollm2-360m-instruct")
    }
    changes = changes_that_fit(
        settings, "memory", bases, lambda s, base: forecast(s, bases.get(base, large))
    )
    assert changes
    assert all(change.values["base"] != "qwen2-5-3b-instruct" for change in changes)
    assert all(not change.forecast.lacks for change in changes)


def test_three_changes_fit_onto_the_disk() -> None:
    settings = RunSettings(adapter="lora", keep_checkpoints=500, steps=100_000, save_every=1)
    needed = forecast(settings).disk
    around = on(free_disk=needed // 3)
    assert forecast(settings, around).lacks == "disk"
    changes = changes_that_fit(settings, "disk", [], lambda s, _: forecast(s, around))
    assert len(changes) >= 2
    assert all(change.forecast.disk <= needed // 3 for change in changes)
    assert {"keep_checkpoints": 125} in [dict(change.values) for change in changes]


def test_nothing_is_offered_where_nothing_fits() -> None:
    around = on(memory=GB // 2)
    assert changes_that_fit(LARGE, "memory", [], lambda s, _: forecast(s, around)) == ()


def test_time_of_circuits_that_nobody_has_measured_is_not_known() -> None:
    made = forecast(RunSettings(adapter="qgs"), sampled="aer")
    assert made.seconds is None
    assert made.joules is None
    assert made.memory.middle > 0


def test_a_trial_is_known_again_where_nothing_changed_that_matters_to_a_step() -> None:
    usual = RunSettings(adapter="lora")
    key = trial_key(usual, "small", "data")
    assert trial_key(usual.changed(steps=9, seed=1, learning_rate=0.5), "small", "data") == key
    assert trial_key(usual.changed(batch_size=2), "small", "data") != key
    assert trial_key(usual, "small", "other") != key
    assert trial_key(usual, "large", "data") != key


def test_a_containers_limit(tmp_path: Any) -> None:
    path = tmp_path / "memory.max"
    path.write_text("1000\n")
    assert memory_limit(path) == 1000
    path.write_text("max\n")
    assert memory_limit(path) > 2**50
    assert memory_limit(tmp_path / "none") > 2**50
    here = Machine.here(tmp_path)
    assert here.memory >= here.free_memory > 0
    assert here.free_disk > Machine.here(tmp_path, reserve=10**6).free_disk
