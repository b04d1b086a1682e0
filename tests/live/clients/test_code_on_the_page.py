"""The programs on the page of keys do what they say: taken from the page and run.

Only the key is put in, and the waits are made shorter.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from html import unescape
from pathlib import Path

import httpx
import pytest

from tests.api.conftest import dialogues
from tests.conftest import PATIENCE
from tests.live.conftest import TINY, Studio

pytestmark = pytest.mark.processes
PACKAGE = "openai@7.59.0"


@pytest.fixture(scope="module")
def programs(studio: Studio) -> dict[str, str]:
    """What is on the page, by its language."""
    page = httpx.get(f"{studio.url}/keys/", cookies=studio.cookies("alice"), timeout=60)
    assert page.status_code == 200
    found = re.findall(r'<code data-language="(\w+)">(.*?)</code>', page.text, re.DOTALL)
    key = studio.people["alice"]["key"]
    return {name: unescape(text).replace("sk-wk-…", key) for name, text in found}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "dialogues.jsonl").write_bytes(dialogues(12))
    return tmp_path


def run(command: list[str], folder: Path) -> str:
    done = subprocess.run(
        command,
        cwd=folder,
        env={name: text for name, text in os.environ.items() if not name.startswith("OPENAI_")},
        capture_output=True,
        text=True,
        timeout=PATIENCE * 2,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-1000:] + done.stderr[-3000:]
    return done.stdout


def told(printed: str) -> None:
    """A job's end with its model, then a reply of it."""
    first, _, reply = printed.partition("\n")
    status, model = first.split()
    assert status == "succeeded"
    assert model.startswith(f"ft:{TINY}:")
    assert reply.strip()


def test_python(programs: dict[str, str], folder: Path) -> None:
    (folder / "program.py").write_text(programs["python"].replace("sleep(5)", "sleep(0.5)"))
    told(run([sys.executable, "program.py"], folder))


def test_curl(programs: dict[str, str], folder: Path) -> None:
    for name in ("bash", "curl"):
        if shutil.which(name) is None:
            pytest.skip(f"{name} is not installed")
    (folder / "program.sh").write_text("set -eu\n" + programs["sh"])
    events, _, reply = run(["bash", "program.sh"], folder).partition("data: [DONE]\n")
    sent = [json.loads(line[5:]) for line in events.splitlines() if line.startswith("data:")]
    assert any(one["data"].get("state") == "succeeded" for one in sent)
    answer = json.loads(reply)
    assert answer["choices"][0]["message"]["content"]


def test_javascript(programs: dict[str, str], folder: Path) -> None:
    for name in ("node", "npm"):
        if shutil.which(name) is None:
            pytest.skip(f"{name} is not installed")
    command = ["npm", "install", "--silent", "--no-audit", "--no-fund", PACKAGE]
    installed = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    if installed.returncode:
        pytest.skip(f"npm cannot get {PACKAGE}: {installed.stderr[-200:]}")
    (folder / "program.mjs").write_text(programs["javascript"].replace("(5000)", "(500)"))
    told(run(["node", "program.mjs"], folder))
