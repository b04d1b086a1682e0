"""Long downloads come block by block, and hold every step and every line."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.test import AsyncClient, Client
from django.urls import reverse

from finetune import downloads
from finetune.runs.events import run_events_copy
from finetune.runs.models import Run
from finetune.runs.page import downloads as run_downloads
from tests.finetune.runs.test_events import line


def lines_of(steps: int) -> list[dict[str, Any]]:
    lines = [line(1, "evaluation", step=0, validation_loss=4.0)]
    for step in range(1, steps + 1):
        lines.append(line(len(lines) + 1, step=step, total_steps=steps, train_loss=step / 8))
        if step % 10 == 0:
            lines.append(line(len(lines) + 1, "evaluation", step=step, validation_loss=step / 4))
            lines.append(line(len(lines) + 1, "checkpoint", step=step))
    return lines


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_downloads, "BLOCK", 7)
    monkeypatch.setattr(downloads, "SHORT", 300)


def checked(text: str) -> None:
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [int(row["step"]) for row in rows] == list(range(61))
    assert rows[0]["validation_loss"] == "4.0"
    for row in rows[1:]:
        step = int(row["step"])
        assert float(row["train_loss"]) == step / 8
        assert row["validation_loss"] == ("" if step % 10 else str(step / 4))


@pytest.mark.django_db
def test_a_short_one_is_answered_whole(alice: Any, run_made: Run) -> None:
    run = run_events_copy(run_made.pk, lines_of(60))
    client = Client()
    client.force_login(alice)
    answer = client.get(reverse("run-metrics", args=[run.public_id]))
    assert not answer.streaming
    assert answer["Content-Disposition"] == f'attachment; filename="{run.public_id}.csv"'
    checked(answer.content.decode())


@pytest.mark.django_db
def test_a_long_one_comes_block_by_block(alice: Any, run_made: Run, small: None) -> None:
    run = run_events_copy(run_made.pk, lines_of(60))
    client = Client()
    client.force_login(alice)
    answer = client.get(reverse("run-metrics", args=[run.public_id]))
    blocks = list(answer.streaming_content)
    assert len(blocks) > 5
    checked(b"".join(blocks).decode())
    log = client.get(reverse("run-log", args=[run.public_id]))
    text = b"".join(log.streaming_content).decode()
    assert len(text.splitlines()) == run.last_seq


@pytest.mark.django_db(transaction=True)
async def test_it_streams_over_asgi(alice: Any, run_made: Run, small: None) -> None:
    """Django would collect a plain iterator before the first byte."""
    from asgiref.sync import sync_to_async

    run = await sync_to_async(run_events_copy)(run_made.pk, lines_of(60))
    client = AsyncClient()
    await client.aforce_login(alice)
    answer = await client.get(reverse("run-metrics", args=[run.public_id]))
    assert answer.is_async
    checked(b"".join([block async for block in answer]).decode())


@pytest.mark.django_db(transaction=True)
async def test_nothing_is_read_before_it_is_sent(
    alice: Any, run_made: Run, small: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from asgiref.sync import sync_to_async

    read: list[int] = []
    events_of = run_downloads.events_of

    def counted(*arguments: Any) -> Any:
        for block in events_of(*arguments):
            read.append(len(block))
            yield block

    monkeypatch.setattr(run_downloads, "events_of", counted)
    run = await sync_to_async(run_events_copy)(run_made.pk, lines_of(60))
    client = AsyncClient()
    await client.aforce_login(alice)
    answer = await client.get(reverse("run-log", args=[run.public_id]))
    before = len(read)
    assert before < 4
    async for _ in answer:
        pass
    assert len(read) > 2 * before


@pytest.mark.django_db
def test_an_evaluation_without_its_step_has_a_row_of_its_own(run_made: Run) -> None:
    run = run_events_copy(
        run_made.pk,
        [
            line(1, step=1, total_steps=2, train_loss=1.0),
            line(2, "evaluation", step=5, validation_loss=2.0),
            line(3, step=2, total_steps=2, train_loss=0.5),
        ],
    )
    steps = [step for block in run_downloads.steps_of(run) for step, _, _ in block]
    assert steps == [1, 5, 2]
