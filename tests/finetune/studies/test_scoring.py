"""Scores of the site, by the real processes: the test set, then replies or arithmetic."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from finetune.datasets.models import Dataset
from finetune.runs.models import Run
from finetune.studies import scoring
from finetune.studies.advance import study_advance
from finetune.studies.deletion import study_delete
from finetune.studies.exceptions import StudyRefused
from finetune.studies.models import Study, StudyRun, StudyScore
from finetune.studies.scoring import study_score
from finetune.studies.services import study_resume, study_stop
from tests.conftest import checked_dataset
from tests.finetune.evaluation.conftest import QTHA, make_trained, qtha_run  # noqa: F401 (fixtures)
from tests.finetune.studies.test_views import problems_made

pytestmark = pytest.mark.django_db
Kind = StudyScore.Kind


@pytest.fixture
def waiting(
    order: Any,
    run_made: Run,
    tiny_model_dir: Path,
    qtha_run: Path,  # noqa: F811
    settings: Any,  # noqa: F811
) -> Iterator[Any]:
    """Makes a score of a kind that waits, with a run that was really trained."""
    settings.TRAINER_NICENESS = 0
    base = run_made.base
    base.source = str(tiny_model_dir)
    base.save()
    run_made.config = {**run_made.config, "adapter": "qtha", "adapter_options": QTHA, "steps": 12}
    run_made.state = "succeeded"
    run_made.save()
    shutil.copytree(qtha_run, run_made.folder, dirs_exist_ok=True)

    def waiting(task: str, kind: str, *, problems: Dataset | None = None) -> StudyScore:
        chosen = order.settings.model_copy(update={"task": task, "task_most": 3})
        study = Study.objects.create(
            team=order.team, name="q", base=base, dataset=order.dataset, adapter="qtha",
            test_dataset=order.test_dataset, task_dataset=problems, state="scoring",
            config=replace(order, settings=chosen).settings.model_dump(mode="json"),
        )  # fmt: skip
        cell = StudyRun.objects.create(
            study=study, run=run_made, key="k", arm="circuit", rate=0.01, seed=1
        )
        return StudyScore.objects.create(study=study, cell=cell, key="k", kind=kind)

    yield waiting
    shutil.rmtree(run_made.folder)


@pytest.fixture
def scored(waiting: Any) -> Any:
    """Makes the score of a kind and computes it."""

    def made(task: str, kind: str, *, problems: Dataset | None = None) -> StudyScore:
        score: StudyScore = waiting(task, kind, problems=problems)
        study_score(score.pk)
        score.refresh_from_db()
        assert score.state == "done", score.message
        study_score(score.pk)  # a message that comes twice
        score.refresh_from_db()
        assert score.starts == 1
        return score

    return made


def test_replies_are_compared_and_not_kept(scored: Any) -> None:
    score = scored("replies", Kind.TASK)
    assert score.result["scored"] == 3
    assert 0 <= score.result["rouge_l"] <= 1
    assert all(set(row) == {"line", "rouge_l"} for row in score.result["dialogues"])
    left = {path.name for path in score.study.folder.iterdir()}
    assert left == {"test.jsonl", f"score-{score.pk}.txt"}
    assert "reply" not in (score.study.folder / f"score-{score.pk}.txt").read_text().lower()


def test_problems_are_put_from_their_own_data_set(scored: Any, team: Any, alice: Any) -> None:
    problems = problems_made(checked_dataset(team, alice))
    score = scored("arithmetic", Kind.TASK, problems=problems)
    assert score.result["scored"] == 3
    assert score.result["accuracy"] == sum(row["right"] for row in score.result["dialogues"]) / 3


def test_the_test_set_is_scored_by_dialogue(scored: Any) -> None:
    score = scored("replies", Kind.TEST)
    assert {"nll", "tokens"} <= set(score.result["dialogues"][0])


def test_a_stop_ends_the_score_at_work_and_resume_makes_it(
    waiting: Any, alice: Any, team: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stop comes while the real process starts; it is ended, and counts as no start."""
    score = waiting("replies", Kind.TEST)
    study, rows = score.study, StudyScore.objects.filter(pk=score.pk)
    study.chosen = {"circuit": {"rate": 0.01, "swept": {}}}
    study.chosen_at = score.created_at
    study.save()
    base = {"study": study, "kind": Kind.TEST, "key": StudyScore.BASE}
    ended = StudyScore.objects.create(**base, state="done", result={"loss": 7.654321, "tokens": 3})
    with pytest.raises(StudyRefused, match="Stop it first"):
        study_delete(study=study)
    real, processes = scoring.start, []

    def stopped_meanwhile(*arguments: Any, **more: Any) -> Any:
        processes.append(real(*arguments, **more))
        study_stop(study=study, by=alice)
        return processes[-1]

    monkeypatch.setattr(scoring, "start", stopped_meanwhile)
    study_score(score.pk)
    assert processes[0].poll() is not None, "its process was ended"
    assert rows.values_list("state", "starts", "message").get() == ("waiting", 0, "")
    study.refresh_from_db()
    assert study.state == "stopped"
    study_score(score.pk)  # a message that outlived the stop
    study_advance(study.pk)
    assert len(processes) == 1
    assert rows.get().state == "waiting"
    browser = Client()
    browser.force_login(alice)
    page = browser.get(f"/studies/{study.public_id}/").content.decode()
    assert "1 of 2 scores are there" in page
    assert "7.654" not in page, "nothing of the test set before all is scored"

    monkeypatch.setattr(scoring, "start", real)
    study_resume(study=study, by=alice)
    study.refresh_from_db()
    assert study.state == "scoring", "the choice stands: no run is made again"
    study_score(score.pk)
    score.refresh_from_db()
    assert (score.state, score.starts) == ("done", 1)
    ended.refresh_from_db()
    assert ended.result["loss"] == 7.654321, "what was scored stays"
