"""A studio for benchmarks of the chat: broker, web process and engine on a data folder of its own.

One person, one team, one assistant (a base, or a base with a trained adapter) and a key of the API.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from benchmarks.frame import answers, free_port, processes, studio_prepared, studio_settings

if TYPE_CHECKING:
    from finetune.runs.assistants import Assistant

SLUG = "base"
READY_SECONDS = 180


@dataclass(frozen=True)
class Studio:
    """What is running.

    Attributes:
        port: of the web process.
        engine: port of the real engine.
        assistant: who is talked to.
        secret: a key of the API.
    """

    port: int
    engine: int
    assistant: Assistant
    secret: str

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def http(self) -> httpx.Client:
        """A client of the API, with the key."""
        return httpx.Client(
            base_url=self.url,
            headers={"Authorization": f"Bearer {self.secret}"},
            timeout=600,  # beside a training a reply may take minutes
            trust_env=False,
        )


@contextmanager
def studio(
    *, base: Path, encoders: Path, adapter: Path | None = None, speaks: int = 0
) -> Iterator[Studio]:
    """Start it, wait until it is ready, and end it.

    Django of this process looks at the same database from here on.

    Args:
        adapter: of a tuned assistant; without one the base is talked to.
        speaks: port of another engine that the web process asks in place of the real one.
    """
    if not encoders.is_dir():
        raise SystemExit(f"there is no folder {encoders}: make setup fetches the encoders")
    with tempfile.TemporaryDirectory() as folder:
        port, engine = free_port(), free_port()
        studio_settings(folder, port)
        os.environ["WUKONG_ENGINE_PORT"] = str(speaks or engine)
        studio_prepared()
        assistant, secret = seeded(base, adapter)
        engine_line = (
            f"chat.engine --assistants {folder}/assistants --port {engine}"
            f" --key-file {folder}/secrets/engine-key --encoders {encoders.resolve()}"
        )
        with processes("wukongsite.processes.broker", "wukongsite.processes.web", engine_line):
            ready(port, engine)
            yield Studio(port, engine, assistant, secret)


def seeded(base: Path, adapter: Path | None) -> tuple[Assistant, str]:
    """A person, a team, a published assistant; returns it and a key of the API."""
    import django

    django.setup()
    from finetune.bases import publishing
    from finetune.bases.models import BaseModel
    from finetune.bases.services import shapes_read
    from finetune.datasets.models import Dataset
    from finetune.runs.assistants import assistant_of_base, assistant_of_run
    from finetune.runs.models import Run
    from finetune.teams.keys.services import key_create
    from finetune.teams.models import User
    from finetune.teams.services import team_create
    from finetune.training.settings import DEFAULT_SYSTEM_PROMPT

    person = User.objects.create_user("alice")
    team = team_create(name="Acorn", owner=person)
    row = BaseModel.objects.create(
        slug=SLUG, title="Base", source=str(base.resolve()), state="ready", max_positions=8192
    )
    if (base / "config.json").exists():
        shapes_read(row)  # its languages too: they decide what a model is asked
        assert row.state == BaseModel.State.READY, row.problem
    else:  # another engine speaks for it
        publishing.base_publish(row)
    assistant: Assistant | None = assistant_of_base(row)
    if adapter is not None:
        run = Run.objects.create(
            team=team,
            created_by=person,
            name="Tuned",
            base=row,
            dataset=Dataset.objects.create(team=team, name="Talks", filename="talks.jsonl"),
            state=Run.State.SUCCEEDED,
            config={"system_prompt": DEFAULT_SYSTEM_PROMPT, "suffix": "tuned"},
        )
        publishing.publish(
            run.public_id, base=row.source, adapter=adapter.resolve(), owned_by=team.slug
        )
        assistant = assistant_of_run(run)
    assert assistant is not None, "a run that succeeded has an assistant"
    _, secret = key_create(team=team, user=person, name="benchmark")
    return assistant, secret


def ready(port: int, engine: int) -> None:
    """Wait for the web process, and for an engine that has warmed up."""
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        try:
            health = httpx.get(f"http://127.0.0.1:{engine}/health", timeout=5).json()
            if answers(port) and health["ready"]:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.2)
    raise SystemExit(f"Web process and engine were not ready within {READY_SECONDS} s.")
