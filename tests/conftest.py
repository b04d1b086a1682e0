"""The cast (Alice owns, Bob is in her team, Charlie must see nothing) and the real parts."""

from __future__ import annotations

import copy
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.utils import translation

pytest_plugins = ["tests.garbage", "tests.postgresql", "tests.production", "tests.sharing"]
DEMO: list[tuple[dict[str, Any], dict[str, bytes]]] = []
ROOT = Path(__file__).resolve().parent.parent
# Seconds: what comes at all comes by then, on a machine with much else to do as well.
PATIENCE = 300.0
SHAPES = {
    f"model.layers.{layer}.self_attn.{name}": list(shape)
    for layer in range(30)
    for name, shape in {
        "q_proj": (576, 576),
        "k_proj": (192, 576),
        "v_proj": (192, 576),
        "o_proj": (576, 576),
    }.items()
} | {
    f"model.layers.{layer}.mlp.{name}": list(shape)
    for layer in range(30)
    for name, shape in {
        "gate_proj": (1536, 576),
        "up_proj": (1536, 576),
        "down_proj": (576, 1536),
    }.items()
}


@pytest.fixture(scope="session")
def valkey() -> Iterator[str]:
    """A real Valkey server on a socket of the session's own, or the one of `VALKEY_URL`."""
    from django.conf import settings

    if not settings.VALKEY_IS_OURS:
        yield settings.VALKEY_URL
        return
    process = subprocess.Popen(
        [sys.executable, "-m", "wukongsite.processes.broker"],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"},
    )
    import redis

    client = redis.Redis.from_url(settings.VALKEY_URL)
    deadline = time.monotonic() + 120  # on a busy machine it takes long to start
    while True:
        try:
            client.ping()
            break
        except (redis.ConnectionError, redis.BusyLoadingError):
            assert process.poll() is None, "Valkey ended at once"
            assert time.monotonic() < deadline, "Valkey did not answer within 120 s"
            time.sleep(0.05)
    client.close()
    yield settings.VALKEY_URL
    process.terminate()
    process.wait(timeout=10)


@pytest.fixture(autouse=True)
def _language_of_the_next_test() -> Iterator[None]:
    """A page in Chinese leaves its language active, which every test after it would speak."""
    yield
    translation.deactivate()


@pytest.fixture(autouse=True)
def _valkey_for_database_tests(request: pytest.FixtureRequest) -> None:
    """Whatever touches the database may also ring a bell, count a sign-in or send a task."""
    if {"db", "transactional_db"} & set(request.fixturenames) or request.node.get_closest_marker(
        "django_db"
    ):
        request.getfixturevalue("valkey")
        from django.core.cache import cache

        cache.clear()


@pytest.fixture
def alice(db: None) -> Any:
    from finetune.teams.models import User

    return agreed(User.objects.create_user("alice", password="a-good-password-1"))


def agreed(user: Any) -> Any:
    """The person, having agreed to what talking here means."""
    from chat.consent.services import consent_give

    consent_give(user=user, language="en")
    return user


@pytest.fixture
def team(alice: Any) -> Any:
    from finetune.teams.services import team_create

    return team_create(name="Acorn", owner=alice)


@pytest.fixture
def bob(team: Any) -> Any:
    from finetune.teams.models import User
    from finetune.teams.services import member_add

    user = User.objects.create_user("bob", password="a-good-password-2")
    member_add(team=team, user=user)
    return agreed(user)


@pytest.fixture
def charlie(db: None) -> Any:
    from finetune.teams.models import User
    from finetune.teams.services import team_create

    user = User.objects.create_user("charlie", password="a-good-password-3")
    team_create(name="Chestnut", owner=user)
    return agreed(user)


@pytest.fixture
def other_team(charlie: Any) -> Any:
    return charlie.teams.get()


@pytest.fixture
def base(db: None) -> Any:
    """A ready base with SmolLM2's real shapes; its weights are not needed by pages."""
    from finetune.bases.models import BaseModel

    return BaseModel.objects.create(
        slug="smollm2-135m-instruct",
        title="SmolLM2 135M Instruct",
        source="/nonexistent/base",
        licence="Apache-2.0",
        state=BaseModel.State.READY,
        parameters=134_515_008,
        max_positions=8192,
        shapes=SHAPES,
    )


@pytest.fixture
def dataset(team: Any, alice: Any) -> Any:
    """A checked data set, as the check leaves it, of the demo dialogues."""
    return checked_dataset(team, alice)


def checked_dataset(team: Any, user: Any) -> Any:
    """The demo dialogues as a team's checked data set: the check runs once in a process, and what
    it has left, columns and files, is copied for each test."""
    from finetune.datasets.models import Dataset

    columns, files = demo_checked(team, user)
    dataset = Dataset.objects.create(team=team, created_by=user, **copy.deepcopy(columns))
    dataset.folder.mkdir(parents=True)
    for name, content in files.items():
        (dataset.folder / name).write_bytes(content)
    return dataset


def demo_checked(team: Any, user: Any) -> tuple[dict[str, Any], dict[str, bytes]]:
    """The columns and files of a data set that has been uploaded and checked."""
    if not DEMO:
        from django.core.files.uploadedfile import SimpleUploadedFile

        from finetune.datasets import demo
        from finetune.datasets.checking import dataset_check
        from finetune.datasets.services import dataset_upload

        file = SimpleUploadedFile("demo.jsonl", demo.path().read_bytes())
        dataset = dataset_upload(team=team, user=user, file=file, name="Demo")
        dataset_check(dataset.pk)
        dataset.refresh_from_db()
        assert dataset.state == "ready", dataset.problem
        own = {"id", "public_id", "team", "created_by", "created_at"}
        columns = [field.name for field in dataset._meta.concrete_fields if field.name not in own]
        DEMO.append(
            (
                {name: getattr(dataset, name) for name in columns},
                {path.name: path.read_bytes() for path in dataset.folder.iterdir()},
            )
        )
        shutil.rmtree(dataset.folder)
        dataset.delete()
    return DEMO[0]


@pytest.fixture
def run_made(team: Any, alice: Any, base: Any, dataset: Any) -> Any:
    """A queued run with its first events; no worker is there to take it."""
    from finetune.training.presets import PRESETS
    from tests.finetune.conftest import run_ordered

    values = PRESETS["quick"].values
    return run_ordered(team, alice, base, dataset, values, name="First run", preset="quick")


@pytest.fixture(scope="session")
def wait_for() -> Callable[..., Any]:
    return wait_until


def wait_until(what: Callable[[], Any], seconds: float = PATIENCE, every: float = 0.05) -> Any:
    """Wait until `what` returns something true, and return it."""
    deadline = time.monotonic() + seconds
    while True:
        found = what()
        if found:
            return found
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(every)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(terminalreporter: Any) -> Iterator[None]:
    """Name what failed, and the browser tests that were skipped, in the last lines."""
    yield
    stats = terminalreporter.stats
    failed = [report.nodeid for kind in ("failed", "error") for report in stats.get(kind, [])]
    if failed:  # with CI set, pytest's own summary repeats whole differences
        terminalreporter.section(f"{len(failed)} failed", red=True)
        for name in failed:
            terminalreporter.write_line(f"  {name}")
    skipped = [
        report
        for report in stats.get("skipped", [])
        if "browser" in getattr(report, "keywords", {})
    ]
    if not skipped:
        return
    terminalreporter.section(f"{len(skipped)} browser tests were skipped", red=True)
    for report in skipped:
        terminalreporter.write_line(f"  {report.nodeid}")
    reasons = sorted({str(report.longrepr[2]) for report in skipped})
    terminalreporter.write_line("; ".join(reasons))
