"""Whose figures a run takes with it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from finetune.exceptions import RunRefused
from finetune.hardware.chips import calibration_store
from finetune.hardware.models import QuantumKey
from finetune.runs.calibrations import calibration_for, chip_words
from finetune.runs.models import Run
from finetune.runs.worker.execution import folder_prepare
from finetune.training.config import RunConfig
from finetune.training.settings import RunSettings
from quantum.chips.calibration import Calibration
from quantum.chips.published import PUBLISHED_SOURCE, published_72
from tests.doubles.wukong_chips import line, patchy_72
from tests.finetune.conftest import run_ordered

pytestmark = pytest.mark.django_db
ON_CHIP = {"adapter": "qgs", "adapter_options": {"topology": "chip", "n_qubits": 5}}


@pytest.fixture
def key(team: Any, alice: Any) -> QuantumKey:
    return QuantumKey.objects.create(
        team=team, created_by=alice, label="Group", encrypted="x", last_four="9x7q"
    )


def taken(team: Any, **config: Any) -> Calibration | None:
    text = calibration_for(team, RunSettings.draft({**ON_CHIP, **config})[0])
    return Calibration.from_json(text) if text else None


def test_only_a_circuit_on_a_chip_needs_figures(team: Any) -> None:
    chain = {"adapter_options": {"topology": "chain"}}
    assert taken(team, **chain, calibration=patchy_72().to_json()) is None
    assert taken(team, adapter="lora") is None
    assert taken(team, adapter_options=None) is None


def test_a_simulator_takes_published_figures_and_says_so(team: Any, other_team: Any) -> None:
    found = taken(team, backend="aer")
    assert found == published_72()
    assert PUBLISHED_SOURCE in chip_words(found)


def test_a_quantum_computer_takes_the_newest_of_its_chip_and_nothing_else(
    team: Any, other_team: Any, key: QuantumKey
) -> None:
    wukong = {"backend": "wukong"}
    assert taken(team, **wukong) is None
    old, new, other = line(6), patchy_72(), replace(patchy_72(), chip="WK_C180")
    for chip in (old, new, other):
        calibration_store(key=key, calibration=chip)
    assert taken(team, **wukong) == new
    assert taken(team, **wukong, backend_options={"chip": "WK_C180"}) == other
    assert taken(team, **wukong, backend_options={"chip": "elsewhere"}) is None
    assert taken(team, backend="statevector") == other, "the newest of any chip"
    assert taken(team, **wukong, calibration=old.to_json()) == old, "given ones come first"
    assert taken(other_team, **wukong) is None


def test_a_run_keeps_its_figures_and_so_does_one_that_goes_on_from_it(
    team: Any, alice: Any, base: Any, dataset: Any, key: QuantumKey
) -> None:
    calibration_store(key=key, calibration=patchy_72())
    first = run_ordered(team, alice, base, dataset, ON_CHIP)
    folder_prepare(first)
    assert RunConfig.read(first.folder / "config.json").chip == patchy_72()
    (first.folder / "adapter").mkdir()
    Run.objects.filter(pk=first.pk).update(state=Run.State.SUCCEEDED)
    first.refresh_from_db()
    calibration_store(key=key, calibration=line(9))

    def go_on(**config: Any) -> Run:
        values = {**ON_CHIP, **config}
        return run_ordered(team, alice, base, dataset, values, continues=first)

    assert go_on(backend="aer").config["calibration"] == first.config["calibration"]
    with pytest.raises(RunRefused, match="couplers of its circuit must stay"):
        go_on(calibration=line(9).to_json())
    with pytest.raises(RunRefused, match="topology must stay chip"):
        go_on(adapter_options={"n_qubits": 5})


def test_more_qubits_than_the_chip_has_are_refused_with_the_number(
    team: Any, alice: Any, base: Any, dataset: Any, key: QuantumKey
) -> None:
    calibration_store(key=key, calibration=patchy_72())
    config = {"adapter": "qgs", "adapter_options": {"topology": "chip"}}
    with pytest.raises(RunRefused) as refused:
        run_ordered(team, alice, base, dataset, config)
    (problem,) = refused.value.problems
    assert problem.option == "n_qubits"
    assert "66 available qubits: set Qubits to 66 or fewer" in problem.text
