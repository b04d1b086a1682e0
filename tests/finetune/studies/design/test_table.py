"""A study's table, from made-up results and scores."""

import json

import numpy as np
import pytest

from finetune.studies.design.arms import Arm
from finetune.studies.design.cells import Cell, Result, chosen, next_cells
from finetune.studies.design.settings import StudySettings
from finetune.studies.design.table import BASE, table_of
from finetune.studies.design.writing import as_csv, as_markdown

ARMS = [
    Arm(name, f"the {name}", "lora", {}, 100 + number, (0.01, 0.03, 0.1))
    for number, name in enumerate(("circuit", "bottleneck", "lora-8"))
]
STUDY = StudySettings.from_dict({"seeds": [1, 2, 3], "extensions": 0})
DIALOGUES = 40


def results_made(loss_of):
    results = {}
    while cells := next_cells(STUDY, ARMS, results):
        cell = cells[0]
        results[cell.key] = Result(
            base_loss=3.0,
            best_loss=loss_of(cell),
            best_step=4,
            train_loss=2.0,
            step_seconds=1.5,
            peak_memory_mb=900,
            joules=50.0,
            precision="float32",
        )
    return results


def middle(cell):
    """Best at 0.03; the bottleneck is best on validation."""
    return 2.0 + abs(cell.point.rate - 0.03) - 0.1 * (cell.arm == "bottleneck")


def scores_made(results, shift):
    """Per-dialogue scores of the chosen cells; `shift` moves an arm's loss."""
    scores = {}
    for name, point in chosen(STUDY, ARMS, results).items():
        for seed in STUDY.seeds:
            draw = np.random.default_rng(seed)
            tokens = np.random.default_rng(0).integers(20, 60, DIALOGUES)
            per_token = (
                2 + draw.normal(0, 0.01) + np.random.default_rng(9).normal(0, 0.3, DIALOGUES)
            )
            per_token = per_token + shift.get(name, 0.0)
            rows = [
                {"nll": float(n * t), "tokens": int(t), "right": 0}
                for n, t in zip(per_token, tokens, strict=True)
            ]
            scores[Cell(name, point, seed).key] = {"dialogues": rows, "accuracy": 0.5, "loss": 2.0}
    return {**scores, BASE: {"loss": 3.1, "dialogues": []}}


def test_rows_are_ordered_by_validation_and_never_by_test():
    results = results_made(middle)
    table = table_of(STUDY, ARMS, results, scores_made(results, {"bottleneck": 0.5}))
    assert [row.arm for row in table.rows][0] == "bottleneck"
    worst = max(table.rows, key=lambda row: row.test_loss)
    assert worst.arm == "bottleneck"
    assert table.base_validation_loss == 3.0
    assert table.base_test_loss == 3.1
    assert table.left == 0
    assert table.test_dialogues == DIALOGUES
    assert all(row.seeds == (1, 2, 3) and row.point.rate == 0.03 for row in table.rows)


def test_the_first_arm_is_compared_with_every_other_one_and_the_sentences_say_what_was_found():
    results = results_made(middle)
    table = table_of(STUDY, ARMS, results, scores_made(results, {"circuit": -0.2, "lora-8": -0.2}))
    over_twin, over_lora = table.added
    assert over_twin.difference.estimate == pytest.approx(-0.2)
    assert over_twin.difference.comparisons == 2
    assert over_twin.difference.is_found
    assert "The circuit added −0.2" in over_twin.sentence.english
    assert "the bottleneck" in over_twin.sentence.english
    assert over_lora.difference.identical


def test_what_is_not_there_yet_is_none_and_the_sentence_says_so():
    table = table_of(STUDY, ARMS, {}, {})
    assert all(row.validation_loss is None and row.point is None for row in table.rows)
    assert table.left == 3 * (3 + 2)
    assert "cannot be compared with" in table.added[0].sentence.english
    results = results_made(middle)
    scored = scores_made(results, {})
    half = {key: one for key, one in scored.items() if not key.startswith("circuit~")}
    assert table_of(STUDY, ARMS, results, half).added[0].difference is None


def test_warnings_tell_what_makes_it_less_than_fair():
    results = results_made(lambda cell: cell.point.rate)  # the lowest rate is the best
    first = next(iter(results))
    results[first] = Result(**{**vars(results[first]), "precision": "bfloat16"})
    results["lora-8~rate-0.1~seed-1"] = Result(failed="The loss was not a number.")
    table = table_of(STUDY, ARMS, results, {})
    kinds = [one.kind for one in table.warnings]
    assert kinds.count("edge") == 1  # one sentence for all of them
    assert {"failed", "precision"} <= set(kinds)
    words = " ".join(one.english for one in table.warnings)
    assert "lie beyond: " in words
    assert "the circuit (0.01), " in words
    assert "The loss was not a number." in words


def test_a_grid_of_one_rate_and_one_seed_are_told():
    one = StudySettings.from_dict({"seeds": [1], "rates": {arm.name: [0.01] for arm in ARMS}})
    table = table_of(one, ARMS, {}, {})
    assert {warned.kind for warned in table.warnings} == {"grid", "one_seed"}


def test_it_is_written_as_csv_markdown_and_json():
    results = results_made(middle)
    table = table_of(STUDY, ARMS, results, scores_made(results, {}))
    rows = as_csv(table).splitlines()
    assert rows[0].startswith("arm,parameters,rate,seeds,train_loss,validation_loss,test_loss")
    assert rows[1].startswith("bottleneck,101,0.03,3,2.0,1.89")
    text = as_markdown(table)
    assert "| bottleneck | 101 | 0.03 | 3 | 2.0000 | 1.9000 |" in text
    assert "circuits" not in text  # no arm has counted any
    assert "The untouched base: validation 3.0000, test 3.1000." in text
    assert json.loads(json.dumps(table.as_dict()))["rows"][0]["arm"] == "bottleneck"


def test_a_task_has_a_mean_over_seeds_each_seed_and_no_say_in_the_order():
    study = STUDY.model_copy(update={"task": "arithmetic"})
    results = results_made(middle)
    scores = scores_made(results, {})
    rows = [{"line": 1, "right": 1}, {"line": 2, "right": 0}]
    tasks = {
        key: {"accuracy": 0.1 * at, "dialogues": rows}
        for at, key in enumerate(key for key in scores if key != BASE)
    }
    without = table_of(study, ARMS, results, scores)
    table = table_of(study, ARMS, results, scores, {**tasks, BASE: {**tasks[min(tasks)]}})
    assert [row.arm for row in table.rows] == [row.arm for row in without.rows]
    circuit = next(row for row in table.rows if row.arm == "circuit")
    assert circuit.task_scores == pytest.approx({1: 0.0, 2: 0.1, 3: 0.2})
    assert circuit.task_score == pytest.approx(0.1)
    assert (table.task, table.task_items) == ("arithmetic", 2)
    assert "task_score" in as_csv(table).splitlines()[0]
    assert "| 0.1000 |" in as_markdown(table)
    assert "task " in as_markdown(table)
    assert all(row.task_score is None for row in without.rows)
    assert "task score" not in as_markdown(without)
