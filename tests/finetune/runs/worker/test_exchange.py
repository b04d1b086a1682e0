"""Between the trainer's folder and the ledger, and a whole run with a real trainer in between."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from finetune.bases.models import BaseModel
from finetune.files import write_whole
from finetune.hardware.models import QuantumJob, QuantumKey
from finetune.runs.checks import Agreement
from finetune.runs.models import Run, RunEvent
from finetune.runs.services import run_cancel, run_requeue
from finetune.runs.transitions import run_transition
from finetune.runs.worker import exchange as exchange_module
from finetune.runs.worker import execution, hold, reaping
from finetune.runs.worker.exchange import Exchange
from finetune.training.circuits.exchange import BATCH, ERROR, FOLDER, RESULT
from quantum.backends.base import Batch, JobState, Result
from quantum.circuits.circuit import Circuit, Operation
from tests.finetune.conftest import run_ordered
from tests.finetune.training.circuits.carrier import result_of

pytestmark = pytest.mark.django_db
State = Run.State
CONFIG = {
    "adapter": "qgs",
    "adapter_options": {"n_qubits": 3, "shots": 20, "gradient": "spsa"},
    "backend": "wukong",
    "backend_options": {"chip": "72"},
    "steps": 2,
    "eval_every": 0,
    "batch_size": 2,
    "sequence_length": 192,
    "eval_dialogues": 2,
    "sample_tokens": 0,
    "save_every": 1,
}


@pytest.fixture
def key(team: Any, alice: Any) -> QuantumKey:
    return QuantumKey.objects.create(
        team=team, created_by=alice, label="Group", encrypted="x", last_four="9x7q"
    )


@pytest.fixture
def run(team: Any, alice: Any, base: Any, dataset: Any, key: QuantumKey) -> Run:
    agreed = Agreement(key=key.public_id, circuits=1000, shots=10**6, seconds=1000)
    made = run_ordered(team, alice, base, dataset, CONFIG, agreement=agreed)
    (made.folder / FOLDER).mkdir(parents=True)
    return made


def batch(number: int, circuits: int = 2, shots: int = 10) -> Batch:
    circuit = Circuit(2, (Operation("ry", (0,), 0.1 * number),))
    return Batch((circuit,) * circuits, shots)


def asked(run: Run, one: Batch) -> Path:
    path = run.folder / FOLDER / f"{one.fingerprint()}{BATCH}"
    write_whole(path, one.to_json())
    return path


def looked(run: Run) -> Exchange:
    """A worker's look, by a worker that has just started."""
    run.refresh_from_db()
    exchange = Exchange(run)
    exchange.look()
    return exchange


def said(run: Run, one: Batch, end: str) -> dict[str, Any] | None:
    path = run.folder / FOLDER / f"{one.fingerprint()}{end}"
    return json.loads(path.read_text()) if path.exists() else None


def test_a_batch_becomes_one_job_however_often_it_is_seen(run: Run, key: QuantumKey) -> None:
    one = batch(1)
    asked(run, one)
    exchange = looked(run)
    exchange.looked = 0
    exchange.look()
    looked(run)
    job = QuantumJob.objects.get()
    assert (job.run, job.key, job.chip, job.fingerprint) == (run, key, "72", one.fingerprint())
    assert (job.state, job.circuits, job.shots) == (JobState.PLANNED, 2, 10)
    assert Batch.from_json(job.payload) == one
    assert "url" not in job.options
    assert said(run, one, RESULT) is None


def test_counts_come_back_without_the_raw_reply(run: Run) -> None:
    one = batch(1)
    asked(run, one)
    looked(run)
    result = Result(({"00": 4, "01": 6},) * 2, raw="as the provider said it")
    QuantumJob.objects.update(state=JobState.DONE, result=result.to_json())
    exchange = looked(run)
    answer = said(run, one, RESULT)
    assert answer is not None
    assert Result.from_json(json.dumps(answer)).counts == result.counts
    assert answer["raw"] == ""
    assert not exchange.jobs
    assert QuantumJob.objects.count() == 1
    assert RunEvent.objects.filter(run=run, message__contains="done").exists()


def test_a_failed_job_is_told_and_sent_again_only_when_a_person_asks(run: Run, alice: Any) -> None:
    one = batch(1)
    asked(run, one)
    looked(run)
    QuantumJob.objects.update(state=JobState.FAILED, message="The chip is in maintenance.")
    exchange = looked(run)
    error = said(run, one, ERROR)
    assert error is not None
    assert "The chip is in maintenance." in error["message"]
    assert "Queue again" in error["hint"]

    # A worker that comes back by itself tells the same; nothing is sent.
    exchange.prepare()
    assert said(run, one, ERROR) is None
    looked(run)
    assert said(run, one, ERROR) is not None
    assert QuantumJob.objects.count() == 1

    run_transition(run.pk, State.FAILED, message="failed")
    run_requeue(run=run, by=alice)
    run.refresh_from_db()
    Exchange(run).prepare()
    looked(run)
    looked(run)
    assert QuantumJob.objects.count() == 2
    newest = QuantumJob.objects.first()
    assert newest
    assert newest.state == JobState.PLANNED
    assert said(run, one, ERROR) is None


def test_a_job_that_is_done_is_not_sent_again_after_a_requeue(run: Run, alice: Any) -> None:
    one = batch(1)
    asked(run, one)
    looked(run)
    QuantumJob.objects.update(
        state=JobState.DONE, result=Result(({"00": 10}, {"00": 10})).to_json()
    )
    run_transition(run.pk, State.CANCELLED, message="cancelled")
    run_requeue(run=run, by=alice)
    looked(run)
    assert said(run, one, RESULT) is not None
    assert QuantumJob.objects.count() == 1


def test_a_batch_beyond_the_agreement_is_refused_in_words(run: Run) -> None:
    run.spending["circuits"] = 3
    run.save()
    first, second = batch(1), batch(2)
    asked(run, first)
    looked(run)
    asked(run, second)
    looked(run)
    assert QuantumJob.objects.count() == 1
    error = said(run, second, ERROR)
    assert error is not None
    assert error["kind"] == "cap"
    assert "3 circuits" in error["message"]
    assert "Nothing of this batch was sent" in error["hint"]


def test_without_its_key_nothing_is_planned(run: Run, key: QuantumKey) -> None:
    key.delete()
    one = batch(1)
    asked(run, one)
    looked(run)
    error = said(run, one, ERROR)
    assert error is not None
    assert "key" in error["message"]
    assert not QuantumJob.objects.exists()


def test_a_decision_is_asked_for_once(run: Run) -> None:
    one = batch(1)
    asked(run, one)
    exchange = looked(run)
    QuantumJob.objects.update(state=JobState.SUBMIT_UNKNOWN)
    for _ in range(3):
        exchange.looked = 0
        exchange.look()
    warnings = RunEvent.objects.filter(run=run, level="warn")
    assert [event.data["job_state"] for event in warnings] == [JobState.SUBMIT_UNKNOWN]
    assert said(run, one, ERROR) is None


def test_a_run_that_fails_leaves_alone_what_was_sent(run: Run) -> None:
    for number in (1, 2):
        asked(run, batch(number))
    looked(run)
    sent = QuantumJob.objects.first()
    assert sent
    QuantumJob.objects.filter(pk=sent.pk).update(state=JobState.RUNNING)
    held = hold.claim(run.pk, "one")
    assert held
    execution.Execution(held, "one").fail("exception", "It broke.")
    states = {job.pk: job.state for job in QuantumJob.objects.all()}
    assert states.pop(sent.pk) == JobState.RUNNING
    assert set(states.values()) == {JobState.CANCELLED}


def test_a_dead_worker_and_a_cancel_send_nothing_more(run: Run, alice: Any) -> None:
    asked(run, batch(1))
    looked(run)
    hold.claim(run.pk, "one")
    run_cancel(run=run, by=alice)
    assert QuantumJob.objects.get().state == JobState.PLANNED, "its trainer is asked first"
    Run.objects.filter(pk=run.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    reaping.runs_reap()
    assert QuantumJob.objects.get().state == JobState.CANCELLED


def test_a_cancelled_run_sends_nothing_that_waits(run: Run, alice: Any) -> None:
    asked(run, batch(1))
    looked(run)
    run_cancel(run=run, by=alice)
    assert QuantumJob.objects.get().state == JobState.CANCELLED


def test_a_run_on_a_simulator_looks_for_nothing(run: Run) -> None:
    run.config["backend"] = "aer"
    run.save()
    asked(run, batch(1))
    looked(run)
    assert not QuantumJob.objects.exists()


def test_a_file_that_is_no_batch_is_refused(run: Run) -> None:
    write_whole(run.folder / FOLDER / f"{'0' * 64}{BATCH}", "{}")
    looked(run)
    assert (run.folder / FOLDER / f"{'0' * 64}{ERROR}").exists()


# -- with a real trainer -----------------------------------------------------------------


@pytest.fixture
def tiny(tiny_model_dir: Path) -> BaseModel:
    shapes = {
        f"model.layers.{layer}.self_attn.{name}": [rows, 48]
        for layer in (0, 1)
        for name, rows in (("q_proj", 48), ("v_proj", 24))
    }
    return BaseModel.objects.create(
        slug="tiny", title="Tiny", source=str(tiny_model_dir), state="ready", shapes=shapes,
        max_positions=1024, parameters=1,
    )  # fmt: skip


@pytest.mark.slow
def test_a_worker_carries_a_run_through(
    team: Any,
    alice: Any,
    tiny: BaseModel,
    dataset: Any,
    key: QuantumKey,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Trainer, folder, worker and ledger are real; the machine answers as soon as it is asked."""
    plan = exchange_module.job_plan

    def planned_and_done(*given: Any, **terms: Any) -> QuantumJob:
        job = plan(*given, **terms)
        result = result_of(Batch.from_json(job.payload)).to_json()
        QuantumJob.objects.filter(pk=job.pk).update(state=JobState.DONE, result=result)
        return job

    monkeypatch.setattr(exchange_module, "job_plan", planned_and_done)
    agreed = Agreement(key=key.public_id, circuits=1000, shots=10**6, seconds=1000)
    made = run_ordered(team, alice, tiny, dataset, CONFIG, agreement=agreed)
    execution.run_execute(made.pk)
    made.refresh_from_db()
    assert made.state == State.SUCCEEDED, made.error
    jobs = list(QuantumJob.objects.filter(run=made))
    assert len({job.fingerprint for job in jobs}) == len(jobs) >= 3
    assert sum(job.circuits for job in jobs) <= 1000
    assert made.latest["circuits_run"] == sum(job.circuits for job in jobs)
    assert made.latest["batches_run"] == len(jobs)
    assert 0 < made.latest["circuit_entanglement"] < 1
    assert not list((made.folder / FOLDER).glob(f"*{ERROR}"))
