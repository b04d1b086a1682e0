"""A study in a folder, with real trainers of a tiny model: killed anywhere, the same in the end."""

import json
import random
import shutil
import signal
import subprocess
import sys
import time

import pytest

from finetune.studies.__main__ import main
from finetune.studies.design.folder import RESULTS, StudyFolder
from finetune.training.exceptions import AlreadyRunning, BadConfig
from tests.finetune.conftest import dialogue

SETTINGS = {
    "steps": 3,
    "batch_size": 2,
    "sequence_length": 64,
    "eval_every": 0,
    "sample_tokens": 0,
    "sample_prompts": [],
    "threads": 1,
    "precision": "float32",
}
OPTIONS = {"r": 3, "mpo_width": 8, "mpo_bond": 2}


def values_made(folder, base, **more):
    paths = {"base_model": str(base)}
    for name, count in (("train", 12), ("validation", 4), ("test", 12)):
        path = folder / f"{name}.jsonl"
        lines = (json.dumps(dialogue(number, 2)) + "\n" for number in range(count))
        path.write_text("".join(lines))
        paths[f"{name}_file"] = str(path)
    return {
        **paths,
        "adapter": "qtha",
        "adapter_options": OPTIONS,
        "settings": SETTINGS,
        "arms": ["circuit", "bottleneck"],
        "rates": {"circuit": [0.01], "bottleneck": [0.01]},
        "seeds": [1, 2],
        "extensions": 0,
        **more,
    }


def started(folder):
    command = [sys.executable, "-m", "finetune.studies", "run", str(folder)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def numbers_of(study):
    """Everything in its table that does not depend on the machine's speed."""
    table = study.table()
    losses = [
        (row.arm, row.point, row.seeds, row.train_loss, row.validation_loss, row.test_losses)
        for row in table.rows
    ]
    return losses, table.base_test_loss, [one.sentence.english for one in table.added]


@pytest.mark.slow
def test_a_study_that_is_killed_at_random_ends_with_the_same_table(tmp_path, tiny_model_dir):
    values = values_made(tmp_path, tiny_model_dir)
    whole = StudyFolder.make(tmp_path / "whole", values)
    assert whole.run(lambda line: None)
    assert whole.score(lambda line: None)
    assert len(whole.results()) == 4
    assert whole.table().test_dialogues == 12

    killed = StudyFolder.make(tmp_path / "killed", values)
    chance = random.Random(3)
    for _ in range(2):
        process = started(killed.folder)
        time.sleep(chance.uniform(4, 12))
        if process.poll() is None:
            process.kill() if chance.random() < 0.5 else process.send_signal(signal.SIGTERM)
        process.wait()
    assert started(killed.folder).wait() == 0
    assert numbers_of(killed) == numbers_of(whole)

    # Where a chosen run's folder is gone (another machine goes on), it is made again to be scored.
    kept = tmp_path / "kept"
    shutil.copytree(whole.folder, kept)
    shutil.rmtree(kept / "runs")
    shutil.rmtree(kept / "scores")
    again = StudyFolder(kept)
    assert again.left == 0
    assert again.score(lambda line: None)
    assert numbers_of(again) == numbers_of(whole)


@pytest.mark.slow
def test_a_task_is_scored_once_after_the_test(tmp_path, tiny_model_dir):
    problems = tmp_path / "problems.jsonl"
    rows = ({"question": f"What is {n} and 1?", "answer": f"#### {n + 1}"} for n in range(5))
    problems.write_text("".join(json.dumps(row) + "\n" for row in rows))
    more = {"seeds": [1], "task": "replies", "task_most": 3}
    study = StudyFolder.make(tmp_path / "study", values_made(tmp_path, tiny_model_dir, **more))
    assert study.run(lambda line: None)
    told = []
    assert study.score(told.append)
    assert [line.endswith("(ROUGE-L)") for line in told] == [False] * 3 + [True] * 3
    table = study.table()
    assert table.task_items == 3
    assert {row.arm: len(row.task_scores) for row in table.rows} == {"circuit": 1, "bottleneck": 1}
    assert all(0 <= row.task_score <= 1 for row in table.rows)
    assert study.score(told.append)
    assert len(told) == 6

    values = json.loads((study.folder / "study.json").read_text())
    shutil.rmtree(study.folder / "tasks")
    values |= {"task": "arithmetic", "problems_file": str(problems)}
    (study.folder / "study.json").write_text(json.dumps(values))
    other = StudyFolder(study.folder)
    assert other.score(told.append)
    assert len(told) == 9
    assert other.table().base_task_score == 0  # random numbers solve nothing
    assert study.folder.joinpath("tasks", "base.json").is_file()


def test_a_task_needs_what_it_is_computed_on(tmp_path, tiny_model_dir):
    values = values_made(tmp_path, tiny_model_dir)
    for wrong in (
        {"task": "arithmetic"},
        {"task": "cooking"},
        {"task": "replies", "problems_file": values["test_file"]},
    ):
        with pytest.raises(BadConfig):
            StudyFolder.make(tmp_path / "bad", {**values, **wrong})


def test_results_that_are_kept_are_not_computed_again(tmp_path, tiny_model_dir):
    study = StudyFolder.make(tmp_path / "study", values_made(tmp_path, tiny_model_dir))
    kept = {
        "circuit~rate-0.01~seed-1": {"best_loss": 2.0, "best_step": 3, "later": "unknown"},
    }
    (study.folder / RESULTS).write_text(json.dumps(kept))
    assert study.results()["circuit~rate-0.01~seed-1"].best_loss == 2.0
    assert study.left == 3


def test_a_study_that_cannot_be_is_refused_and_nothing_is_left(tmp_path, tiny_model_dir, capsys):
    values = values_made(tmp_path, tiny_model_dir)
    for wrong in ({"test_file": ""}, {"arms": ["nothing"]}, {"settings": {"steps": 0}}):
        with pytest.raises(BadConfig):
            StudyFolder.make(tmp_path / "bad", {**values, **wrong})
        assert not (tmp_path / "bad" / "study.json").exists()
    assert main(["run", str(tmp_path / "nowhere")]) == 2
    assert "study.json" in capsys.readouterr().err


def test_two_processes_do_not_work_on_one_study(tmp_path, tiny_model_dir):
    study = StudyFolder.make(tmp_path / "study", values_made(tmp_path, tiny_model_dir))
    with study._alone(), pytest.raises(AlreadyRunning):
        StudyFolder(study.folder).run(lambda line: None)


def test_the_command_line_makes_a_study_and_shows_its_table(tmp_path, tiny_model_dir, capsys):
    values = values_made(tmp_path, tiny_model_dir)
    given = []
    for name, value in values.items():
        text = value if isinstance(value, str) else json.dumps(value)
        given += [f"--{name.replace('_', '-')}", text]
    folder = str(tmp_path / "study")
    assert main(["new", folder, *given]) == 0
    assert "its equal-size classical twin" in capsys.readouterr().out
    assert main(["table", folder]) == 0
    out = capsys.readouterr().out
    assert "| circuit |" in out
    assert "Runs still to be made: 4." in out
    assert main(["new", folder, *given]) == 2
    assert "holds a study already" in capsys.readouterr().err
    assert main(["new", f"{folder}2", *given[:-1], "one"]) == 2
    assert "is not JSON" in capsys.readouterr().err
