"""What a run's folder holds before its trainer starts."""

import pytest

from finetune.runs.worker.folders import folder_prepare
from finetune.training.config import RunConfig

pytestmark = pytest.mark.django_db


def test_a_split_that_holds_nothing_out_is_no_held_out_data(run_made):
    run_made.dataset.validation_file.write_text("")
    folder_prepare(run_made)
    config = RunConfig.read(run_made.folder / "config.json")
    assert config.validation_file == ""
    assert config.train_file == str(run_made.folder / "train.jsonl")


def test_a_split_with_held_out_dialogues_is_measured_on_them(run_made):
    folder_prepare(run_made)
    config = RunConfig.read(run_made.folder / "config.json")
    assert config.validation_file == str(run_made.folder / "validation.jsonl")
    held_out = (run_made.folder / "validation.jsonl").read_text()
    assert held_out == run_made.dataset.validation_file.read_text()
