"""`manage.py studio`: two studios keep apart, and a new one waits for what a killed one left."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT, wait_until
from wukongsite.processes.lock import StudioRunning, studio_lock, studio_running
from wukongsite.processes.starting import ports_check
from wukongsite.processes.warden import LOCK_VARIABLE, Warden


@pytest.fixture
def taken() -> Any:
    """Two ports on which another studio listens."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
    yield [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()


def test_a_second_studio_is_told_ports_that_are_free(settings: Any, taken: list[int]) -> None:
    settings.HOST, settings.ENGINE_IS_OURS = "127.0.0.1", True
    settings.PORT, settings.ENGINE_PORT = taken
    with pytest.raises(SystemExit) as refused:
        ports_check()
    words = str(refused.value)
    for port in taken:
        assert f"Port {port} on 127.0.0.1 cannot be used" in words
    offered = dict(re.findall(r"(WUKONG_\w+)=(\d+)", words))
    assert set(offered) == {"WUKONG_PORT", "WUKONG_ENGINE_PORT"}
    settings.PORT, settings.ENGINE_PORT = map(int, offered.values())
    ports_check()  # what it says can be done


def test_the_wardens_lock_outlives_a_killed_supervisor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = studio_lock(tmp_path, "http://127.0.0.1:1")
    monkeypatch.setenv(LOCK_VARIABLE, str(lock))
    warden = Warden()
    warden.start()
    os.close(lock)  # as the kernel does for a process that is killed
    assert studio_running(tmp_path)
    with pytest.raises(StudioRunning):
        studio_lock(tmp_path, "http://127.0.0.1:2")
    warden.close()
    wait_until(lambda: studio_running(tmp_path) is None)


def test_a_new_studio_waits_for_the_end_of_what_was_left(tmp_path: Path) -> None:
    """The lock's holder is gone, its warden is not: the new one waits, and says so."""
    gone = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True
    )
    lock = studio_lock(tmp_path, "http://127.0.0.1:1")
    os.pwrite(lock, json.dumps({"pid": int(gone.stdout), "url": "x"}).encode().ljust(200), 0)
    command = (
        "import django; django.setup()\n"
        "import sys; from wukongsite.processes.starting import lock_taken\n"
        "print(lock_taken(sys.stderr) > 0)"
    )
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings",
                   "WUKONG_TEST_DATA_DIR": str(tmp_path)}  # fmt: skip
    process = subprocess.Popen(
        [sys.executable, "-u", "-c", command],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert "Waiting for the end" in process.stdout.readline()
    os.close(lock)
    assert process.communicate(timeout=60)[0] == "True\n"
    assert process.returncode == 0
