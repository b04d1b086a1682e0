"""The Procfile's own `tasks` worker under a real supervisor: killed anywhere, it comes back."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.conftest import ROOT, wait_until
from tests.wukongsite.processes.test_supervisor import command_of, lives

pytestmark = pytest.mark.processes
SECONDS = 90  # a worker imports for several seconds, more on a busy machine
STUDIO = """
import asyncio
from pathlib import Path
from wukongsite.processes import supervisor
supervisor.CALM_SECONDS = 0.0
services = supervisor.read_procfile(Path("Procfile"), set())
ours = [one for one in services if one.name in ("valkey", "tasks")]
assert len(ours) == 2
asyncio.run(supervisor.supervise(ours, [], "http://127.0.0.1:9/"))
"""
PARTS = """
import django, json
django.setup()
from wukongsite.console.queue import broker_part
from wukongsite.console.workers import workers_part
part = workers_part(broker=broker_part().well)
print("@@" + json.dumps([part.well, part.text, part.facts]))
"""


class Studio:
    """A supervisor of the broker and the `tasks` worker, on a data folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.settings",
            "WUKONG_TEST_DATA_DIR": str(folder),
            "PYTHONPATH": str(ROOT),
        }
        self.python("import django; django.setup()\n"
                    "from django.core.management import call_command\n"
                    "call_command('migrate', verbosity=0)")  # fmt: skip
        self.log = folder / "log"
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-c", STUDIO],
                cwd=ROOT,
                env=self.environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def python(self, code: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout

    def workers(self) -> list[psutil.Process]:
        """Every process of the worker: parent first, then beat and the pool's children."""
        children = psutil.Process(self.process.pid).children(recursive=True)
        found = [one for one in children if "tasks@%h" in command_of(one)]
        return sorted(found, key=lambda one: one.create_time())

    def sign(self) -> dict[str, Any]:
        try:
            (path,) = (self.folder / "workers").glob("tasks@*.json")
            return dict(json.loads(path.read_text()))
        except (ValueError, FileNotFoundError):
            return {}

    def whole(self, but: int = 0) -> list[psutil.Process] | None:
        """The worker's four processes, once its parent, another than `but`, gives signs."""
        found = self.workers()
        ready = len(found) >= 4 and self.sign().get("pid") == found[0].pid != but
        return found if ready else None


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    made = Studio(tmp_path_factory.mktemp("workers"))
    try:
        yield made
    finally:
        if made.process.poll() is None:
            made.process.send_signal(signal.SIGINT)
            made.process.wait(timeout=60)


def test_killed_at_its_parent_it_comes_back_and_nothing_is_left_of_it(studio: Studio) -> None:
    before = wait_until(studio.whole, seconds=SECONDS)
    before[0].kill()
    wait_until(lambda: not any(lives(one.pid) for one in before), seconds=SECONDS)
    after = wait_until(lambda: studio.whole(but=before[0].pid), seconds=SECONDS)
    assert not {one.pid for one in before} & {one.pid for one in after}
    assert "tasks ended (signal 9)" in studio.log.read_text()


def test_a_dead_beat_brings_the_worker_back(studio: Studio) -> None:
    """Celery itself would go on without a scheduler, and nothing would ever be reaped again."""
    before = wait_until(studio.whole, seconds=SECONDS)
    beat = studio.sign()["beat"]
    assert beat in {one.pid for one in before[1:]}
    os.kill(beat, signal.SIGKILL)
    wait_until(lambda: studio.whole(but=before[0].pid), seconds=SECONDS)
    assert "The beat process has died" in studio.log.read_text()


def test_the_console_knows_it_and_names_the_others(studio: Studio) -> None:
    wait_until(studio.whole, seconds=SECONDS)
    well, text, facts = json.loads(studio.python(PARTS).rsplit("@@", 1)[1])
    assert not well
    assert facts["tasks"] == "ready" or facts["tasks"].startswith("busy")
    for name in ("train", "quantum", "explorer", "errands"):
        assert facts[name] == "missing: never heard of"
        assert f"{name} is missing" in text


def test_a_killed_supervisor_takes_worker_and_broker_along(studio: Studio) -> None:
    before = wait_until(studio.whole, seconds=SECONDS)
    everybody = psutil.Process(studio.process.pid).children(recursive=True)
    assert {one.pid for one in before} < {one.pid for one in everybody}
    studio.process.kill()
    studio.process.wait()
    wait_until(lambda: not any(lives(one.pid) for one in everybody), seconds=SECONDS)
