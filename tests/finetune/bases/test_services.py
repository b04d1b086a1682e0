"""A base model's inspection is found again when it was lost, and never done twice at once."""

from __future__ import annotations

import subprocess
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from finetune.bases import services as bases
from finetune.bases.models import BaseModel
from finetune.file_locks import alone

pytestmark = pytest.mark.django_db


@pytest.fixture
def waiting() -> BaseModel:
    base = BaseModel.objects.create(slug="lost", title="Lost", source="/nowhere/base")
    old = timezone.now() - timedelta(minutes=5)
    BaseModel.objects.filter(pk=base.pk).update(created_at=old)
    return base


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    found: list[tuple[str, int]] = []
    monkeypatch.setattr(bases, "enqueue", lambda *call: found.append(call))
    return found


def test_a_lost_inspection_is_sent_again(waiting: BaseModel, sent: list[Any]) -> None:
    bases.bases_recheck()
    assert sent == [("base_inspect", waiting.pk)]
    bases.base_inspect(waiting.pk)
    waiting.refresh_from_db()
    assert waiting.state == BaseModel.State.FAILED
    bases.bases_recheck()
    assert len(sent) == 1


def test_one_that_is_at_work_is_left_alone(
    waiting: BaseModel, sent: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []
    monkeypatch.setattr(bases, "shapes_read", lambda base: read.append(base.pk))
    with alone(bases.lock_of(waiting)) as mine:
        assert mine
        bases.bases_recheck()
        bases.base_inspect(waiting.pk)  # a message that comes twice
    assert (sent, read) == ([], [])


def test_one_that_takes_too_long_has_an_end(
    waiting: BaseModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*arguments: Any, **options: Any) -> None:
        raise subprocess.TimeoutExpired("inspect", options["timeout"])

    monkeypatch.setattr(bases.subprocess, "run", never)
    bases.base_inspect(waiting.pk)
    waiting.refresh_from_db()
    assert waiting.state == BaseModel.State.FAILED
    assert "within 600 s" in waiting.problem
