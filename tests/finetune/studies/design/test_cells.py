"""Which runs a study needs next."""

import pytest

from finetune.studies.design.arms import Arm, arms_for
from finetune.studies.design.cells import (
    Cell,
    Point,
    Result,
    at_edge,
    cells_left,
    chosen,
    grid_of,
    next_cells,
)
from finetune.studies.design.settings import StudySettings
from finetune.training.exceptions import BadConfig
from quantum.adapters.registry import get_adapter
from quantum.exceptions import OptionError

SHAPES = {
    f"model.layers.{layer}.self_attn.{name}": (out, 576)
    for layer in range(30)
    for name, out in (("q_proj", 576), ("k_proj", 192), ("v_proj", 192), ("o_proj", 576))
}
QV = ["q_proj", "v_proj"]


def arm(name="circuit", rates=(0.01, 0.03, 0.1)):
    return Arm(name, name, "lora", {"r": 8}, 100, rates)


def study(**values):
    return StudySettings.from_dict({"seeds": [1, 2], "extensions": 0, **values})


def carried_out(one, arms, loss_of, most=1000):
    """Make every run that is asked for, by a made-up loss; return results in their order."""
    results = {}
    while (cells := next_cells(one, arms, results)) and len(results) < most:
        cell = cells[0]
        results[cell.key] = Result(best_loss=loss_of(cell), best_step=1, precision="float32")
    return results


def test_the_grid_has_the_first_seed_and_the_best_point_all_seeds():
    one, arms = study(seeds=[5, 6, 7]), [arm("circuit"), arm("bottleneck")]
    best = {"circuit": 0.03, "bottleneck": 0.1}
    results = carried_out(one, arms, lambda cell: abs(cell.point.rate - best[cell.arm]))
    first = list(results)[:6]
    assert all(key.endswith("~seed-5") for key in first)
    assert list(results)[6:] == [
        "circuit~rate-0.03~seed-6",
        "bottleneck~rate-0.1~seed-6",
        "circuit~rate-0.03~seed-7",
        "bottleneck~rate-0.1~seed-7",
    ]
    assert {name: point.rate for name, point in chosen(one, arms, results).items()} == best
    assert at_edge(one, arms[1], Point(0.1), results)
    assert not at_edge(one, arms[0], Point(0.03), results)


@pytest.mark.parametrize(("best", "tried"), [(1.0, 5), (0.2, 4), (0.001, 5), (0.03, 3)])
def test_a_grid_grows_where_its_best_rate_is_at_the_edge(best, tried):
    one = study(extensions=2)
    results = carried_out(one, [arm()], lambda cell: abs(cell.point.rate - best))
    grid = grid_of(one, arm(), results)
    assert len(grid) == tried
    assert len(results) == tried + 1
    assert [point.rate for point in grid] == sorted(point.rate for point in grid)
    near = min((abs(point.rate - best), point) for point in grid)[1]
    assert chosen(one, [arm()], results)["circuit"] == near


def test_the_others_of_an_arm_are_not_chosen_before_its_grid_is_whole():
    one, arms = study(), [arm()]
    results = carried_out(one, arms, lambda cell: cell.point.rate, most=2)
    assert chosen(one, arms, results) == {}
    assert cells_left(one, arms, results) == 2


def test_what_is_swept_is_crossed_with_the_rates():
    one = study(sweep={"steps": [10, 20], "batch_size": [2]})
    cells = next_cells(one, [arm()], {})
    assert len(cells) == 6
    assert cells[0].key == "circuit~rate-0.01~batch_size-2~steps-10~seed-1"
    settings = cells[1].settings(one, arm())
    assert (settings.steps, settings.batch_size, settings.seed) == (20, 2, 1)


def test_failed_runs_are_passed_over_and_an_arm_without_any_result_is_left_alone():
    one, arms = study(), [arm("circuit"), arm("bottleneck")]
    results = {}
    while cells := next_cells(one, arms, results):
        cell = cells[0]
        fails = cell.arm == "bottleneck" or cell.point.rate == 0.03
        results[cell.key] = Result(failed="no") if fails else Result(best_loss=cell.point.rate)
    assert list(chosen(one, arms, results)) == ["circuit"]
    assert cells_left(one, arms, results) == 0


def test_asking_twice_changes_nothing_and_the_order_of_results_does_not_matter():
    one, arms = study(), [arm("circuit"), arm("bottleneck")]
    results = carried_out(one, arms, lambda cell: cell.point.rate, most=5)
    turned = dict(reversed(results.items()))
    assert next_cells(one, arms, results) == next_cells(one, arms, turned)


def test_every_arm_has_its_closed_count_and_options_that_its_adapter_takes():
    for adapter, options in (("qtha", {"r": 8}), ("qgs", {"n_qubits": 12}), ("gatenet", {})):
        arms = arms_for(adapter, options, SHAPES, QV)
        for one in arms:
            spec = get_adapter(one.adapter)
            assert spec.count(SHAPES, QV, one.options) == one.parameters
            assert spec.default_learning_rate > 0
        assert len({one.name for one in arms}) == len(arms)
    names = [one.name for one in arms_for("qtha", {}, SHAPES, QV)]
    assert names[0] == "circuit"
    assert {"circuit", "product", "bottleneck", "polynomial", "lora-8"} <= set(names)


def test_the_twin_has_exactly_the_circuits_size_and_lora_the_nearest():
    arms = {one.name: one for one in arms_for("qtha", {}, SHAPES, QV)}
    size = arms["circuit"].parameters
    assert arms["bottleneck"].parameters == arms["polynomial"].parameters == size
    lora = get_adapter("lora")
    near = abs(arms["lora-equal"].parameters - size)
    assert all(near <= abs(lora.count(SHAPES, QV, {"r": r}) - size) for r in range(1, 9))


def test_an_arm_whose_options_cannot_be_is_left_out_but_a_bad_subject_is_refused():
    two = [one.name for one in arms_for("qtha", {"n_layers": 2}, SHAPES, QV)]
    assert "span" not in two
    assert "polynomial" in two
    with pytest.raises(OptionError):
        arms_for("qtha", {"r": 500}, SHAPES, QV)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"arms": ["circuit", "circle"]}, "arms"),
        ({"arms": ["circuit", "circuit"]}, "arms"),
        ({"seeds": []}, "seeds"),
        ({"rates": {"circuit": [0.0]}}, "rates"),
        ({"rates": {"circuit": []}}, "rates"),
        ({"sweep": {"adapter": ["lora"]}}, "sweep"),
        ({"sweep": {"steps": [0]}}, "steps"),
        ({"settings": {"seed": 3}}, "settings"),
        ({"settings": {"steps": "many"}}, "steps"),
        ({"size": 0}, "size"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_what_cannot_be_used_is_said_with_its_field(values, field):
    with pytest.raises(BadConfig) as refused:
        StudySettings.from_dict(values)
    assert field in {problem.field for problem in refused.value.problems}


def test_an_arm_that_this_adapter_does_not_have_is_refused_with_those_there_are():
    with pytest.raises(BadConfig, match="not with these options; there are circuit"):
        study(arms=["circuit", "span"], adapter_options={"n_layers": 2}).arms_on(SHAPES)


def test_a_key_is_a_folders_name():
    key = Cell("lora-8", Point(1e-5, (("weight_decay", 0.01),)), 4).key
    assert key == "lora-8~rate-1e-05~weight_decay-0.01~seed-4"
