"""A team's studio in this process, for requests that are made up from the OpenAPI document.

The database refuses what PostgreSQL would refuse: SQLite takes null characters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import aclosing
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.db import connection
from django.test import AsyncClient

from finetune.datasets.parts.services import upload_create
from finetune.text import json_value, text_problem
from tests.api.generated.bad_requests import Request
from tests.api.generated.bodies import bodies


class Studio:
    """Alice's client, and things of hers and of Charlie's to ask for."""

    def __init__(self, secret: str, ids: dict[str, list[str]], file: str) -> None:
        self.client = AsyncClient(raise_request_exception=False)
        self.headers = {"Authorization": f"Bearer {secret}"}
        self.ids = ids
        self.bodies = bodies(file)

    def send(self, request: Request) -> Any:
        address = f"{request.path}?{request.query}" if request.query else request.path
        return async_to_sync(self.answer)(request, address)

    async def answer(self, request: Request, address: str) -> Any:
        kind = request.content_type
        if request.query.count("&") >= 1000:
            # Django's test client reads the query of a request with a charset as it makes it, and
            # fails; tests/wukongsite/http/test_bodies.py sends one through the site's own handler.
            kind = kind.partition(";")[0]
        answer = await self.client.generic(
            request.method,
            address,
            request.body,
            content_type=kind,
            headers=self.headers | request.headers,
        )
        if answer.streaming:
            async with aclosing(aiter(answer)) as chunks:
                assert await anext(chunks)
                if not answer["Content-Type"].startswith("text/event-stream"):  # that may not end
                    async for chunk in chunks:
                        assert chunk
        return answer


@pytest.fixture
def studio(
    team: Any,
    alice: Any,
    run_made: Any,
    dataset: Any,
    other_team: Any,
    settings: Any,
    monkeypatch: Any,
) -> Iterator[Studio]:
    from finetune.alerts.models import Webhook
    from finetune.evaluation.models import Evaluation
    from finetune.exports.models import Export
    from finetune.hardware.models import QuantumJob
    from finetune.runs.models import Run, RunEvent
    from finetune.studies.form.matching import matched_settings
    from finetune.studies.models import Study
    from finetune.teams.keys.services import key_create
    from tests.conftest import checked_dataset

    # The test's transaction looks like an abandoned one; Django's client does this for requests.
    monkeypatch.setattr("channels.db.close_old_connections", lambda: None)
    # Each request here has an event loop of its own, and ends it: too short for a subscription.
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
    settings.API_REQUESTS_PER_MINUTE = 10**9
    settings.API_REPEAT_SECONDS = 0
    settings.ENGINE_URL = "http://127.0.0.1:9"
    _, secret = key_create(team=team, user=alice, name="bad requests")
    done = Run.objects.get(pk=run_made.pk)
    done.pk, done.public_id, done.state = None, "ftjob-0123456789abcdef01234567", "succeeded"
    done.save()
    RunEvent.objects.create(
        run=done, seq=1, time=done.created_at, type="checkpoint", data={"step": 7}
    )
    theirs = checked_dataset(other_team, other_team.members.first())
    foreign = Run.objects.get(pk=run_made.pk)
    foreign.pk, foreign.public_id, foreign.team = None, "ftjob-f00000000000000000000000", other_team
    foreign.dataset = theirs
    foreign.save()
    short = done.public_id.removeprefix("ftjob-")
    ids = {
        "file_id": [dataset.public_id, theirs.public_id, f"file-results-{short}"],
        "kind": ["near_duplicate", "near_duplicates", "personal_data"],
        "number": ["0", "7"],
        "fine_tuning_job_id": [run_made.public_id, done.public_id, foreign.public_id],
        "model": [
            "smollm2-135m-instruct", done.fine_tuned_model, f"{done.fine_tuned_model}:ckpt-step-7",
            foreign.public_id,
        ],
        "event": [f"ftevent-{short}-1", "ftevent-f00000000000000000000000-1"],
        "export_id": [
            Export.objects.create(run=run, parts=["adapter"]).public_id for run in (done, foreign)
        ],
        "evaluation_id": [
            Evaluation.objects.create(
                team=run.team, run=run, base=run.base, kind="scores"
            ).public_id
            for run in (done, foreign)
        ],
        "study_id": [
            Study.objects.create(
                team=run.team, name="s", base=run.base, dataset=run.dataset, adapter="qtha",
                config=matched_settings(run.settings).model_dump(),
            ).public_id
            for run in (done, foreign)
        ],
        "upload_id": [
            upload_create(
                team=one, user=one.members.first(), filename="a.jsonl", size=10
            ).public_id
            for one in (team, other_team)
        ],
        "quantum_job_id": [
            QuantumJob.objects.create(
                team=run.team, run=run, scope=run.public_id, fingerprint="f", backend="wukong",
                circuits=1, shots=1, total_shots=1, seconds_high=1.0, payload="{}",
                created_at=run.created_at, updated_at=run.created_at,
            ).public_id
            for run in (done, foreign)
        ],
        "webhook_id": [
            Webhook.objects.create(
                team=one, created_by=one.members.first(), name="Lab", url="https://example.org/"
            ).public_id
            for one in (team, other_team)
        ],
    }  # fmt: skip
    with connection.execute_wrapper(strict):
        yield Studio(secret, ids, dataset.public_id)


def strict(execute: Any, sql: str, parameters: Any, many: bool, context: Any) -> Any:
    """Refuse what PostgreSQL refuses."""
    for row in parameters if many else [parameters or ()]:
        for value in row.values() if isinstance(row, dict) else row:
            if isinstance(value, str) and text_problem(value):
                raise ValueError(f"PostgreSQL takes no such text: {ascii(value[:80])}")
            # A suffix may look like JSON; what is kept as JSON is longer.
            if sql.startswith(("INSERT", "UPDATE")) and re.match(r'\{".{64}', str(value)):
                json_value(value)
    return execute(sql, parameters, many, context)
