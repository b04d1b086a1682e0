"""A studio whose disk really fills up, and has room again: real processes on a real small disk."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from tests.api.conftest import dialogues, free_port, wait_ready
from tests.conftest import ROOT, wait_until
from tests.tiny_disk import fill, tiny_disk

pytestmark = pytest.mark.processes

SEED = """
import django, json
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from finetune.models import User
from finetune.teams import services as teams
from finetune.teams.keys import services as keys
alice = User.objects.create_user("alice", password="a-good-password-1")
team = teams.team_create(name="Acorn", owner=alice)
print(keys.key_create(team=team, user=alice, name="laptop")[1])
"""


@dataclass(frozen=True)
class Site:
    url: str
    folder: Path
    key: str
    web: psutil.Process

    def post(self, path: str, **options: Any) -> httpx.Response:
        headers = {"authorization": f"Bearer {self.key}", **options.pop("headers", {})}
        return httpx.post(self.url + path, headers=headers, timeout=60, trust_env=False, **options)

    def upload(self, content: bytes) -> httpx.Response:
        files = {"file": ("talks.jsonl", content), "purpose": (None, "fine-tune")}
        return self.post("/v1/files", files=files)

    def health(self) -> httpx.Response:
        return httpx.get(self.url + "/health", timeout=20, trust_env=False)

    def open_files(self) -> list[str]:
        """What the web process holds open in its data folder, files without a name included."""
        links = Path(f"/proc/{self.web.pid}/fd").iterdir()
        targets = [os.readlink(link) for link in links if link.is_symlink()]
        return sorted(
            re.sub(r" \(deleted\)$", "", target)
            for target in targets
            if target.startswith(str(self.folder)) and "sqlite" not in target
        )


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with tiny_disk(tmp_path / "data", 64) as folder:
        port = free_port()
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("WUKONG")},
            "DJANGO_SETTINGS_MODULE": "tests.settings",
            "WUKONG_TEST_DATA_DIR": str(folder),
            "WUKONG_PORT": str(port),
            "PYTHONPATH": str(ROOT),
        }
        seeded = subprocess.run(
            [sys.executable, "-c", SEED], cwd=ROOT, env=environment, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        assert seeded.returncode == 0, seeded.stderr[-3000:]
        log = (tmp_path / "processes.log").open("wb")
        processes = [
            subprocess.Popen(
                [sys.executable, "-m", module], cwd=ROOT, env=environment, stdout=log, stderr=log
            )
            for module in ("wukongsite.processes.broker", "wukongsite.processes.web")
        ]
        try:
            url = f"http://127.0.0.1:{port}"
            wait_ready(f"{url}/health", processes, log.name)
            key = seeded.stdout.strip().splitlines()[-1]
            yield Site(url, folder, key, psutil.Process(processes[1].pid))
        finally:
            for process in reversed(processes):
                process.terminate()
                process.wait(timeout=20)
            log.close()


def test_it_is_told_everywhere_and_leaves_nothing_behind(site, tmp_path):
    assert site.upload(dialogues(20)).status_code == 200
    wait_until(lambda: site.health().json()["broker"] == "ready")
    kept = sorted(path.name for path in (site.folder / "datasets").iterdir())
    before = site.open_files()

    stuffing = fill(site.folder)
    wait_until(lambda: site.health().status_code == 503)
    health = site.health()
    assert health.json()["status"] == "failing"
    assert health.json()["data"] == "disk_full"
    for size in (20, 20_000):  # in memory, and over a file of its own
        for _ in range(5):
            answer = site.upload(dialogues(size))
            assert answer.status_code == 507, answer.text
            assert answer.json()["error"]["code"] == "disk_full"
            assert answer.json()["error"]["type"] == "server_error"
    page = httpx.Client(base_url=site.url, timeout=60, trust_env=False)
    token = re.search(r'csrfmiddlewaretoken" value="(\w+)', page.get("/sign-in/").text)
    assert token
    values = {"username": "alice", "password": "a-good-password-1"}
    refused = page.post("/sign-in/", data={**values, "csrfmiddlewaretoken": token[1]})
    assert refused.status_code == 507, refused.text[:300]
    assert "The server&#x27;s disk is full" in refused.text
    # The same for a script of the page, which asks for JSON.
    asked = {"x-csrftoken": token[1], "accept": "application/json"}
    assert page.post("/sign-in/", data=values, headers=asked).json()["error"]["message"]
    assert list((site.folder / "uploads").iterdir()) == []
    assert sorted(path.name for path in (site.folder / "datasets").iterdir()) == kept
    assert site.open_files() == before

    stuffing.unlink()
    wait_until(lambda: site.health().status_code == 200)
    assert site.upload(dialogues(30)).status_code == 200
    assert page.post("/sign-in/", data={**values, "csrfmiddlewaretoken": token[1]}).status_code in (
        302, 403,
    )  # fmt: skip
    log = (tmp_path / "processes.log").read_text()
    assert log.count("disk_full") < 10, log[-3000:]
    assert "Traceback" not in log, log[-3000:]
    assert json.loads(site.health().text)["data"] == "ready"
