"""Which runs count for a forecast, and how wide its band is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from finetune.training.forecast.learned import (
    ADAPTER,
    MACHINE,
    NOTHING,
    SAME,
    TRIAL,
    Band,
    Basis,
    Past,
    basis_of,
)
from finetune.training.use.energy import ESTIMATED
from finetune.training.use.meter import Use
from tests.finetune.training.forecast.test_workload import work

RUN = Past("small", "lora", "", "float32", compute=2.0, memory=1.1, startup=1.5, processor=2.5)


def basis(*past: Past, **asked: str) -> Basis:
    usual = {"base": "small", "adapter": "lora", "backend": "", "precision": "float32"}
    return basis_of(past, **{**usual, **asked})


def compute(found: Basis) -> Band:
    return found.band(100.0, lambda run: run.compute, found.kind.time, NOTHING.time)


def test_the_nearest_runs_count() -> None:
    other = replace(RUN, adapter="qtha", compute=9.0)
    assert basis(other, RUN).kind is SAME
    assert basis(other, RUN).runs == (RUN,)
    assert basis(RUN, base="large").kind is ADAPTER
    assert basis(other).kind is MACHINE
    assert basis().kind is NOTHING
    assert basis(replace(RUN, precision="bfloat16")).kind is NOTHING
    tried = replace(RUN, settings="these", compute=3.0)
    assert basis(RUN, tried, settings="these").kind is TRIAL
    assert basis(tried, RUN, settings="those").runs == (RUN,)


def test_sampled_circuits_tell_nothing_of_simulated_ones() -> None:
    sampled = replace(RUN, adapter="qgs", backend="aer")
    assert basis(sampled, adapter="qgs", backend="wukong").kind is NOTHING
    assert basis(sampled, adapter="qgs", backend="aer").kind is SAME
    assert basis(sampled, adapter="qgs").runs == (sampled,)
    assert basis(sampled, adapter="qgs").kind is MACHINE


def test_more_runs_that_agree_narrow_the_band() -> None:
    def width(band: Band) -> float:
        return band.high / band.low

    none, one = compute(basis()), compute(basis(RUN))
    many = compute(basis(*[RUN] * 10))
    apart = compute(basis(*[replace(RUN, compute=ratio) for ratio in (1.0, 2.0, 4.0)] * 3))
    assert one.middle == many.middle == apart.middle == pytest.approx(200.0)
    assert none.middle == pytest.approx(100.0)
    assert width(many) < width(one) < width(none)
    assert width(apart) > 2 * width(many)
    assert none.low < 40 < 250 < none.high


def test_where_a_trial_has_no_ratio_other_runs_count() -> None:
    tried = replace(RUN, settings="these", startup=None)
    found = basis(tried, RUN, settings="these")
    assert found.kind is TRIAL
    band = found.band(10.0, lambda run: run.startup, found.kind.time, NOTHING.time)
    assert band.middle == pytest.approx(15.0)


def test_a_run_against_its_formula() -> None:
    made = work()
    took = 3 * made.compute_of(10, 2)
    use = Use(
        seconds=took + 2 * made.startup_seconds,
        processor_seconds=made.compute_of(10, 2) + made.startup_seconds,
        peak_bytes=round(1.25 * made.memory_bytes),
        joules=20 * (made.compute_of(10, 2) + made.startup_seconds),
        source="RAPL",
        measured={
            "steps": 10, "step_seconds": took - 1, "evaluations": 2, "evaluation_seconds": 1,
        },
    )  # fmt: skip
    known = {"base": "a", "adapter": "lora", "backend": "", "precision": "float32"}
    past = Past.of(made, use, **known)
    assert past
    assert (past.compute, past.startup, past.processor, past.memory, past.watts) == tuple(
        pytest.approx(ratio) for ratio in (3.0, 2.0, 1.0, 1.25, 20.0)
    )
    guessed = Past.of(made, replace(use, source=ESTIMATED), **known)
    assert guessed
    assert guessed.watts is None
    assert Past.of(made, replace(use, measured={"steps": 2, "step_seconds": 1}), **known) is None
    assert Past.of(made, replace(use, measured={}), **known) is None
