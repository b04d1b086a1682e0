"""A study goes on by itself: no cell twice, no cell forgotten, whoever calls and how often."""

from __future__ import annotations

from typing import Any

import pytest

from finetune.datasets.services import dataset_delete
from finetune.exceptions import StudioError
from finetune.runs.models import Run
from finetune.runs.services import run_requeue
from finetune.studies import advance
from finetune.studies.advance import LIVE_MOST, studies_recheck, study_advance, study_step
from finetune.studies.models import Study, StudyRun, StudyScore
from finetune.studies.orders import study_arms
from finetune.studies.outlook import run_count
from finetune.studies.services import study_resume, study_stop
from tests.finetune.studies.conftest import RATES, run_end, runs_end

pytestmark = pytest.mark.django_db
State = Study.State


def loss_of(cell: StudyRun) -> float:
    """The middle rate is best, and the last arm is a little worse than the others."""
    return 2.0 + abs(RATES.index(cell.rate) - 1) * 0.1 + 0.01 * cell.seed


def advance_to_choice(study: Study) -> None:
    for _ in range(10):
        study_advance(study.pk)
        study.refresh_from_db()
        if study.state != State.RUNNING:
            return
        assert runs_end(study, loss_of)
    raise AssertionError("it does not come to a choice")


def test_the_grid_comes_first_and_then_the_seeds_of_the_best(study: Study) -> None:
    study_advance(study.pk)
    assert study.cells.count() == 12
    assert set(study.cells.values_list("seed", flat=True)) == {1}
    runs_end(study, loss_of)
    study_advance(study.pk)
    later = study.cells.filter(seed=2)
    assert [cell.rate for cell in later] == [RATES[1]] * 4
    assert {cell.arm for cell in later} == set(study.settings.arms)
    assert study.cells.count() == run_count(study.settings, study_arms(study)) == 16
    run = later[0].run
    assert run.settings.seed == 2
    assert run.settings.learning_rate == RATES[1]
    assert run.metadata["study"] == study.public_id
    assert run.state == Run.State.QUEUED


def test_calls_too_many_make_nothing_twice(study: Study) -> None:
    for _ in range(3):
        study_advance(study.pk)
    assert study.cells.count() == 12
    assert Run.objects.count() == 12


def test_a_worker_killed_between_two_runs_loses_nothing(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert study_step(study.pk)
    make = advance.run_create

    def killed(order: Any) -> Run:
        make(order)
        raise KeyboardInterrupt  # after the run was made, before its cell was

    monkeypatch.setattr(advance, "run_create", killed)
    with pytest.raises(KeyboardInterrupt):
        study_step(study.pk)
    monkeypatch.setattr(advance, "run_create", make)
    assert Run.objects.count() == study.cells.count() == 1
    study_advance(study.pk)
    assert Run.objects.count() == study.cells.count() == 12


def test_no_more_runs_wait_at_once_than_can_be_read(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert LIVE_MOST >= 12
    monkeypatch.setattr(advance, "LIVE_MOST", 5)
    study_advance(study.pk)
    assert study.cells.count() == 5
    run_end(study.cells.all()[0], 2.0)
    study_advance(study.pk)
    assert study.cells.count() == 6


def test_a_run_that_ends_rings(study: Study) -> None:
    study_advance(study.pk)
    sent: list[tuple[Any, ...]] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(advance, "enqueue", lambda *arguments, **_: sent.append(arguments))
        run_end(study.cells.all()[0], 2.0)
        assert sent == [("study_advance", study.pk)]
        sent.clear()
        Study.objects.update(looked_at=None)
        studies_recheck()
        assert sent == [("study_advance", study.pk)]


def test_the_choice_is_kept_whatever_becomes_of_the_runs(study: Study) -> None:
    study_advance(study.pk)
    cells = list(study.cells.all())
    for cell in cells[1:]:
        run_end(cell, loss_of(cell))
    run_end(cells[0], None, Run.State.FAILED)
    advance_to_choice(study)
    assert study.state == State.SCORING
    assert study.chosen_at is not None
    assert {point["rate"] for point in study.chosen.values()} == {RATES[1]}
    assert study.results[cells[0].key]["failed"]
    assert study.scores.count() == 9  # two seeds of four arms, and the base
    kept = study.results
    run_requeue(run=cells[0].run, by=None)
    study_advance(study.pk)
    study.refresh_from_db()
    assert study.results == kept
    assert study.scores.count() == 9  # two seeds of four arms, and the base


def test_it_is_done_when_every_score_has_ended(study: Study) -> None:
    advance_to_choice(study)
    study.scores.update(state=StudyScore.State.DONE)
    one = study.scores.first()
    one.state = StudyScore.State.WORKING
    one.save()
    study_advance(study.pk)
    study.refresh_from_db()
    assert study.state == State.SCORING
    study.scores.update(state=StudyScore.State.FAILED)
    study_advance(study.pk)
    study.refresh_from_db()
    assert study.state == State.DONE


def test_a_refusal_is_told_and_tried_again(study: Study, team: Any) -> None:
    from finetune.teams.quotas.models import TeamQuota

    TeamQuota.objects.create(team=team, steps=50)
    study_advance(study.pk)
    study.refresh_from_db()
    assert study.cells.count() == 2
    assert study.problem["code"] == "quota"
    TeamQuota.objects.update(steps=None)
    study_advance(study.pk)
    assert study.cells.count() == 2  # not at once
    study.problem["at"] -= 3600
    study.save()
    study_advance(study.pk)
    study.refresh_from_db()
    assert study.cells.count() == 12
    assert study.problem == {}


def test_a_stop_takes_back_what_waits_and_resume_brings_it_back(study: Study, alice: Any) -> None:
    study_advance(study.pk)
    first, second, *others = list(study.cells.all())
    run_end(first, 2.0)
    Run.objects.filter(pk=second.run_id).update(state=Run.State.RUNNING)
    study_stop(study=study, by=alice)
    states = {cell.pk: cell.run.state for cell in study.cells.select_related("run")}
    assert states.pop(first.pk) == Run.State.SUCCEEDED
    assert states.pop(second.pk) == Run.State.RUNNING
    assert set(states.values()) == {Run.State.CANCELLED}
    study_advance(study.pk)
    assert study.cells.count() == 12
    study_resume(study=study, by=alice)
    study_advance(study.pk)
    waiting = study.cells.filter(run__state=Run.State.QUEUED)
    assert waiting.count() == len(others)
    assert study.cells.count() == 12
    assert not study.cells.filter(stopped=True).exists()


def test_a_stop_that_cancels_ends_what_works_too(study: Study, alice: Any) -> None:
    study_advance(study.pk)
    first = study.cells.select_related("run").all()[0]
    Run.objects.filter(pk=first.run_id).update(state=Run.State.RUNNING)
    study_stop(study=study, by=alice, cancel=True)
    first.run.refresh_from_db()
    assert first.run.request == Run.Request.CANCEL
    study_resume(study=study, by=alice)
    study_advance(study.pk)  # its trainer is not gone yet
    study.refresh_from_db()
    assert study.problem["code"] == "stopping"
    Run.objects.filter(pk=first.run_id).update(state=Run.State.CANCELLED, request="")
    study_advance(study.pk)
    study.refresh_from_db()
    assert study.problem == {}
    assert not study.cells.exclude(run__state=Run.State.QUEUED).exists()


def test_it_ends_itself_when_nothing_succeeds(study: Study) -> None:
    study_advance(study.pk)
    runs_end(study, lambda cell: None)
    study_advance(study.pk)
    study.refresh_from_db()
    assert study.state == State.STOPPED
    assert study.problem["code"] == "all_failed"
    assert study.cells.count() == 12


def test_its_data_stays_while_it_goes_on(study: Study, dataset: Any) -> None:
    with pytest.raises(StudioError, match="study"):
        dataset_delete(dataset=study.test_dataset)
    Study.objects.update(state=State.STOPPED)
    dataset_delete(dataset=study.test_dataset)
