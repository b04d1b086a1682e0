"""The quantum page: backends, keys that never show, chips drawn from stored figures."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from finetune.hardware.chips import calibration_store
from finetune.hardware.keys import quantum_key_create
from finetune.hardware.models import QuantumKey
from quantum.backends.registry import BACKENDS
from quantum.chips.calibration import Calibration, Coupler, QubitFigures

pytestmark = pytest.mark.django_db
SECRET = "0123456789abcdef-a-key-of-origin"


@pytest.fixture
def page(client, alice, team):
    client.force_login(alice)
    return client


@pytest.fixture
def key(team, alice):
    return quantum_key_create(team=team, user=alice, label="trial", secret=SECRET)


def add(client, **changes):
    values = {"label": "trial", "secret": SECRET, "url": "", **changes}
    return client.post(reverse("quantum-key-create"), values)


def test_every_backend_has_a_card(page):
    text = page.get(reverse("quantum")).content.decode()
    for spec in BACKENDS.values():
        assert f'<code class="small">{spec.name}</code>' in text
    assert "No key yet" in text
    assert "Needs a key" in text or "Not installed" in text


def test_a_backend_that_is_not_installed_says_how_to_get_it(page, monkeypatch):
    from dataclasses import replace

    from finetune.hardware import selectors

    missing = replace(BACKENDS["aer"], missing=lambda: "pip install the-missing-part")
    monkeypatch.setattr(selectors, "BACKENDS", {**BACKENDS, "aer": missing})
    text = page.get(reverse("quantum")).content.decode()
    assert "pip install the-missing-part" in text
    assert "Not installed" in text


def test_a_key_is_stored_and_shown_nowhere(page, team):
    answer = add(page)
    assert answer.status_code == 302
    row = QuantumKey.objects.get()
    assert row.team == team
    for path in (reverse("quantum"), reverse("quantum-explorer"), reverse("quantum-jobs")):
        text = page.get(path).content.decode()
        assert SECRET not in text
        assert row.encrypted not in text
    assert "…" + SECRET[-4:] in page.get(reverse("quantum")).content.decode()


def test_a_refused_key_is_not_sent_back(page):
    answer = add(page, label="kept", secret=f"{SECRET} with spaces", url="ftp://nowhere")
    assert answer.status_code == 422
    text = answer.content.decode()
    assert SECRET not in text
    assert 'value="kept"' in text
    assert "no spaces" in text
    assert not QuantumKey.objects.exists()


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9", "javascript:alert(1)", "http://169.254.169.254"]
)
def test_an_address_inside_is_refused(page, url):
    answer = add(page, url=url)
    assert answer.status_code == 422
    assert 'id="id_url_error"' in answer.content.decode()


def test_plain_http_is_told(page, key):
    assert "plain http" in page.get(reverse("quantum")).content.decode()


def test_reading_asks_again_until_there_is_an_answer(page, key):
    text = page.get(reverse("quantum"), headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in text
    assert 'hx-trigger="every 2s"' in text
    from finetune.hardware.chips import read_end

    read_end(key, chips=[{"name": "WK_C180", "online": True}], chips_problem="")
    text = page.get(reverse("quantum")).content.decode()
    assert "every 2s" not in text
    assert "WK_C180" in text
    answer = page.post(reverse("quantum-key-read", args=[key.public_id]))
    assert answer.status_code == 302
    assert QuantumKey.objects.get().reading


def test_nobody_answers(page, key):
    long_ago = timezone.now() - timedelta(hours=1)
    QuantumKey.objects.update(chips_asked_at=long_ago)
    text = page.get(reverse("quantum")).content.decode()
    assert "No worker has answered" in text
    assert "every 2s" not in text


def test_a_member_deletes_their_own_key_and_an_owner_any(client, key, team, alice, bob):
    client.force_login(bob)
    assert "Delete key" not in client.get(reverse("quantum")).content.decode()
    assert client.post(reverse("quantum-key-delete", args=[key.public_id])).status_code == 403
    own = quantum_key_create(team=team, user=bob, label="bob's", secret=SECRET)
    assert "Delete key" in client.get(reverse("quantum")).content.decode()
    client.force_login(alice)
    client.post(reverse("quantum-key-delete", args=[own.public_id]))
    assert QuantumKey.objects.get() == key


def test_deleting(page, key):
    page.post(reverse("quantum-key-delete", args=[key.public_id]))
    assert not QuantumKey.objects.exists()


def test_an_error_page_would_not_hold_the_key(page, settings, monkeypatch):
    """With debug pages on, an error in the middle of storing shows neither form nor variables."""
    from finetune.hardware import keys as quantum_keys

    def boom(*_args, **_kwargs):
        raise RuntimeError("boom")

    settings.DEBUG = True
    monkeypatch.setattr(quantum_keys, "url_check", boom)
    page.raise_request_exception = False
    answer = add(page)
    assert answer.status_code == 500
    assert "boom" in answer.content.decode()
    assert SECRET not in answer.content.decode()


def test_the_published_figures_stand_in_with_their_label(page):
    text = page.get(reverse("quantum-chips")).content.decode()
    assert "published typical figures, not a fetched calibration" in text
    assert len(re.findall(r'<line class="coupler f\d" x1="[\d.]+" y1="[\d.]+" x2', text)) >= 126
    assert text.count('<g class="qubit">') >= 72


def test_a_fetched_calibration_comes_first(page, key):
    figures = Calibration(
        "toy", "2026-01-01", 3, {0: QubitFigures(0.99, 0.9), 1: QubitFigures(0.99, 0.9)},
        (Coupler(0, 1, 0.98), Coupler(1, 2, 0.0)),
    )  # fmt: skip
    row = calibration_store(key=key, calibration=figures)
    answer = page.get(reverse("quantum-chips"))
    assert answer["Location"] == reverse("quantum-chip", args=[row.public_id])
    text = page.get(answer["Location"]).content.decode()
    assert row.fingerprint in text
    assert "Coupler 1–2: dead" in text
    assert "Qubit 2: not available" in text
    assert "2 of 3 qubits available, 1 couplers work, 1 do not" in text


def test_pages_hold_no_inline_style_or_script(page, key):
    for name in ("quantum", "quantum-chips", "quantum-jobs", "quantum-explorer"):
        text = page.get(reverse(name), follow=True).content.decode()
        assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\bsrc=)", text), name
