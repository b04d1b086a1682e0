"""What a run computes and holds, against steps of the real base that were measured."""

from __future__ import annotations

from typing import Any

import pytest

from finetune.bases.catalogue.entries import ENTRIES
from finetune.training.forecast.adapted import wider_of
from finetune.training.forecast.lengths import DataSize, lengths_of, mean_above
from finetune.training.forecast.workload import STEP, Batch, Workload, evaluations_of
from finetune.training.settings import RunSettings
from tests.conftest import SHAPES

SIZES = ENTRIES["smollm2-135m-instruct-original"].sizes
BASE: dict[str, tuple[int, int]] = {name: (out, wide) for name, (out, wide) in SHAPES.items()}
ALL = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
# positions of the longest batch, labels, layers, adapter's numbers, peak in MiB: trainers of
# SmolLM2 135M with LoRA r = 8 in float32 on two cores, 2026-11-27
MEASURED = [
    (100, 32, ["q_proj", "v_proj"], 460_800, 1108),
    (267, 132, ["q_proj", "v_proj"], 460_800, 1336),
    (469, 261, ["q_proj", "v_proj"], 460_800, 1614),
    (469, 261, ALL, 2_442_240, 2019),
    (1019, 588, ["q_proj", "v_proj"], 460_800, 2350),
]


@pytest.mark.parametrize(("positions", "labels", "targets", "trained", "peak"), MEASURED)
def test_peaks_that_were_measured(
    positions: int, labels: int, targets: list[str], trained: int, peak: int
) -> None:
    wider = wider_of(RunSettings(adapter="lora", targets=targets), BASE)
    formula = SIZES.train_bytes(positions, labels, wider=wider, trained=trained) / 2**20
    assert formula == pytest.approx(peak, rel=0.03)


def test_a_base_in_bfloat16_files_is_in_memory_twice_while_it_is_loaded() -> None:
    stored = 2 * SIZES.parameters
    short = work(batch_size=1, copied=stored)
    assert short.memory_bytes / 2**20 == pytest.approx(1170, rel=0.05)  # measured
    assert short.memory_bytes > work(batch_size=1).memory_bytes
    large = {"batch_size": 16}
    assert work(**large, copied=stored).memory_bytes == work(**large).memory_bytes


# positions and labels of a batch, adapter, layers, seconds forth and back: steps of SmolLM2 135M in
# float32, processor time of one thread (AVX-512) on a busy machine, 2026-11-27
STEPS: list[tuple[int, int, str, dict[str, Any], list[str], float]] = [
    (92, 30, "lora", {}, ["q_proj", "v_proj"], 0.62),
    (194, 92, "lora", {}, ["q_proj", "v_proj"], 1.19),
    (401, 205, "lora", {}, ["q_proj", "v_proj"], 2.37),
    (92, 30, "lora", {}, ALL, 0.72),
    (194, 92, "lora", {}, ALL, 1.44),
    (401, 205, "lora", {}, ALL, 2.85),
    (194, 92, "qtha", {}, ["q_proj", "v_proj"], 1.58),
    (92, 30, "qtha", {"n_layers": 2}, ["q_proj", "v_proj"], 1.11),
    (194, 92, "qtha", {"n_layers": 2}, ["q_proj", "v_proj"], 1.99),
]


def test_steps_that_were_measured_are_off_alike() -> None:
    """So that what one run tells of a machine holds for another: short, wide, with two layers."""
    ratios = []
    for positions, labels, adapter, options, targets, seconds in STEPS:
        made = work(adapter=adapter, adapter_options=options, targets=targets)
        ratios.append(seconds / made.batch_seconds(Batch(positions, labels, 60.0)))
    assert max(ratios) / min(ratios) < 1.3  # 1.26; 2.0 without what a batch takes besides products


def test_only_circuits_that_evolve_states_cost_by_position() -> None:
    one, two = work(adapter="qtha"), work(adapter="qtha", adapter_options={"n_layers": 2})
    assert (one.amplitudes, two.amplitudes) == (0, 60 * 2 * 256)
    assert (one.circuits, two.circuits) == (60 * 3, 60 * 4)
    assert work(adapter="qtha", adapter_options={"variant": "AB"}).circuits == 0
    assert work(adapter="qgs").circuits == work().circuits == 0  # no data in it; none at all


def work(data: DataSize = DataSize(200, 100.0, 6.0), copied: int = 0, **values: Any) -> Workload:  # noqa: B008
    made = Workload.of(
        RunSettings.from_dict({"adapter": "lora", **values}),
        SIZES,
        data,
        trained=460_800,
        shapes=BASE,
        copied=copied,
    )
    assert made
    return made


def test_what_dialogues_begin_with_is_read_once() -> None:
    alone, together = work(batch_size=1), work(batch_size=4)
    assert together.typical.positions < 4 * alone.typical.positions
    assert work(batch_size=4, system_prompt="").typical.positions < together.typical.positions
    own = work(batch_size=1, system_prompt="").typical.positions
    assert work(batch_size=4, system_prompt="").typical.positions == pytest.approx(4 * own)


def test_more_work_takes_longer() -> None:
    usual = work()
    assert work(steps=120).compute_seconds > 1.5 * usual.compute_seconds
    twice = work(gradient_accumulation=2).step_seconds
    assert twice - STEP == pytest.approx(2 * (usual.step_seconds - STEP))
    assert work(gradient_accumulation=2).memory_bytes == pytest.approx(usual.memory_bytes, rel=0.01)
    assert work(sample_tokens=0).evaluation_seconds < usual.evaluation_seconds
    nothing_held = DataSize(200, 100.0, 6.0, held_out=0)
    assert work(nothing_held).evaluations == 0
    assert work(targets=ALL).memory_bytes > usual.memory_bytes
    assert usual.disk_bytes(4, 0) > usual.disk_bytes(1, 0) + 3 * 12 * 460_800


def test_long_dialogues_are_cut() -> None:
    lengths = tuple(float(10 * number) for number in range(1, 22))
    data = DataSize(100, 110.0, 6.0, lengths)
    cut = lengths_of(RunSettings(sequence_length=100), data)
    assert max(cut) == 100
    assert len(cut) == len(lengths)
    assert work(data).longest.positions > work(data).typical.positions
    assert work(data, sequence_length=64).memory_bytes < work(data).memory_bytes
    assert lengths_of(RunSettings(), DataSize()) == []


def test_the_mean_of_the_longest() -> None:
    steps = [0.0, 10.0, 20.0, 30.0, 40.0]
    assert mean_above(steps, 0.0) == pytest.approx(20.0)
    assert mean_above(steps, 0.5) == pytest.approx(30.0)
    assert mean_above([7.0], 0.9) == 7.0


def test_evaluations() -> None:
    assert evaluations_of(60, 20) == 4
    assert evaluations_of(60, 0) == 2
    assert evaluations_of(5, 20) == 2


def test_it_is_read_as_it_was_written() -> None:
    usual = work()
    assert Workload.read(usual.to_dict()) == usual
    assert isinstance(usual.typical, Batch)
    assert Workload.read({}) is None
    assert Workload.read({**usual.to_dict(), "later": 1}) is None


def test_data_by_its_check() -> None:
    report = {
        "tokens": 900, "dialogues": 9, "turns": 36, "lengths": {"max": 219},
        "histogram": [{"from": 20, "to": 120, "count": 6}, {"from": 120, "to": 170, "count": 0},
                      {"from": 170, "to": 220, "count": 3}],
    }  # fmt: skip
    data = DataSize.of_report(report, learnt=8, held_out=1)
    assert (data.dialogues, data.mean_tokens, data.messages, data.held_out) == (8, 100, 4, 1)
    assert (data.lengths[0], data.lengths[-1], len(data.lengths)) == (20, 219, 21)
    assert data.lengths[10] == pytest.approx(20 + 100 * 4.5 / 6)
    assert list(data.lengths) == sorted(data.lengths)
    assert DataSize.of_report({}, learnt=0, held_out=None) == DataSize()
