"""A form that is sent twice makes one thing; a form that is opened anew makes another."""

from __future__ import annotations

import re
import threading
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from finetune.datasets.models import Dataset
from finetune.explorer.models import QuantumExperiment
from finetune.hardware.models import QuantumKey
from finetune.runs import drawings as circuits
from finetune.runs.models import Run
from finetune.submissions import KEPT, TOKEN
from finetune.teams.models import Submission
from tests.api.conftest import dialogues
from tests.finetune.runs.form.test_terms import sampled, terms
from tests.finetune.runs.form.test_views import typed

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice_client(alice: Any, team: Any) -> Client:
    client = Client()
    client.force_login(alice)
    return client


@pytest.fixture(autouse=True)
def _nobody_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(circuits, "enqueue", lambda *arguments, **options: None)


def token(client: Client, name: str, *args: str) -> dict[str, str]:
    """The token of a form that is opened now."""
    html = client.get(reverse(name, args=args)).content.decode()
    (found,) = re.findall(r'<input type="hidden" name="form_token" value="([^"]+)">', html)
    assert TOKEN.fullmatch(found)
    return {"form_token": found}


def test_one_run_form_makes_one_run(alice_client, base, dataset):
    sent = typed(base, dataset, **token(alice_client, "run-new"))
    answers = [alice_client.post(reverse("run-new"), sent) for _ in range(20)]
    run = Run.objects.get()
    assert {answer["Location"] for answer in answers} == {reverse("run", args=[run.public_id])}
    page = alice_client.get(reverse("run", args=[run.public_id])).content.decode()
    assert "it was not started twice" in page


@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_make_one_run(alice, team, base, dataset):
    first = Client()
    first.force_login(alice)
    sent = typed(base, dataset, **token(first, "run-new"))
    places: list[str] = []
    start = threading.Barrier(20)

    def send() -> None:
        client = Client()
        client.cookies = first.cookies
        start.wait()
        try:
            answer = client.post(reverse("run-new"), sent)
            places.append(answer["Location"])
        finally:
            connections.close_all()

    senders = [threading.Thread(target=send) for _ in range(20)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    run = Run.objects.get()
    assert places == [reverse("run", args=[run.public_id])] * 20
    assert run.events.filter(type="state", message="Queued.").count() == 1


def test_two_open_forms_are_two_runs(alice_client, base, dataset):
    for _ in range(2):
        sent = typed(base, dataset, **token(alice_client, "run-new"))
        alice_client.post(reverse("run-new"), sent)
    assert Run.objects.count() == 2


def test_going_back_and_changing_something_is_another_run(alice_client, base, dataset):
    once = token(alice_client, "run-new")
    alice_client.post(reverse("run-new"), typed(base, dataset, **once))
    alice_client.post(reverse("run-new"), typed(base, dataset, **once, seed="8"))
    assert sorted(run.config["seed"] for run in Run.objects.all()) == [7, 8]


def test_going_on_from_a_run_twice_is_one_run(alice_client, base, dataset, run_made):
    Run.objects.update(state="paused", step=3)
    sent = typed(base, dataset, **token(alice_client, "run-new"), seed="8")
    for _ in range(3):
        alice_client.post(reverse("run-new"), sent)
    assert Run.objects.exclude(pk=run_made.pk).count() == 1


def test_what_was_refused_may_be_sent_again(alice_client, base, dataset):
    sent = typed(base, dataset, **token(alice_client, "run-new"))
    Dataset.objects.update(state="failed")
    assert alice_client.post(reverse("run-new"), sent).status_code == 200
    Dataset.objects.update(state="ready")
    assert alice_client.post(reverse("run-new"), sent).status_code == 302
    assert Run.objects.count() == 1


def test_a_form_of_another_person_is_another_form(alice_client, bob, base, dataset):
    sent = typed(base, dataset, **token(alice_client, "run-new"))
    alice_client.post(reverse("run-new"), sent)
    other = Client()
    other.force_login(bob)
    other.post(reverse("run-new"), sent)
    assert Run.objects.count() == 2


def test_without_a_token_the_same_fields_are_one_run_for_a_moment(
    alice_client, base, dataset, settings
):
    """As a script sends it, or a page from before there were tokens; the API does the same."""
    for _ in range(3):
        alice_client.post(reverse("run-new"), typed(base, dataset))
    assert Run.objects.count() == 1
    alice_client.post(reverse("run-new"), typed(base, dataset, seed="8"))
    assert Run.objects.count() == 2
    moment = timedelta(seconds=settings.API_REPEAT_SECONDS + 1)
    Submission.objects.update(created_at=timezone.now() - moment)
    alice_client.post(reverse("run-new"), typed(base, dataset))
    assert Run.objects.count() == 3
    settings.API_REPEAT_SECONDS = 0
    alice_client.post(reverse("run-new"), typed(base, dataset))
    assert Run.objects.count() == 4


def test_what_costs_nothing_is_carried_out_each_time_without_a_token(alice_client):
    for _ in range(2):
        upload(alice_client, {}, dialogues())
    assert Dataset.objects.count() == 2
    assert not Submission.objects.exists()


def test_what_costs_money_is_agreed_to_once(alice_client, team, alice, base, dataset):
    QuantumKey.objects.create(
        team=team, created_by=alice, label="Group account", encrypted="x", last_four="9x7q",
        chips=[{"name": "72", "online": True}],
    )  # fmt: skip
    key = QuantumKey.objects.get()
    chosen = {"quantum_key": key.public_id, "backend-wukong-chip": "72"}
    sent = sampled(base, dataset, "wukong", **token(alice_client, "run-new"), **chosen)
    shown = alice_client.post(reverse("run-new"), sent).content.decode()
    assert not Run.objects.exists()
    agreed = {**sent, **terms(shown), "agree": "on"}
    assert agreed["form_token"] == sent["form_token"]
    answers = [alice_client.post(reverse("run-new"), agreed) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [302] * 5
    assert Run.objects.count() == 1


def upload(client: Client, sent: dict[str, str], content: bytes, **headers: str) -> Any:
    file = SimpleUploadedFile("talks.jsonl", content)
    return client.post(reverse("dataset-upload"), {**sent, "file": file}, headers=headers)


def test_one_upload_form_makes_one_data_set(alice_client, settings):
    sent = {**token(alice_client, "dataset-upload"), "name": "Nights"}
    answers = [upload(alice_client, sent, dialogues()) for _ in range(3)]
    row = Dataset.objects.get()
    assert {answer["Location"] for answer in answers} == {reverse("dataset", args=[row.public_id])}
    scripted = upload(alice_client, sent, dialogues(), accept="application/json")
    assert scripted.json() == {"url": reverse("dataset", args=[row.public_id])}
    assert [path.name for path in settings.DATASET_DIR.iterdir()].count(row.public_id) == 1
    upload(alice_client, sent, dialogues(30))
    assert Dataset.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_uploads_at_once_keep_one_file(alice, team, settings, tmp_path):
    settings.DATASET_DIR = tmp_path
    first = Client()
    first.force_login(alice)
    sent = token(first, "dataset-upload")
    places: list[str] = []
    start = threading.Barrier(6)

    def send() -> None:
        client = Client()
        client.cookies = first.cookies
        start.wait()
        try:
            places.append(upload(client, sent, dialogues())["Location"])
        finally:
            connections.close_all()

    senders = [threading.Thread(target=send) for _ in range(6)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    row = Dataset.objects.get()
    assert places == [reverse("dataset", args=[row.public_id])] * 6
    assert [path.name for path in tmp_path.iterdir()] == [row.public_id]


def test_one_experiment_form_makes_one_experiment(alice_client):
    sent = token(alice_client, "quantum-explorer")
    form = alice_client.get(reverse("quantum-explorer")).context["form"]
    values = {name: form[name].value() for name in form.fields if form[name].value() is not None}
    for _ in range(3):
        answer = alice_client.post(reverse("quantum-explorer"), {**values, **sent})
        assert answer.status_code == 302, answer.context["form"].errors
    assert QuantumExperiment.objects.count() == 1


def test_one_key_form_stores_one_key(alice_client):
    sent = {**token(alice_client, "quantum"), "label": "Group", "secret": "0123456789abcdef"}
    for _ in range(3):
        assert alice_client.post(reverse("quantum-key-create"), sent).status_code == 302
    assert QuantumKey.objects.count() == 1
    assert "0123456789abcdef" not in str(list(Submission.objects.values()))


def test_old_forms_are_forgotten(alice_client, base, dataset):
    for _ in range(2):
        Submission.objects.update(created_at=timezone.now() - KEPT - timedelta(hours=1))
        sent = typed(base, dataset, **token(alice_client, "run-new"))
        alice_client.post(reverse("run-new"), sent)
    assert Submission.objects.count() == 1
