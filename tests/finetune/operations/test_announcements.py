"""What the operator tells everybody is on every page, for its time, in the reader's language."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from finetune.operations.models import Announcement
from finetune.operations.selectors import announced
from finetune.teams.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh() -> Any:
    cache.clear()
    yield
    cache.clear()


def texts() -> list[str]:
    return [one.text for one in announced()]


def test_each_shows_for_its_time_and_three_at_most() -> None:
    now = timezone.now()
    hour = timedelta(hours=1)
    made = Announcement.objects.create
    made(text="over", starts_at=now - 2 * hour, ends_at=now - hour)
    made(text="to come", starts_at=now + hour)
    assert texts() == []
    cache.clear()
    for number in range(4):
        made(text=f"now {number}", starts_at=now - hour + timedelta(minutes=number))
    made(text="soon over", starts_at=now - 3 * hour, ends_at=now + hour)
    assert texts() == ["now 3", "now 2", "now 1"]


def test_those_who_read_chinese_read_chinese_where_it_was_written() -> None:
    Announcement.objects.create(text="Closed on Sunday", text_zh="周日关闭")
    Announcement.objects.create(text="English only", starts_at=timezone.now() - timedelta(hours=1))
    with translation.override("zh-hans"):
        assert texts() == ["周日关闭", "English only"]
    with translation.override("en"):
        assert texts() == ["Closed on Sunday", "English only"]


def test_what_the_console_saves_is_on_the_next_page(alice: Any) -> None:
    root = Client()
    root.force_login(User.objects.create_superuser("root", password="a-good-password-9"))
    person = Client()
    person.force_login(alice)
    assert "announcement" not in person.get("/").content.decode()
    form = {
        "text": "Back at <noon>",
        "text_zh": "",
        "tone": "warning",
        "starts_at_0": "2026-01-01",
        "starts_at_1": "00:00",
        "ends_at_0": "2025-01-01",
        "ends_at_1": "00:00",
    }
    address = reverse("admin:finetune_announcement_add")
    refused = root.post(address, form)
    assert "It would end before it starts." in refused.content.decode()
    answer = root.post(address, {**form, "ends_at_0": "", "ends_at_1": ""})
    assert answer.status_code == 302
    page = person.get("/").content.decode()
    assert "Back at &lt;noon&gt;" in page
    assert "Please note:" in page
    assert "Back at" in Client().get(reverse("sign-in")).content.decode()
    one = Announcement.objects.get()
    root.post(reverse("admin:finetune_announcement_delete", args=[one.pk]), {"post": "yes"})
    assert "Back at" not in person.get("/").content.decode()


def test_staff_without_the_right_cannot_announce(alice: Any) -> None:
    alice.is_staff = True
    alice.save()
    alice.user_permissions.add(Permission.objects.get(codename="view_announcement"))
    client = Client()
    client.force_login(alice)
    assert client.get(reverse("admin:finetune_announcement_changelist")).status_code == 200
    assert client.get(reverse("admin:finetune_announcement_add")).status_code == 403
