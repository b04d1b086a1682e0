"""One plan of a run: what is counted, what is unknown, what stands against it."""

from __future__ import annotations

from typing import Any

from finetune.bases.catalogue.entries import ENTRIES
from finetune.training.forecast.lengths import DataSize
from finetune.training.forecast.outlook import Surroundings
from finetune.training.plan import RunPlan
from finetune.training.settings import RunSettings
from tests.conftest import SHAPES

BASE: dict[str, tuple[int, int]] = {name: (out, wide) for name, (out, wide) in SHAPES.items()}

AROUND = Surroundings(
    base="a", sizes=ENTRIES["smollm2-135m-instruct-original"].sizes, shapes=BASE, data=DataSize()
)


def plan(*, of: dict[str, Any] | None = None, **known: Any) -> RunPlan:
    return RunPlan.of(RunSettings.from_dict(of or {}), BASE, **known)


def test_everything_is_counted_of_whole_settings() -> None:
    made = plan(
        of={"adapter": "lora", "steps": 10, "batch_size": 2},
        data=DataSize(dialogues=40, mean_tokens=100.0),
        around=AROUND,
    )
    assert made.problems == ()
    assert made.parameters == made.reference == 460_800
    assert (made.modules, made.ratio, made.circuit, made.cost) == (60, 1.0, None, None)
    assert (made.epochs, made.tokens_per_step) == (0.5, 200)
    assert made.forecast
    assert made.forecast.work.trained == 460_800


def test_a_circuit_with_data_runs_for_every_token_and_layer() -> None:
    made = plan(data=DataSize(mean_tokens=1000.0))
    assert made.circuit
    assert made.circuits_per_step == 4 * 384 * made.circuit.copies
    assert made.sampling is None


def test_a_machine_that_costs_money_has_a_cost_and_a_simulator_has_none() -> None:
    of = {"adapter": "qgs", "adapter_options": {"n_qubits": 8, "gradient": "spsa"}, "steps": 3}
    of["eval_every"] = 0
    wukong, aer = plan(of={**of, "backend": "wukong"}), plan(of={**of, "backend": "aer"})
    assert wukong.cost
    assert wukong.cost.circuits == 330  # start 30, steps 3 x 90, one evaluation 30
    assert aer.cost is None
    assert aer.sampling
    assert aer.sampling.circuits == 330
    continued = plan(of={**of, "backend": "wukong"}, continued=True)
    assert continued.cost
    assert continued.cost.circuits == 360


def test_a_problem_elsewhere_does_not_hide_what_can_be_counted() -> None:
    values = {"adapter": "qgs", "adapter_options": {"n_qubits": 8}, "backend": "wukong"}
    settings, problems = RunSettings.draft({**values, "learning_rate": 7})
    assert RunPlan.of(settings, BASE, problems=problems).cost == plan(of=values).cost is not None
    assert RunPlan.of(settings, BASE, problems=problems, unknown={"steps"}).cost is None


def test_what_is_not_known_has_no_number() -> None:
    known: dict[str, Any] = {
        "data": DataSize(dialogues=40, mean_tokens=100.0),
        "around": AROUND,
    }
    assert plan(unknown={"steps"}, **known).epochs is None
    assert plan(unknown={"steps"}, **known).tokens_per_step == 400
    assert plan(unknown={"batch_size"}, **known).forecast is None
    assert plan(unknown={"learning_rate"}, **known).forecast is not None
    assert plan(around=AROUND).forecast is None
    assert plan(unknown={"targets"}, **known).parameters is None
    assert RunPlan.of(RunSettings(), {}).parameters is None


def test_what_stands_against_it_is_told_with_its_option() -> None:
    settings, problems = RunSettings.draft({"adapter_options": {"r": 99}})
    half = RunPlan.of(settings, BASE, problems=problems)
    assert half.parameters is None
    assert half.problem.startswith("Qubits: 99 is too large")
    (problem,) = plan(of={"targets": ["nothing"]}).problems
    assert (problem.field, problem.option) == ("targets", "")
    (problem,) = plan(of={"backend": "aer"}).problems
    assert problem.field == "backend"
    on_chip = plan(of={"adapter": "qgs", "adapter_options": {"topology": "chip"}})
    assert on_chip.problems[0].place == "adapter_options.topology"
    assert "nobody has fetched" in on_chip.problem
    assert (on_chip.circuit, on_chip.parameters) == (None, None)
