"""Keys of quantum clouds: encrypted at rest, never shown, deleted only when nothing needs them."""

from __future__ import annotations

import logging
import socket

import pytest
from django.core.management import call_command
from django.utils import timezone

from finetune.exceptions import StudioError
from finetune.hardware.keys import cloud_key_create, cloud_key_delete, cloud_key_text
from finetune.hardware.models import QuantumJob, QuantumKey

pytestmark = pytest.mark.django_db
SECRET = "0123456789abcdef-a-key-of-origin"


@pytest.fixture
def key(team, alice):
    return cloud_key_create(team=team, user=alice, label="trial", secret=SECRET)


def test_the_text_comes_back_and_is_not_in_the_row(key):
    assert cloud_key_text(key) == SECRET
    row = QuantumKey.objects.filter(pk=key.pk).values().get()
    assert SECRET not in str(row)
    assert row["last_four"] == SECRET[-4:]
    assert SECRET not in repr(key) + str(key) + str(key.__dict__)


def test_equal_keys_are_stored_differently(key, team, alice):
    again = cloud_key_create(team=team, user=alice, label="twin", secret=SECRET)
    assert again.encrypted != key.encrypted


def test_it_is_in_no_dump_and_no_log(key, tmp_path, caplog, team, alice):
    with caplog.at_level(logging.DEBUG):
        cloud_key_create(team=team, user=alice, label="logged", secret=SECRET)
    assert SECRET not in caplog.text
    call_command("dumpdata", "finetune", output=str(tmp_path / "dump.json"), verbosity=0)
    assert SECRET not in (tmp_path / "dump.json").read_text()


def test_an_older_secret_of_the_site_still_opens_it(key, settings):
    old = settings.SECRET_KEY
    settings.SECRET_KEY = "another-secret-of-the-site"
    with pytest.raises(StudioError, match="enter it again"):
        cloud_key_text(key)
    settings.SECRET_KEY_FALLBACKS = [old]
    assert cloud_key_text(key) == SECRET


@pytest.mark.parametrize(
    "text", ["", "short", "has a space inside it", "line\nbreak-in-key", "é" * 20, "x" * 513]
)
def test_what_cannot_be_a_key_is_refused(team, alice, text):
    with pytest.raises(StudioError) as caught:
        cloud_key_create(team=team, user=alice, label="bad", secret=text)
    assert caught.value.field == "secret"
    assert not QuantumKey.objects.exists()


@pytest.mark.parametrize(
    "url",
    [
        "ftp://cloud.example",
        "cloud.example",
        "https://",
        "https://name:word@cloud.example",
        "https://cloud.example/?a=b",
        "http://127.0.0.1:8000",
        "http://localhost:6379",
        "http://[::1]/",
        "http://10.0.0.1",
        "http://169.254.169.254/latest",
        "http://cloud.example:99999999",
        "http://2130706433",  # 127.0.0.1 in one number
        "http://[::ffff:127.0.0.1]",
        "http://[::127.0.0.1]",
        "http://[64:ff9b::10.0.0.1]",  # NAT64
        "http://[2002:7f00:1::]",  # 6to4
        "http://[ff02::1]",
        "http://224.0.0.1",
    ],
)
def test_an_address_leads_out_of_the_sites_own_network(team, alice, url):
    with pytest.raises(StudioError) as caught:
        cloud_key_create(team=team, user=alice, label="bad", secret=SECRET, url=url)
    assert caught.value.field == "url"


@pytest.mark.parametrize("address", ["127.0.0.1", "64:ff9b::a00:1", "fe80::1%eth0"])
def test_a_name_that_leads_into_the_sites_own_network_is_refused(address, team, alice, monkeypatch):
    found = [(0, 0, 0, "", ("93.184.216.34", 443)), (0, 0, 0, "", (address, 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *given, **more: found)
    with pytest.raises(StudioError, match="own network"):
        cloud_key_create(
            team=team, user=alice, label="bad", secret=SECRET, url="https://cloud.example"
        )


@pytest.mark.parametrize("host", ["a..b", "x" * 70 + ".example"])
def test_a_name_that_cannot_be_looked_up_ends_in_no_error(team, alice, host):
    made = cloud_key_create(
        team=team, user=alice, label="typo", secret=SECRET, url=f"https://{host}"
    )
    assert made.host == host


def test_public_addresses_of_both_kinds_are_allowed(team, alice):
    for address in ("93.184.216.34", "[2606:2800:220:1::1]", "[64:ff9b::5db8:d822]"):
        cloud_key_create(
            team=team, user=alice, label="good", secret=SECRET, url=f"https://{address}"
        )


def test_an_administrator_can_allow_a_double_on_loopback(team, alice, settings):
    settings.QUANTUM_PRIVATE_URLS = True
    made = cloud_key_create(
        team=team, user=alice, label="double", secret=SECRET, url="http://127.0.0.1:8000/"
    )
    assert made.url == "http://127.0.0.1:8000"
    assert made.host == "127.0.0.1:8000"
    assert made.in_the_clear


def test_only_members_add_keys(team, charlie):
    with pytest.raises(StudioError, match="member"):
        cloud_key_create(team=team, user=charlie, label="his", secret=SECRET)


@pytest.mark.parametrize("state", ["planned", "queued", "submit_unknown", "contact_lost"])
def test_a_key_with_open_jobs_stays(key, team, state):
    now = timezone.now()
    job = QuantumJob.objects.create(
        team=team, key=key, scope="s", fingerprint="f", backend="wukong", state=state, circuits=1,
        shots=1, total_shots=1, seconds_high=1, payload="{}", created_at=now, updated_at=now,
    )  # fmt: skip
    with pytest.raises(StudioError, match="1 job of “trial” has not ended"):
        cloud_key_delete(key=key)
    QuantumJob.objects.filter(pk=job.pk).update(state="failed")
    cloud_key_delete(key=key)
    job.refresh_from_db()
    assert job.key is None
