"""Which lines of a run's log become alerts, for whom, and that each is told once."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.urls import reverse
from django.utils import translation

from finetune.alerts.kinds import ALL
from finetune.alerts.models import Alert, AlertChoice, Delivery
from finetune.alerts.services import webhook_create, webhook_switch
from finetune.alerts.words import words_of
from finetune.runs.events import run_events_copy
from finetune.runs.models import Run
from finetune.runs.transitions import run_transition
from finetune.runs.worker.conclusions import run_fail, run_succeed
from finetune.runs.worker.silence import silence_tell
from finetune.training.settings import RunSettings
from finetune.training.watch.troubles import Watch

pytestmark = pytest.mark.django_db
HOOK = "https://93.184.216.34/hook"


def line(seq: int, **data: Any) -> dict[str, Any]:
    return {
        "seq": seq, "time": time.time(), "type": "warning", "level": "warn",
        "message": "m", "data": data,
    }  # fmt: skip


def trouble(seq: int, kind: str) -> dict[str, Any]:
    return line(seq, trouble=kind, words=f"It is {kind}.", changes={})


@pytest.fixture
def running(run_made: Run) -> Run:
    run_transition(run_made.pk, Run.State.RUNNING, message="Taken.", lease_owner="w")
    run_made.refresh_from_db()
    return run_made


@pytest.mark.parametrize(
    ("found", "kind"),
    [
        ("dead_circuit", "run.dead_circuit"),
        ("no_progress", "run.stalled"),
        ("loss_spike", "run.loss_spike"),
    ],
)
def test_what_the_watch_finds_is_told_once(running, team, alice, found, kind):
    webhook_create(team=team, user=alice, name="all", url=HOOK, kinds=ALL)
    lines = [line(1), trouble(2, found)]
    run_events_copy(running.pk, lines)
    run_events_copy(running.pk, lines)
    [alert] = Alert.objects.all()
    assert (alert.kind, alert.words) == (kind, f"It is {found}.")
    assert alert.facts["trouble"] == {"kind": found, "words": f"It is {found}.", "changes": {}}
    [delivery] = Delivery.objects.all()
    assert (delivery.kind, delivery.state) == (kind, "waiting")


def test_ordinary_lines_tell_nothing(running):
    run_events_copy(running.pk, [line(1), line(2, given={})])
    assert not Alert.objects.exists()


def test_a_success_is_told(running, monkeypatch):
    monkeypatch.setattr("finetune.runs.worker.conclusions.run_publish", lambda run: None)
    run_succeed(running.pk, "w")
    [alert] = Alert.objects.all()
    assert alert.kind == "run.finished"
    assert alert.facts["state"] == "succeeded"
    assert alert.facts["fine_tuned_model"].startswith("ft:")


@pytest.mark.parametrize("state", ["succeeded", "failed", "cancelled"])
def test_how_the_trainer_ended_is_not_yet_how_the_run_ends(running, state):
    """It says so in its own log, a moment before the site; told of both, a person hears it twice,
    the first time while the run still is “running” and may yet be cancelled or go on."""
    run_events_copy(running.pk, [{**line(1, state=state), "type": "state"}])
    assert not Alert.objects.exists()
    run_fail(running.pk, "w", {"code": "data", "message": "m"})
    assert Alert.objects.count() == 1


def test_a_failure_is_told_without_its_text(running):
    run_fail(running.pk, "w", {"code": "data", "message": "“I am so tired” is no dialogue"})
    [alert] = Alert.objects.all()
    assert alert.kind == "run.failed"
    assert alert.facts["error"] == {"code": "data"}
    assert "tired" in alert.words
    assert "tired" not in str(alert.facts)
    assert running.name not in str(alert.facts)


def test_a_transaction_that_is_undone_tells_nothing(running, monkeypatch):
    def full(run: Run) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("finetune.runs.worker.conclusions.run_publish", full)
    with pytest.raises(OSError, match="disk full"):
        run_succeed(running.pk, "w")
    assert not Alert.objects.exists()


def test_an_explosion_is_one_message_for_each(running, team, alice):
    for name, kinds in (
        ("both", ["run.failed", "run.loss_spike"]),
        ("loss", ["run.loss_spike"]),
        ("failed", ["run.failed"]),
        ("neither", ["run.finished"]),
    ):
        webhook_create(team=team, user=alice, name=name, url=HOOK, kinds=kinds)
    run_fail(running.pk, "w", {"code": "exploding_loss", "message": "The loss exploded."})
    told = {row.webhook.name: row.kind for row in Delivery.objects.select_related("webhook")}
    assert told == {"both": "run.failed", "loss": "run.loss_spike", "failed": "run.failed"}


def test_silence_is_told_once_an_hour(running):
    assert silence_tell(running.pk, 20.0, told=False)
    assert not silence_tell(running.pk, 0.0, told=True)
    assert silence_tell(running.pk, 20.0, told=False)
    [alert] = Alert.objects.all()
    assert (alert.kind, alert.facts["silent_seconds"]) == ("run.stalled", 20)


def test_a_run_without_progress_is_told_after_a_silence(running):
    """Both are called stalled, and are two things."""
    silence_tell(running.pk, 20.0, told=False)
    run_events_copy(running.pk, [trouble(1, "no_progress")])
    assert [alert.facts["trouble"] is None for alert in Alert.objects.order_by("pk")] == [
        True, False,
    ]  # fmt: skip


def test_the_words_are_in_the_readers_language(running, team, alice, client):
    """They are kept in English; the sentences that they are made of stand in the run's log."""
    watch = Watch(RunSettings.from_dict({"steps": 100}))
    found = None
    for step, loss in enumerate([3.0, 2.9] * 10 + [9.0], 1):
        found = watch.step({"step": step, "train_loss": loss, "grad_norm": 1.0}) or found
    assert found is not None
    assert found.kind == "loss_spike"
    run_events_copy(running.pk, [{**line(1), "message": found.message, "data": found.data}])
    silence_tell(running.pk, 20.0, told=False)
    parts = [{"text": "The system ended the trainer because memory ran out.", "values": {}}]
    run_fail(running.pk, "w", {"code": "out_of_memory", "message": "The system…", "parts": parts})
    client.force_login(alice)
    for language, words in (
        ("en", ["The loss jumped to 9.00 in step 21", "No sign of life", "memory ran out"]),
        ("zh-hans", ["第 21 步", "没有任何动静", "内存耗尽"]),
    ):
        client.cookies["wukong_language"] = language
        with translation.override(language):  # put back at its end: a page leaves its own behind
            page = client.get(reverse("alerts")).content.decode()
            news = str(client.get(reverse("alerts-news")).json())
            mails = "".join(words_of(Alert.objects.select_related("run")).values())
        for text in (page, news, mails):
            assert [one for one in words if one not in text] == []


def test_who_gets_mail(running, team, alice, bob, charlie):
    for user, mine_only, by_mail in (
        (alice, True, True), (bob, True, True), (charlie, False, True),
    ):  # fmt: skip
        user.email = f"{user.username}@example.org"
        user.save()
        AlertChoice.objects.create(team=team, user=user, mine_only=mine_only, by_mail=by_mail)
    run_fail(running.pk, "w", {"code": "data", "message": "m"})
    # Bob wants his own runs alone; Charlie is not in the team, whatever a row says.
    assert [row.user for row in Delivery.objects.all()] == [alice]


def test_no_delivery_where_it_is_off_or_its_maker_has_left(running, team, alice, bob):
    off, _ = webhook_create(team=team, user=alice, name="off", url=HOOK, kinds=ALL)
    webhook_switch(hook=off, on=False)
    webhook_create(team=team, user=bob, name="bob's", url=HOOK, kinds=ALL)
    bob.memberships.all().delete()
    run_fail(running.pk, "w", {"code": "data", "message": "m"})
    assert not Delivery.objects.exists()
