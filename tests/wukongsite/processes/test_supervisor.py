"""The supervisor with real processes: what dies comes back, nothing outlives it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tests.conftest import ROOT, wait_until

# Like a Celery worker: a parent with a child that holds its output and lives on without it.
FAMILY = """
import os, signal, sys, time
from pathlib import Path
folder = Path(sys.argv[1])
role = "parent"
if os.fork() == 0:
    role = "child"
    if len(sys.argv) > 2:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
(folder / f"{role}.{os.getpid()}").touch()
print(role, "is there", flush=True)
while True:
    time.sleep(1)
"""
STUDIO = """
import asyncio, sys
from pathlib import Path
from wukongsite.processes import supervisor
supervisor.GRACE_SECONDS = 1.0
supervisor.CALM_SECONDS = 0.0  # come back at once
services = supervisor.read_procfile(Path(sys.argv[1]), set())
asyncio.run(supervisor.supervise(services, [], "http://127.0.0.1:9/"))
"""


class Family:
    """A supervisor of one service, and who has ever been there."""

    def __init__(self, folder: Path, stubborn: bool) -> None:
        self.folder = folder
        (folder / "family.py").write_text(FAMILY)
        words = "stubborn" if stubborn else ""
        procfile = folder / "Procfile"
        procfile.write_text(f"family: python {folder / 'family.py'} {folder} {words}\n")
        self.log = folder / "log"
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-c", STUDIO, str(procfile)],
                cwd=ROOT,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def seen(self, role: str) -> set[int]:
        return {int(path.suffix[1:]) for path in self.folder.glob(f"{role}.*")}

    def alive(self, role: str) -> set[int]:
        return {pid for pid in self.seen(role) if lives(pid)}

    def whole(self) -> bool:
        return len(self.alive("parent")) == len(self.alive("child")) == 1

    def wardens(self) -> list[psutil.Process]:
        children = psutil.Process(self.process.pid).children()
        return [child for child in children if "wukongsite.processes.warden" in command_of(child)]


def command_of(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:  # gone, or a zombie
        return []


def lives(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.fixture
def family(tmp_path: Path) -> Iterator[Callable[..., Family]]:
    made: list[Family] = []

    def start(*, stubborn: bool = False) -> Family:
        one = Family(tmp_path, stubborn)
        made.append(one)
        wait_until(one.whole)
        return one

    yield start
    for one in made:
        one.process.terminate()
        one.process.wait(timeout=30)
        for pid in one.alive("parent") | one.alive("child"):
            os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize("stubborn", [False, True])
def test_a_service_killed_at_its_parent_comes_back_alone(family, stubborn):
    made = family(stubborn=stubborn)
    (parent,), (child,) = made.alive("parent"), made.alive("child")
    os.kill(parent, signal.SIGKILL)
    wait_until(lambda: not lives(child))  # also where it does not heed SIGTERM
    wait_until(lambda: made.whole() and parent not in made.alive("parent"))
    assert len(made.seen("parent")) == len(made.seen("child")) == 2
    assert "family ended (signal 9); starting it again" in made.log.read_text()


def test_a_stop_leaves_nobody(family):
    made = family(stubborn=True)
    (warden,) = made.wardens()
    made.process.send_signal(signal.SIGINT)
    assert made.process.wait(timeout=30) == 0
    assert not made.alive("parent") | made.alive("child")
    assert not lives(warden.pid)
    assert made.log.read_text().endswith("stopped.\n")


def test_a_killed_supervisor_takes_everybody_along(family):
    made = family()
    made.process.kill()
    made.process.wait()
    wait_until(lambda: not made.alive("parent") | made.alive("child"))


def test_a_killed_warden_is_replaced_and_knows_everybody(family):
    made = family()
    (warden,) = made.wardens()
    warden.kill()
    wait_until(lambda: [one for one in made.wardens() if one.pid != warden.pid])
    made.process.kill()
    made.process.wait()
    wait_until(lambda: not made.alive("parent") | made.alive("child"))


def test_a_service_s_line_of_json_stays_one():
    from wukongsite.processes.supervisor import json_line

    line = json.loads(json_line("web", '{"event": "ready", "level": "info"}'))
    assert line == {"event": "ready", "level": "info", "service": "web"}
    plain = json.loads(json_line("valkey", "# Warning: “no” config"))
    assert (plain["event"], plain["service"]) == ("# Warning: “no” config", "valkey")
    assert json.loads(json_line("web", "[1]"))["event"] == "[1]"
