"""Runs: what is refused, how they move, and what is found again when it was lost."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from finetune.api.jobs.objects import job_object
from finetune.datasets.models import Dataset
from finetune.exceptions import RunRefused
from finetune.runs.models import Run, RunEvent
from finetune.runs.page.data import data_lost_words, data_of_run
from finetune.runs.services import run_cancel, run_pause, run_requeue, run_resume
from finetune.runs.transitions import ALLOWED, run_transition
from finetune.runs.worker import execution, hold, reaping
from finetune.runs.worker.waiting import runs_release
from tests.finetune.conftest import run_ordered
from tests.finetune.runs.test_events import line

pytestmark = pytest.mark.django_db
State = Run.State


def create(team, alice, base, dataset, **config):
    epochs = config.pop("epochs", None)
    return run_ordered(team, alice, base, dataset, config, epochs=epochs)


@pytest.mark.parametrize(
    ("config", "field"),
    [
        ({"adapter": "no-such"}, "adapter"),
        ({"adapter": "lora", "adapter_options": {"r": 0}}, "r"),
        ({"adapter": "lora", "adapter_options": {"rank": 8}}, "rank"),
        ({"learning_rate": -1.0}, "learning_rate"),
        ({"learning_rate": float("nan")}, "learning_rate"),
        ({"steps": 0}, "steps"),
        ({"steps": "many"}, "steps"),
        ({"sequence_length": 100_000}, "sequence_length"),
        ({"targets": ["no_proj"]}, "targets"),
        ({"backend": "abacus"}, "backend"),
        ({"unheard_of": 1}, "unheard_of"),
        ({"epochs": -1}, "epochs"),
    ],
)
def test_what_cannot_run_is_refused_with_its_field(config, field, team, alice, base, dataset):
    with pytest.raises(RunRefused) as refused:
        create(team, alice, base, dataset, **config)
    assert field in {problem.option or problem.field for problem in refused.value.problems}
    assert not Run.objects.exists()


def test_another_teams_data_is_refused(other_team, charlie, base, dataset):
    with pytest.raises(RunRefused) as refused:
        create(other_team, charlie, base, dataset)
    assert refused.value.code == "not_found"


def test_epochs_decide_the_steps(team, alice, base, dataset):
    run = create(team, alice, base, dataset, epochs=2, batch_size=4)
    dialogues = dataset.report["train"]["dialogues"]
    assert run.config["steps"] == -(-2 * dialogues // 4)
    assert run.total_steps == run.config["steps"]


def test_a_run_waits_for_its_data(team, alice, base, dataset):
    Dataset.objects.filter(pk=dataset.pk).update(state=Dataset.State.CHECKING)
    dataset.refresh_from_db()
    run = create(team, alice, base, dataset)
    assert run.state == State.VALIDATING
    Dataset.objects.filter(pk=dataset.pk).update(state=Dataset.State.READY)
    dataset.refresh_from_db()
    runs_release(dataset)
    run.refresh_from_db()
    assert run.state == State.QUEUED


def test_a_run_fails_with_the_reason_of_its_data(team, alice, base, dataset):
    Dataset.objects.filter(pk=dataset.pk).update(state=Dataset.State.CHECKING)
    dataset.refresh_from_db()
    run = create(team, alice, base, dataset)
    problem = {"code": "too_few_dialogues", "message": "3 usable dialogues.", "hint": "Add some."}
    Dataset.objects.filter(pk=dataset.pk).update(state=Dataset.State.FAILED, problem=problem)
    dataset.refresh_from_db()
    runs_release(dataset)
    run.refresh_from_db()
    assert run.state == State.FAILED
    assert run.error["message"] == "3 usable dialogues."


@pytest.mark.parametrize("state", State.values)
@pytest.mark.parametrize("to", State.values)
def test_only_allowed_transitions_happen(state, to, run_made):
    Run.objects.filter(pk=run_made.pk).update(state=state)
    before = RunEvent.objects.filter(run=run_made).count()
    if to in ALLOWED[state]:
        run_transition(run_made.pk, to, message="moved")
        assert RunEvent.objects.filter(run=run_made).count() == before + 1
    else:
        with pytest.raises(RunRefused):
            run_transition(run_made.pk, to, message="moved")
        assert RunEvent.objects.filter(run=run_made).count() == before


def test_exactly_one_worker_claims(run_made):
    assert hold.claim(run_made.pk, "one") is not None
    assert hold.claim(run_made.pk, "two") is None
    run_made.refresh_from_db()
    assert run_made.lease_owner == "one"


def test_cancel_of_a_queued_run_is_at_once(run_made, alice):
    assert run_cancel(run=run_made, by=alice).state == State.CANCELLED
    with pytest.raises(RunRefused):
        run_cancel(run=run_made, by=alice)
    assert run_requeue(run=run_made, by=alice).state == State.QUEUED


def test_pause_and_resume(run_made, alice):
    assert run_pause(run=run_made, by=alice).state == State.PAUSED
    assert run_resume(run=run_made, by=alice).state == State.QUEUED
    hold.claim(run_made.pk, "one")
    assert run_pause(run=run_made, by=alice).state == State.PAUSING
    with pytest.raises(RunRefused):
        run_resume(run=run_made, by=alice)


def lapse(run):
    hold.claim(run.pk, "one")
    Run.objects.filter(pk=run.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


def test_a_lapsed_lease_is_queued_again(run_made):
    lapse(run_made)
    reaping.runs_reap()
    run_made.refresh_from_db()
    assert run_made.state == State.QUEUED
    assert run_made.lease_owner == ""


def test_a_lapsed_lease_with_a_cancel_is_cancelled(run_made, alice):
    hold.claim(run_made.pk, "one")
    run_cancel(run=run_made, by=alice)
    Run.objects.filter(pk=run_made.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    reaping.runs_reap()
    run_made.refresh_from_db()
    assert run_made.state == State.CANCELLED


def test_a_worker_lost_again_and_again_fails_the_run(run_made, settings):
    settings.MAX_ATTEMPTS = 2
    for _ in range(2):
        lapse(run_made)
        reaping.runs_reap()
    run_made.refresh_from_db()
    assert run_made.state == State.FAILED
    assert run_made.error["code"] == "worker_lost"
    assert run_requeue(run=run_made, by=None).attempts == 0


def test_progress_counts_the_attempts_anew(run_made):
    run = hold.claim(run_made.pk, "one")
    assert run.attempts == 1
    held = execution.Execution(run, "one")
    run.folder.mkdir(parents=True)
    (run.folder / "events.jsonl").write_text(json.dumps(line(1)) + "\n")
    held.copy()
    run_made.refresh_from_db()
    assert run_made.attempts == 0


def test_a_live_lease_is_left_alone(run_made):
    hold.claim(run_made.pk, "one")
    reaping.runs_reap()
    run_made.refresh_from_db()
    assert run_made.lease_owner == "one"


def test_an_execution_that_lost_its_lease_changes_nothing(run_made):
    run = hold.claim(run_made.pk, "one")
    Run.objects.filter(pk=run_made.pk).update(lease_owner="two")
    held = execution.Execution(run, "one")
    with pytest.raises(execution.LeaseLost):
        held.renew()
    with pytest.raises(execution.LeaseLost):
        held.fail("late", "too late")
    run_made.refresh_from_db()
    assert run_made.state == State.RUNNING


def test_a_trainer_that_dies_without_progress_fails_in_the_end(run_made, settings):
    settings.MAX_ATTEMPTS = 2
    for attempt in range(2):
        run = hold.claim(run_made.pk, f"worker {attempt}")
        execution.Execution(run, f"worker {attempt}").conclude(-9)
    run_made.refresh_from_db()
    assert run_made.state == State.FAILED
    assert "killed" in run_made.error["message"]
    assert run_made.error["hint"]


def test_tools_that_the_template_has_no_words_for_are_told(run_made):
    counts = {"dialogues": 12, "used": 12, "skipped": 0, "truncated": 0, "tool_turns": 36}
    run_made.latest["data"] = {"train": counts}
    part = data_of_run(run_made)[-1]
    assert part.lost
    assert dict(part.rows)["tools"].startswith("36 calls, results and lists of tools left out")
    assert data_lost_words(run_made) == "36 turns of tools left out"
    run_made.latest["data"] = {"train": counts | {"tool_turns": 0}}
    assert not data_of_run(run_made)[-1].lost
    assert data_lost_words(run_made) == ""


def test_what_the_check_left_out_is_told_with_the_run(team, alice, base, dataset):
    dataset.report["unused"] = [{"key": "category", "records": 20}]
    dataset.save()
    harmless = create(team, alice, base, dataset, adapter="lora")
    (part,) = data_of_run(harmless)
    assert not part.lost
    assert not harmless.events.filter(level="warn").exists()
    assert "category (20)" in harmless.events.get(data__has_key="given").message
    dataset.report["errors"] = 2
    dataset.save()
    lossy = create(team, alice, base, dataset, adapter="lora")
    (part,) = data_of_run(lossy)
    ((name, words),) = part.rows
    assert (part.title, name, part.lost) == ("“Demo” as uploaded", "check", True)
    assert "2 (with problems)" in words
    assert "category (20)" in words
    assert words in lossy.events.get(level="warn").message
    (given,) = job_object(lossy)["wukong"]["given"]
    assert given == {"dataset": "Demo", "words": words, "left_out": 2}
    dataset.report |= {"errors": 0, "unused": []}
    dataset.save()
    assert data_of_run(create(team, alice, base, dataset, adapter="lora")) == []
