"""The console's quantum pages: what is secret does not show, actions go through the services."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from finetune.explorer.models import QuantumExperiment
from finetune.hardware.chips import calibration_store
from finetune.hardware.keys import quantum_key_create
from finetune.hardware.models import QuantumJob, QuantumKey
from quantum.chips.published import published_72

SECRET = "0123456789abcdef-a-key-of-origin"


@pytest.fixture
def console(db: None) -> Client:
    root = get_user_model().objects.create_superuser("root", password="a-good-password-9")
    client = Client()
    client.force_login(root)
    return client


@pytest.fixture
def key(team: Any, alice: Any) -> QuantumKey:
    return quantum_key_create(team=team, user=alice, label="trial", secret=SECRET)


@pytest.fixture
def job(team: Any, key: QuantumKey) -> QuantumJob:
    now = timezone.now()
    payload = '{"circuits":[{"n_qubits":1,"operations":[["h",[0]]]}],"seed":null,"shots":10}'
    return QuantumJob.objects.create(
        team=team, key=key, scope="s", fingerprint="f", backend="wukong", circuits=1, shots=10,
        total_shots=10, seconds_high=4.0, payload=payload, created_at=now, updated_at=now,
    )  # fmt: skip


def act(client: Client, action: str, row: Any) -> str:
    answer = client.post(
        reverse(f"admin:finetune_{row._meta.model_name}_changelist"),
        {"action": action, "_selected_action": [row.pk]},
        follow=True,
    )
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_pages_open_and_hold_no_secret(
    console: Client, key: QuantumKey, job: QuantumJob, team: Any
) -> None:
    rows = [
        key, job, calibration_store(key=key, calibration=published_72()),
        QuantumExperiment.objects.create(team=team, name="one", spec={}),
    ]  # fmt: skip
    for row in rows:
        stem = f"admin:finetune_{row._meta.model_name}"
        for path in (reverse(f"{stem}_changelist"), reverse(f"{stem}_change", args=[row.pk])):
            text = console.get(path).content.decode()
            assert SECRET not in text
            assert key.encrypted not in text
    assert "…" + SECRET[-4:] in console.get(
        reverse("admin:finetune_quantumkey_changelist")
    ).content.decode()  # fmt: skip


def test_a_key_in_use_is_not_deleted(console: Client, key: QuantumKey, job: QuantumJob) -> None:
    assert "not ended" in act(console, "remove", key)
    assert "Cancel asked for: 1" in act(console, "cancel", job)
    assert "Deleted: 1" in act(console, "remove", key)
    assert not QuantumKey.objects.exists()


def test_a_decision_is_made_for_unclear_jobs_only(console: Client, job: QuantumJob) -> None:
    assert "needs no decision" in act(console, "not_sent", job)
    QuantumJob.objects.update(state="submit_unknown")
    assert "Marked as failed: 1" in act(console, "not_sent", job)
    job.refresh_from_db()
    assert job.state == "failed"
    assert "root" in job.message


def test_reading_again(console: Client, key: QuantumKey) -> None:
    QuantumKey.objects.update(chips_asked_at=None)
    assert "Being read: 1" in act(console, "read_again", key)
    assert QuantumKey.objects.get().reading
