"""A ladder's rung on a chip: asked about, sent under what was agreed to, through the ledger."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from finetune.evaluation import execution, services
from finetune.evaluation.chip import ChipCarrier, chip_plan, jobs_cancel
from finetune.evaluation.models import Evaluation
from finetune.evaluation.process.order import Terms
from finetune.exceptions import StudioError
from finetune.files import write_whole
from finetune.hardware.jobs import jobs_advance
from finetune.hardware.keys import cloud_key_create
from finetune.hardware.models import QuantumJob, QuantumKey
from finetune.runs.checks import Agreement
from finetune.teams.keys.services import key_create
from finetune.teams.quotas.models import TeamQuota
from finetune.training.circuits.exchange import BATCH, ERROR, FOLDER
from quantum.backends.base import Batch, JobState
from quantum.circuits.circuit import Circuit, Operation
from tests.doubles.wukong_cloud import WukongDouble
from tests.finetune.evaluation.conftest import QGS, signed_in

pytestmark = pytest.mark.django_db
SHOTS = Terms(shots=50)
NEEDED = 4  # circuits: two blocks, their start and their trained angles


@pytest.fixture
def ladder(run: Any, qgs_run: Path) -> Iterator[Any]:
    """Alice's run, with an adapter whose circuits can be sampled."""
    run.config = {**run.config, "adapter": "qgs", "adapter_options": QGS}
    two = (".layers.0.", ".layers.1.")  # as the tiny model has
    base = run.base
    base.shapes = {name: one for name, one in base.shapes.items() if any(n in name for n in two)}
    base.save()
    run.save()
    shutil.rmtree(run.folder)
    shutil.copytree(qgs_run, run.folder)
    return run


@pytest.fixture
def key(team: Any, alice: Any) -> QuantumKey:
    return cloud_key_create(team=team, user=alice, label="trial", secret="0123456789abcdef")


def agreed(key: QuantumKey, **less: Any) -> Agreement:
    values = {"circuits": NEEDED, "shots": 10**5, "seconds": 1000.0, **less}
    return Agreement(key=key.public_id, **values)


def form_of(key: QuantumKey, **more: Any) -> dict[str, Any]:
    return {
        "kind": "ladder", "quantum_key": key.public_id, "chip": "72", "circuit_shots": "50", **more
    }  # fmt: skip


def test_what_it_takes_is_told_before_and_nothing_is_made_without_a_tick(
    ladder: Any, key: QuantumKey, alice: Any, settings: Any
) -> None:
    settings.QUANTUM_TARIFF = 2.0
    client, address = signed_in(alice), reverse("run-evaluations", args=[ladder.public_id])
    assert key.public_id in client.get(address).content.decode()
    plan = chip_plan(ladder, "72", SHOTS)
    assert (plan.circuits, plan.batches) == (NEEDED, 2)
    assert plan.total_shots == 2 * 16 * 50 + 2 * 50
    asked = client.post(address, form_of(key))
    page = asked.content.decode()
    assert asked.status_code == 200
    assert "4 circuits in 2 batches" in page
    assert "CNY" in page
    terms = {"terms": "shown", "circuits": "4", "shots": "1700", "seconds": "1000"}
    again = client.post(address, form_of(key, **terms)).content.decode()
    assert "Tick this to send it" in again
    back = client.post(address, form_of(key, **terms, change="1")).content.decode()
    assert f'<option value="{key.public_id}" selected>' in back
    assert not Evaluation.objects.exists()
    assert not QuantumJob.objects.exists()


def test_a_form_that_agrees_makes_one_ladder_however_often_it_is_sent(
    ladder: Any, key: QuantumKey, alice: Any, sent: Any
) -> None:
    client, address = signed_in(alice), reverse("run-evaluations", args=[ladder.public_id])
    terms = {"terms": "shown", "circuits": "4", "shots": "1700", "seconds": "1000", "agree": "on"}
    token = {"form_token": "a-token-of-one-form"}
    for _ in range(2):
        assert client.post(address, form_of(key, **terms, **token)).status_code == 302
    made = Evaluation.objects.get()
    assert made.terms["shots"] == 50
    assert made.spending["confirmed_by"] == alice.get_username()
    kept = {name: made.spending[name] for name in ("key", "chip", "circuits", "shots", "seconds")}
    assert kept == {
        "key": key.public_id, "chip": "72", "circuits": 4, "shots": 1700, "seconds": 1000.0,
    }  # fmt: skip


def test_too_little_another_teams_key_and_circuits_that_hold_the_data_are_refused(
    ladder: Any, made: Any, key: QuantumKey, charlie: Any, other_team: Any, settings: Any
) -> None:
    theirs = cloud_key_create(team=other_team, user=charlie, label="x", secret="0123456789abcdef")
    for values, code in (
        ({"chip": "72"}, "agreement_needed"),
        ({"agreement": agreed(key, circuits=3)}, "agreement_too_small"),
        ({"agreement": agreed(theirs)}, "not_found"),
        ({"agreement": agreed(key), "chip": "no chip!"}, "invalid_value"),
        ({"agreement": agreed(key), "kind": "scores"}, "invalid_value"),
    ):
        with pytest.raises(StudioError) as refused:
            made(**{"kind": "ladder", "terms": SHOTS, **values})
        assert refused.value.code == code, values
    settings.QUANTUM_CAPS = {
        **settings.QUANTUM_CAPS,
        "run": {"circuits": 3, "shots": 0, "seconds": 0},
    }
    with pytest.raises(StudioError, match="3 circuits a run. Take fewer shots") as refused:
        made(kind="ladder", terms=SHOTS, agreement=agreed(key))
    assert refused.value.code == "cap"
    assert not Evaluation.objects.exists()


def test_qtha_has_no_rung_on_a_chip(run: Any, made: Any, key: QuantumKey, alice: Any) -> None:
    with pytest.raises(StudioError, match="Its circuits hold the data") as refused:
        made(kind="ladder", agreement=agreed(key))
    assert refused.value.code == "no_circuit"
    page = signed_in(alice).get(reverse("run-evaluations", args=[run.public_id])).content.decode()
    assert "evaluation-chip" not in page


def test_more_than_the_teams_quota_has_left_is_refused_before_it_is_queued(
    ladder: Any, made: Any, key: QuantumKey, team: Any
) -> None:
    TeamQuota.objects.update_or_create(team=team, defaults={"provider_seconds": 1})
    with pytest.raises(StudioError, match="1 s of quantum processors in 30 days") as refused:
        made(kind="ladder", terms=SHOTS, agreement=agreed(key))
    assert (refused.value.code, refused.value.field) == ("quota", "shots")
    assert not Evaluation.objects.exists()


def test_more_shots_than_a_machine_takes_are_told_as_it_takes_them(ladder: Any) -> None:
    plan = chip_plan(ladder, "72", Terms(shots=1_000_000))
    assert plan.start.shots == plan.evaluation.shots == 10_000


def working(evaluation: Evaluation) -> Evaluation:
    evaluation.state = Evaluation.State.WORKING
    evaluation.save()
    return evaluation


def batch_asked(evaluation: Evaluation, circuits: int = 2) -> Batch:
    one = Batch((Circuit(2, (Operation("ry", (0,), 0.1),)),) * circuits, 10)
    folder = evaluation.folder / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / f"{one.fingerprint()}{BATCH}", one.to_json())
    return one


def test_its_jobs_stand_in_the_ledger_under_what_was_agreed_to(
    ladder: Any, made: Any, key: QuantumKey, alice: Any
) -> None:
    evaluation = working(made(kind="ladder", terms=SHOTS, agreement=agreed(key), chip="72"))
    one = batch_asked(evaluation)
    for _ in range(2):  # a worker that is replaced looks anew
        ChipCarrier(evaluation).look()
    job = QuantumJob.objects.get()
    assert (job.evaluation, job.run, job.key, job.chip) == (evaluation, None, key, "72")
    assert (job.scope, job.cap_run) == (evaluation.public_id, evaluation.public_id)
    assert job.fingerprint == one.fingerprint()
    more = batch_asked(evaluation, circuits=3)
    ChipCarrier(evaluation).look()
    error = json.loads((evaluation.folder / FOLDER / f"{more.fingerprint()}{ERROR}").read_text())
    assert error["kind"] == "cap"
    assert QuantumJob.objects.count() == 1
    page = signed_in(alice).get(reverse("quantum-job", args=[job.public_id])).content.decode()
    assert reverse("run-evaluations", args=[ladder.public_id]) in page
    listed = signed_in(alice).get(reverse("quantum-jobs")).content.decode()
    assert "fidelity ladder" in listed
    shown = signed_in(alice).get(reverse("run-evaluations", args=[ladder.public_id]))
    assert "2 circuits: Planned" in shown.content.decode()
    services.evaluation_cancel(evaluation=evaluation, by=alice)
    job.refresh_from_db()
    assert job.state == JobState.CANCELLED, "what was not sent never is"
    services.evaluation_delete(evaluation=evaluation, by=alice)
    assert QuantumJob.objects.get().evaluation is None, "the ledger forgets nothing"


@pytest.mark.parametrize("end", ["cancel", "delete", "cascade"])
def test_nothing_is_sent_for_a_ladder_that_nobody_wants_any_more(
    end: str, ladder: Any, made: Any, key: QuantumKey, alice: Any
) -> None:
    evaluation = working(made(kind="ladder", terms=SHOTS, agreement=agreed(key), chip="72"))
    batch_asked(evaluation)
    carrier = ChipCarrier(evaluation)
    carrier.look()
    if end == "cancel":
        services.evaluation_cancel(evaluation=evaluation, by=alice)
    elif end == "delete":
        services.evaluation_delete(evaluation=evaluation, by=alice)
    else:  # its run was deleted: the worker finds that out, and takes the jobs back
        Evaluation.objects.filter(pk=evaluation.pk).delete()
        jobs_cancel(evaluation, None)
    more = batch_asked(evaluation, circuits=1)
    carrier.looked = 0.0
    carrier.look()  # as one that had not noticed yet
    assert QuantumJob.objects.get().state == JobState.CANCELLED
    error = json.loads((evaluation.folder / FOLDER / f"{more.fingerprint()}{ERROR}").read_text())
    assert error["message"] == "It was cancelled."


def test_the_api_asks_for_an_agreement_and_makes_one_ladder(
    ladder: Any, key: QuantumKey, team: Any, alice: Any, client: Client, sent: Any
) -> None:
    _, secret = key_create(team=team, user=alice, name="test")

    def post(**more: Any) -> Any:
        body = {"kind": "ladder", "fine_tuning_job_id": ladder.public_id, "shots": 50, **more}
        return client.post(
            "/v1/wukong/evaluations", json.dumps(body), content_type="application/json",
            headers={"Authorization": f"Bearer {secret}"},
        )  # fmt: skip

    error = post(chip="72").json()["error"]
    assert error["code"] == "agreement_needed"
    assert "up to 4 circuits, 1,700 shots" in error["message"]
    spending = agreed(key).model_dump()
    first = post(chip="72", spending=spending)
    assert first.status_code == 200, first.content
    assert first.json()["spending"]["circuits"] == NEEDED
    second = post(chip="72", spending=spending)
    assert second.json()["id"] == first.json()["id"]
    assert second.headers["x-wukong-repeated"] == "true"
    Evaluation.objects.update(state=Evaluation.State.CANCELLED)
    third = post(chip="72", spending=spending)
    assert third.json()["id"] != first.json()["id"], "what was cancelled is meant anew"


def test_the_whole_way_through_the_real_sdk_to_the_double(
    ladder: Any, made: Any, team: Any, alice: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The real process, ledger and SDK; the double answers as the cloud does."""
    pytest.importorskip("pyqpanda3")
    settings.QUANTUM_PRIVATE_URLS = True
    real = ChipCarrier.look

    def look_and_send(carrier: ChipCarrier) -> None:
        """What the `quantum` worker does beside it."""
        real(carrier)
        QuantumJob.objects.update(polled_at=None)
        jobs_advance()

    monkeypatch.setattr(ChipCarrier, "look", look_and_send)
    with WukongDouble() as double:
        key = cloud_key_create(
            team=team, user=alice, label="double", secret="0123456789abcdef", url=double.url
        )
        evaluation = made(kind="ladder", terms=SHOTS, agreement=agreed(key), chip="72")
        execution.evaluation_run(evaluation.pk)
        evaluation.refresh_from_db()
        assert evaluation.state == "done", evaluation.message
        assert [rung["rung"] for rung in evaluation.rungs] == ["exact", "shots", "noise", "wukong"]
        chip = evaluation.rungs[-1]
        assert chip["run"], chip
        plan = chip_plan(ladder, "72", SHOTS)
        taken = (chip["circuits"], chip["batches"], chip["shots"])
        assert taken == (plan.circuits, plan.batches, plan.total_shots), "as it was told before"
        assert sum(double.payloads.values()) == 2
    jobs = QuantumJob.objects.filter(evaluation=evaluation)
    assert {job.state for job in jobs} == {JobState.DONE}
    assert sum(job.circuits for job in jobs) == NEEDED
    assert "0123456789abcdef" not in evaluation.file.read_text()
