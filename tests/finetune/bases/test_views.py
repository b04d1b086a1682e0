"""The page of base models, its buttons, who may press them, and the table in the run form."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from finetune.bases import downloads, reach
from finetune.bases.catalogue.entries import ENTRIES
from finetune.bases.models import BaseDownload, BaseModel
from tests.doubles.model_hub import ModelHub

pytestmark = pytest.mark.django_db
SLUG = "qwen3-0-6b"
State = BaseDownload.State


@pytest.fixture(autouse=True)
def calm(team: Any, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """No task is sent: only noted."""
    sent: list[Any] = []
    for module in (downloads, reach):
        monkeypatch.setattr(module, "enqueue", lambda *call, **options: sent.append(call))
    cache.delete_many([reach.KEY, reach.ASKED])
    return sent


@pytest.fixture
def operator(alice: Any) -> Any:
    alice.is_staff = alice.is_superuser = True
    alice.save()
    return alice


def page(client: Client, user: Any) -> str:
    client.force_login(user)
    return client.get(reverse("bases")).content.decode()


def press(client: Client, user: Any, what: str, slug: str = SLUG, **typed: str) -> Any:
    client.force_login(user)
    return client.post(reverse(f"base-{what}", args=[slug]), typed, follow=True)


def test_every_model_is_shown_with_what_it_needs(client: Client, alice: Any, base: Any) -> None:
    text = page(client, alice)
    for entry in ENTRIES.values():
        assert entry.title in text
        assert entry.repository in text
        assert entry.licence[1] in text
    assert base.title in text
    assert text.count("pinned at the first download") == len(ENTRIES)
    assert "0.6 GB" in text  # the formula


def test_only_operators_may_download_unless_a_setting_says_so(
    client: Client, alice: Any, calm: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Only operators of this studio may download" in page(client, alice)
    assert "Download Qwen3 0.6B" not in page(client, alice)
    for what in ("download", "stop", "discard"):
        assert press(client, alice, what).status_code == 404
    assert not BaseDownload.objects.exists()
    monkeypatch.setattr(settings, "BASES_BY_TEAMS", True)
    assert "Download Qwen3 0.6B" in page(client, alice)
    assert press(client, alice, "download").status_code == 200
    assert ("base_download", BaseDownload.objects.get().pk) in calm


def test_a_click_downloads_and_a_second_one_does_nothing(
    client: Client, operator: Any, calm: list[Any]
) -> None:
    answer = press(client, operator, "download")
    assert "“Qwen3 0.6B” is being downloaded" in answer.content.decode()
    download = BaseDownload.objects.get()
    assert (download.slug, download.repository, download.state) == (
        SLUG, "Qwen/Qwen3-0.6B", State.WAITING,
    )  # fmt: skip
    press(client, operator, "download")
    assert calm.count(("base_download", download.pk)) == 1


def test_the_page_follows_a_download(client: Client, operator: Any) -> None:
    press(client, operator, "download")
    BaseDownload.objects.update(
        state=State.LOADING, done=300_000_000, total=1_200_000_000, revision="a" * 40
    )
    text = page(client, operator)
    assert 'hx-trigger="every 2s"' in text
    assert "300 MB of 1.2 GB, 25 %" in text
    assert "a" * 40 in text
    press(client, operator, "stop")
    assert BaseDownload.objects.get().stop_asked
    assert "Stop it first" in press(client, operator, "discard").content.decode()
    BaseDownload.objects.update(state=State.STOPPED, stop_asked=False)
    text = page(client, operator)
    assert "Go on (300 MB are here)" in text
    assert "Throw away" in text
    press(client, operator, "discard")
    assert BaseDownload.objects.get().done == 0
    assert BaseDownload.objects.get().revision == "a" * 40


def test_a_licence_stands_before_the_button(client: Client, operator: Any) -> None:
    slug = "gemma-3-270m-it"
    assert "I have read the licence (Gemma)" in page(client, operator)
    assert "accept it first" in press(client, operator, "download", slug).content.decode()
    assert not BaseDownload.objects.exists()
    press(client, operator, "download", slug, accepted="on")
    assert BaseDownload.objects.get().accepted_by == operator
    assert f"accepted here by {operator}" in page(client, operator)


@pytest.mark.parametrize(
    ("code", "facts", "words"),
    [
        ("offline", {"hub": "http://hub"}, "http://hub cannot be reached from this machine"),
        ("gated", {"page": "http://hub/x"}, "Accept it at http://hub/x"),
        ("disk", {"needed": 2e9, "free": 1e9, "margin": 5e8}, "needs 2.0 GB more"),
        ("hash", {"file": "model.safetensors"}, "model.safetensors came with other bytes"),
        ("in_way", {}, "An operator moves it away"),
        ("another", {}, "said by the process"),
    ],
)
def test_a_failure_says_what_to_do(
    client: Client, operator: Any, code: str, facts: dict[str, Any], words: str
) -> None:
    press(client, operator, "download")
    BaseDownload.objects.update(
        state=State.FAILED, code=code, facts=facts, problem="said by the process", done=5
    )
    assert words in page(client, operator)


def test_a_base_that_came_is_ready_to_start_from(client: Client, operator: Any, base: Any) -> None:
    press(client, operator, "download")
    BaseModel.objects.create(slug=SLUG, title="Qwen3 0.6B", source="/x", state="ready",
                             parameters=596_049_920, sizes=ENTRIES[SLUG].sizes.to_dict(),
                             revision="b" * 40)  # fmt: skip
    BaseDownload.objects.update(
        state=State.DONE, base=BaseModel.objects.get(slug=SLUG), revision="b" * 40
    )
    text = page(client, operator)
    assert f"{reverse('run-new')}?base={SLUG}" in text
    assert text.count("b" * 40) == 1


def test_without_a_network_the_page_says_so_and_how_to_bring_a_folder(
    client: Client, alice: Any, monkeypatch: pytest.MonkeyPatch, hub: ModelHub
) -> None:
    monkeypatch.setattr(settings, "HUB_URL", "http://127.0.0.1:9")
    reach.hub_look()
    text = page(client, alice)
    assert "http://127.0.0.1:9 cannot be reached from this machine" in text
    assert "bring a folder" in text
    monkeypatch.setattr(settings, "HUB_URL", hub.url)
    reach.hub_look()
    assert "cannot be reached" not in page(client, alice)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    reach.hub_look()
    assert "HF_HUB_OFFLINE" in page(client, alice)


def test_the_run_form_tells_what_each_base_needs(
    client: Client, alice: Any, base: Any, dataset: Any
) -> None:
    client.force_login(alice)
    text = client.get(reverse("run-new")).content.decode()
    assert f"{len(ENTRIES)} more to download" in text
    assert f"{reverse('bases')}#base-{SLUG}" in text


def test_who_accepted_a_licence_is_shown_to_operators_alone(
    client: Client, alice: Any, bob: Any, charlie: Any
) -> None:
    press_as = BaseDownload(slug=SLUG, title="Qwen3", repository="Qwen/Qwen3-0.6B", state="stopped")
    press_as.accepted_by, press_as.accepted_at = bob, timezone.now()
    press_as.save()
    assert "accepted here, " in page(client, charlie)  # of another team
    assert f"accepted here by {bob.username}" not in page(client, charlie)
    alice.is_staff = alice.is_superuser = True
    alice.save()
    assert f"accepted here by {bob.username}" in page(client, alice)
    BaseDownload.objects.update(accepted_by=None)  # the account is gone
    assert "None" not in page(client, alice)
