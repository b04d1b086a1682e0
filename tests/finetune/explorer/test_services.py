"""Experiments: computed in their own process, asked about before anything is sent, collected."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from finetune.exceptions import StudioError
from finetune.explorer import computation as quantum_computation
from finetune.explorer import services as quantum_explorer
from finetune.explorer.experiment.compute import compute
from finetune.explorer.experiment.spec import Spec
from finetune.explorer.models import QuantumExperiment
from finetune.file_locks import alone
from finetune.hardware import chips as quantum_chips
from finetune.hardware import jobs as quantum_jobs
from finetune.hardware.chips import chips_read
from finetune.hardware.keys import quantum_key_create
from finetune.hardware.models import QuantumJob, QuantumKey
from tests.doubles.wukong_cloud import WukongDouble

pytestmark = pytest.mark.django_db
SMALL = Spec(qubits=2, backends=("statevector", "wukong"), shots=200, chip="72")


@pytest.fixture
def key(team, alice):
    return quantum_key_create(team=team, user=alice, label="trial", secret="0123456789abcdef")


@pytest.fixture
def here(monkeypatch):
    """Compute in this process: torch is loaded once for all tests."""

    def computed(experiment, results):
        return compute(quantum_computation.values_for(experiment, results))

    monkeypatch.setattr(quantum_explorer, "computed", computed)


def fresh(experiment):
    return QuantumExperiment.objects.get(pk=experiment.pk)


def made(team, alice, spec=SMALL, key=None):
    return quantum_explorer.experiment_create(team=team, user=alice, spec=spec, key=key)


def test_what_is_free_is_computed_at_once(team, alice, here):
    spec = Spec(qubits=2, backends=("statevector",))
    one = made(team, alice, spec)
    quantum_explorer.experiment_run(one.pk)
    done = fresh(one)
    assert done.state == "done"
    assert len(done.result["exact"]) == 2
    assert done.finished_at is not None
    quantum_explorer.experiment_run(one.pk)  # a second message finds nothing to claim
    assert fresh(one).finished_at == done.finished_at


def test_hardware_waits_for_consent(team, alice, here, key):
    one = made(team, alice, key=key)
    quantum_explorer.experiment_run(one.pk)
    asked = fresh(one)
    assert asked.state == "confirm"
    assert asked.result["estimate"]["circuits"] == 1
    assert asked.result["estimate"]["money"] is None
    assert not QuantumJob.objects.exists()
    quantum_explorer.experiment_confirm(experiment=one, user=alice)
    (job,) = QuantumJob.objects.all()
    assert (job.experiment, job.key, job.chip, job.shots) == (one, key, "72", 200)
    assert fresh(one).state == "sent"
    with pytest.raises(StudioError, match="does not wait"):
        quantum_explorer.experiment_confirm(experiment=one, user=alice)
    assert QuantumJob.objects.count() == 1


def test_a_cap_stops_the_whole_experiment(team, alice, here, key, settings):
    settings.QUANTUM_CAPS = {**settings.QUANTUM_CAPS, "day": {"shots": 199}}
    one = made(team, alice, key=key)
    quantum_explorer.experiment_run(one.pk)
    with pytest.raises(StudioError, match="199 shots"):
        quantum_explorer.experiment_confirm(experiment=one, user=alice)
    assert fresh(one).state == "confirm"
    assert not QuantumJob.objects.exists()


def test_it_can_be_left_unsent(team, alice, here, key):
    one = made(team, alice, key=key)
    quantum_explorer.experiment_run(one.pk)
    quantum_explorer.experiment_skip(experiment=one)
    done = fresh(one)
    assert done.state == "done"
    assert done.result["backends"][0]["state"] == "skipped"
    assert done.result["exact"]


@pytest.mark.parametrize("state", ["failed", "cancelled"])
def test_a_job_that_ends_badly_ends_the_experiment(team, alice, here, key, state):
    one = made(team, alice, key=key)
    quantum_explorer.experiment_run(one.pk)
    quantum_explorer.experiment_confirm(experiment=one, user=alice)
    quantum_explorer.experiment_collect(one.pk)
    assert fresh(one).state == "sent"  # the job is still open
    QuantumJob.objects.update(state=state, message="The provider was unhappy.")
    quantum_explorer.experiment_collect(one.pk)
    done = fresh(one)
    assert done.state == "done"
    assert "unhappy" in done.result["backends"][0]["message"]


def test_the_whole_way_through_the_real_sdk_to_the_double(team, alice, here, settings):
    settings.QUANTUM_PRIVATE_URLS = True
    with WukongDouble() as double:
        key = quantum_key_create(
            team=team, user=alice, label="double", secret="0123456789abcdef", url=double.url
        )
        chips_read(key.pk)
        key.refresh_from_db()
        spec = replace(SMALL, chip="", readout_mitigation=True)
        one = made(team, alice, spec, key)
        quantum_explorer.experiment_run(one.pk)
        assert fresh(one).state == "confirm", fresh(one).message
        quantum_explorer.experiment_confirm(experiment=one, user=alice)
        for _ in range(40):
            QuantumJob.objects.update(polled_at=None)
            quantum_jobs.jobs_advance()
            if not QuantumJob.objects.filter(state__in=QuantumJob.LIVE).exists():
                break
        job = QuantumJob.objects.get()
        assert job.state == "done", job.message
        assert job.task_id
        quantum_explorer.experiment_collect(one.pk)
        done = fresh(one)
        (column,) = done.result["backends"]
        assert column["state"] == "done", column
        assert column["circuits"] == 3
        assert all(-1.3 < value < 1.3 for value in column["values"])
        assert sum(double.payloads.values()) == 1
    quantum_chips.KEPT.clear()


def test_without_an_online_chip_one_has_to_be_named(team, alice, key):
    with pytest.raises(StudioError) as caught:
        made(team, alice, replace(SMALL, chip=""), key)
    assert caught.value.field == "chip"
    QuantumKey.objects.filter(pk=key.pk).update(
        chips=[{"name": "full_amplitude", "online": True}, {"name": "WK_C180", "online": True}]
    )
    key.refresh_from_db()
    assert made(team, alice, replace(SMALL, chip=""), key).spec["chip"] == "WK_C180"


def test_a_circuit_without_a_place_is_refused_before_anybody_is_asked(team, alice, here, key):
    from quantum.chips.calibration import Calibration, Coupler, QubitFigures

    figures = Calibration(
        "72", "2026-01-01", 3, {q: QubitFigures(0.99, 0.9) for q in range(3)}, (Coupler(0, 1, 0.9),)
    )
    quantum_chips.calibration_store(key=key, calibration=figures)
    one = made(team, alice, replace(SMALL, qubits=3), key)
    quantum_explorer.experiment_run(one.pk)
    done = fresh(one)
    assert done.state == "done"
    assert "hang together" in done.result["backends"][0]["message"]


def test_too_many_at_once(team, alice, settings):
    settings.EXPERIMENTS_WAITING = 2
    for _ in range(2):
        made(team, alice, Spec())
    with pytest.raises(StudioError, match="wait already"):
        made(team, alice, Spec())


def test_a_key_of_another_team(team, alice, other_team, key):
    key.team = other_team
    key.save()
    with pytest.raises(StudioError, match="no such key"):
        made(team, alice, key=key)


def test_a_long_computation_is_stopped(team, alice, settings):
    settings.EXPERIMENT_SECONDS = 0.01
    one = made(team, alice, Spec())
    quantum_explorer.experiment_run(one.pk)
    assert fresh(one).state == "failed"
    assert "stopped after" in fresh(one).message


def test_a_lost_worker_is_told_and_a_lost_message_sent_again(team, alice, monkeypatch):
    sent = []
    monkeypatch.setattr(quantum_explorer, "enqueue", lambda *call: sent.append(call))
    lost, waiting = made(team, alice, Spec()), made(team, alice, Spec())
    old = timezone.now() - timedelta(hours=1)
    sent.clear()
    QuantumExperiment.objects.filter(pk=lost.pk).update(state="computing", started_at=old)
    QuantumExperiment.objects.filter(pk=waiting.pk).update(created_at=old)
    quantum_explorer.experiments_recheck()
    assert fresh(lost).state == "failed"
    assert sent == [("experiment_run", waiting.pk)]


def test_an_experiment_at_work_is_left_alone_however_long(team, alice):
    one = made(team, alice)
    old = timezone.now() - timedelta(hours=1)
    QuantumExperiment.objects.filter(pk=one.pk).update(state="computing", started_at=old)
    with alone(quantum_explorer.lock_of(one)):
        quantum_explorer.experiments_recheck()
        assert fresh(one).state == "computing"
    quantum_explorer.experiments_recheck()
    assert fresh(one).state == "failed"


def test_a_lost_message_about_ended_jobs_is_sent_again(team, alice, here, key, monkeypatch):
    one = made(team, alice, key=key)
    quantum_explorer.experiment_run(one.pk)
    quantum_explorer.experiment_confirm(experiment=one, user=alice)
    sent = []
    monkeypatch.setattr(quantum_explorer, "enqueue", lambda *call: sent.append(call))
    quantum_explorer.experiments_recheck()
    old = timezone.now() - timedelta(minutes=1)
    QuantumJob.objects.update(state="submit_unknown", updated_at=old)
    quantum_explorer.experiments_recheck()
    assert sent == []
    QuantumJob.objects.update(state="failed", updated_at=old)
    quantum_explorer.experiments_recheck()
    assert sent == [("experiment_collect", one.pk)]


def test_deleting_leaves_the_jobs(team, alice, here, key):
    one = made(team, alice, key=key)
    with pytest.raises(StudioError, match="at work"):
        quantum_explorer.experiment_delete(experiment=one)
    quantum_explorer.experiment_run(one.pk)
    quantum_explorer.experiment_confirm(experiment=one, user=alice)
    QuantumExperiment.objects.filter(pk=one.pk).update(state="done")
    quantum_explorer.experiment_delete(experiment=fresh(one))
    assert QuantumJob.objects.get().experiment is None
