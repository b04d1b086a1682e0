"""The ledger's pages: filters, one job, its files, cancelling and deciding."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import timezone

from finetune.hardware.keys import cloud_key_create, cloud_key_delete
from finetune.hardware.models import QuantumJob

pytestmark = pytest.mark.django_db


@pytest.fixture
def job(team, alice):
    def make(state="queued", number=0, **changes):
        now = timezone.now()
        values = {
            "team": team, "created_by": alice, "scope": "s", "fingerprint": f"f{number}",
            "backend": "wukong", "chip": "72", "state": state, "circuits": 2, "shots": 10,
            "total_shots": 20, "seconds_high": 4.5, "payload": '{"circuits":[]}',
            "created_at": now, "updated_at": now,
        }  # fmt: skip
        return QuantumJob.objects.create(**{**values, **changes})

    return make


@pytest.fixture
def page(client, alice, team):
    client.force_login(alice)
    return client


def test_an_empty_ledger_teaches(page):
    assert "Nothing was ever sent" in page.get(reverse("quantum-jobs")).content.decode()


def test_filters_and_states_in_words(page, job):
    for number, state in enumerate(QuantumJob.State.values):
        job(state, number)
    text = page.get(reverse("quantum-jobs")).content.decode()
    for label in QuantumJob.State.labels:
        assert str(label) in text
    unclear = page.get(reverse("quantum-jobs") + "?state=decision").content.decode()
    assert unclear.count('class="badge" data-state=') == 1
    assert 'hx-trigger="every 3s"' in text


def test_many_jobs_come_in_pages(page, job):
    for number in range(30):
        job("done", number)
    text = page.get(reverse("quantum-jobs")).content.decode()
    assert "1–25 of 30" in text
    assert "every 3s" not in text
    second = page.get(reverse("quantum-jobs") + "?page=2", headers={"HX-Request": "true"})
    assert "26–30 of 30" in second.content.decode()
    assert b"<html" not in second.content


def test_a_finished_job_shows_its_counts_and_gives_its_files(page, job):
    made = job(
        "done",
        result='{"counts":[{"01":7,"10":3}],"from_probabilities":false,"raw":"{\\"obj\\":1}"}',
    )
    text = page.get(reverse("quantum-job", args=[made.public_id])).content.decode()
    assert "<code>01</code>: 7" in text
    reply = page.get(reverse("quantum-job-file", args=[made.public_id, "reply"]))
    assert reply.content == b'{"obj":1}'
    assert f"{made.public_id}-reply.json" in reply["Content-Disposition"]
    payload = page.get(reverse("quantum-job-file", args=[made.public_id, "payload"]))
    assert payload.content == b'{"circuits":[]}'


def test_no_reply_is_no_file(page, job):
    made = job("queued")
    assert page.get(reverse("quantum-job-file", args=[made.public_id, "reply"])).status_code == 404


def test_a_result_that_is_no_json_is_shown_as_it_is(page, job):
    made = job("failed", result="<html>504</html>")
    text = page.get(reverse("quantum-job", args=[made.public_id])).content.decode()
    assert "&lt;html&gt;504&lt;/html&gt;" in text


def test_cancelling(page, job):
    made = job("planned")
    page.post(reverse("quantum-job-cancel", args=[made.public_id]))
    made.refresh_from_db()
    assert made.state == "cancelled"
    text = page.post(reverse("quantum-job-cancel", args=[made.public_id]), follow=True)
    assert "cannot be cancelled" in text.content.decode()


def test_a_job_without_an_answer_can_be_given_up_and_frees_its_key(page, job, team, alice):
    key = cloud_key_create(team=team, user=alice, label="trial", secret="0123456789abcdef")
    made = job("contact_lost", key=key, message="task does not exist.")
    address = reverse("quantum-job", args=[made.public_id])
    assert "Give it up" in page.get(address).content.decode()
    page.post(reverse("quantum-job-give-up", args=[made.public_id]))
    made.refresh_from_db()
    assert made.state == "failed"
    assert "Given up by alice" in made.message
    assert "task does not exist" in made.message
    cloud_key_delete(key=key)


@pytest.mark.parametrize("state", ["planned", "submitting", "submit_unknown", "running", "done"])
def test_only_a_job_without_an_answer_can_be_given_up(page, job, state):
    made = job(state)
    address = reverse("quantum-job-give-up", args=[made.public_id])
    assert "answered in the meantime" in page.post(address, follow=True).content.decode()
    made.refresh_from_db()
    assert made.state == state


def test_nobody_gives_up_a_job_of_another_team(client, charlie, job):
    client.force_login(charlie)
    made = job("contact_lost")
    assert client.post(reverse("quantum-job-give-up", args=[made.public_id])).status_code == 404
    made.refresh_from_db()
    assert made.state == "contact_lost"


def decide(client, made, **values):
    return client.post(reverse("quantum-job-decide", args=[made.public_id]), values)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, "Say which of the two"),
        ({"decision": "sent"}, "Give the task id"),
        ({"decision": "sent", "task_id": "<script>"}, "letters, digits"),
        ({"decision": "perhaps"}, "valid choice"),
    ],
)
def test_a_decision_has_to_be_one(page, job, values, words):
    made = job("submit_unknown")
    answer = decide(page, made, **values)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    made.refresh_from_db()
    assert made.state == "submit_unknown"


@pytest.mark.parametrize(
    ("values", "state"),
    [({"decision": "sent", "task_id": "T-1"}, "submitted"), ({"decision": "not_sent"}, "failed")],
)
def test_a_person_decides_once(page, job, values, state):
    made = job(
        "submit_unknown",
        payload='{"circuits":[{"n_qubits":1,"operations":[["h",[0]]]}],"seed":null,"shots":10}',
    )
    assert "Was it sent?" in page.get(
        reverse("quantum-job", args=[made.public_id])
    ).content.decode()  # fmt: skip
    assert decide(page, made, **values).status_code == 302
    made.refresh_from_db()
    assert made.state == state
    again = page.post(
        reverse("quantum-job-decide", args=[made.public_id]), values, follow=True
    ).content.decode()
    assert "needs no decision" in again
