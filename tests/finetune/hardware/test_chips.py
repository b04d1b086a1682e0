"""Reading chips through the real SDK from the contract double, as a worker does it."""

from __future__ import annotations

import pytest

from finetune.hardware import chips as quantum_chips
from finetune.hardware.chips import chips_read, wukong_backend
from finetune.hardware.keys import quantum_key_create
from finetune.hardware.models import QuantumCalibration, QuantumKey
from finetune.hardware.selectors import tariff
from tests.doubles.wukong_cloud import WukongDouble

pytestmark = [pytest.mark.django_db]
SECRET = "0123456789abcdef-chips"


@pytest.fixture
def key(team, alice, settings):
    settings.QUANTUM_PRIVATE_URLS = True
    with WukongDouble() as double:
        made = quantum_key_create(
            team=team, user=alice, label="double", secret=SECRET, url=double.url
        )
        made.double = double
        yield made
    quantum_chips.KEPT.clear()


def test_chips_and_figures_are_kept(key):
    assert QuantumKey.objects.get(pk=key.pk).reading
    chips_read(key.pk)
    row = QuantumKey.objects.get(pk=key.pk)
    assert not row.reading
    assert row.chips_problem == ""
    assert row.last_used_at is not None
    online = {chip["name"] for chip in row.chips if chip["online"]}
    kept = {one.chip for one in QuantumCalibration.objects.filter(team=row.team, key=row)}
    assert "72" in online
    assert "72" in kept
    assert kept <= online
    stored = QuantumCalibration.objects.filter(chip="72").get()
    assert stored.calibration.fingerprint() == stored.fingerprint
    assert stored.calibration.live_couplers


def test_a_cloud_that_fails_is_told_in_words(key):
    key.double.fault("chips", "500")
    chips_read(key.pk)
    row = QuantumKey.objects.get(pk=key.pk)
    assert not row.reading
    assert "could not be read" in row.chips_problem
    assert SECRET not in row.chips_problem
    assert not QuantumCalibration.objects.exists()


def test_an_address_that_is_not_allowed_any_more_is_not_asked(key, settings):
    chips_read(key.pk)  # while it is allowed, so that its backend is kept
    assert QuantumKey.objects.get(pk=key.pk).chips_problem == ""
    asked = key.double.calls["chips"]
    settings.QUANTUM_PRIVATE_URLS = False
    chips_read(key.pk)
    assert "own network" in QuantumKey.objects.get(pk=key.pk).chips_problem
    assert key.double.calls["chips"] == asked


def test_the_key_shows_nowhere(key):
    backend = wukong_backend(key, {"chip": "72"})
    assert SECRET not in repr(backend)
    assert wukong_backend(key, {"chip": "72"}) is backend


def test_a_key_that_is_gone_is_nobodys(key):
    pk = key.pk
    key.delete()
    chips_read(pk)


def test_money_is_shown_only_with_a_tariff(settings):
    assert tariff() is None
    settings.QUANTUM_TARIFF = 17.0
    assert tariff().per_second == 17.0
