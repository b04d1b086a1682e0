"""One real studio for all live tests: supervisor, Valkey, web, two workers, engine, trainers.

It is started as a person starts it (`manage.py studio`), on ports and a data folder of its own,
with a tiny random base model beside the real one, so that runs take seconds.
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from finetune.bases.files.tiny import make_tiny
from tests.conftest import PATIENCE, ROOT, wait_until
from tests.live.browser import alice_window, browser, chromium_needed, window  # noqa: F401 (fixtures)
from tests.live.seeds import rows  # noqa: F401 (fixture)

LAUNCHES = itertools.count()
MARK = "@@answer "
# One shell for the whole session: a new one would load Django for two seconds at each question.
SHELL = f"""
import json, sys, traceback
for line in sys.stdin:
    names = {{}}
    try:
        exec(json.loads(line), names)
        outcome = {{"answer": names["answer"]}}
    except Exception:
        outcome = {{"problem": traceback.format_exc()}}
    print("\\n{MARK}" + json.dumps(outcome), flush=True)
"""
SMOLLM2 = "smollm2-135m-instruct"
TINY = "tiny-llama"


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Look for a browser before a studio is started for it."""
    if item.get_closest_marker("browser"):
        chromium_needed()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    """Show the end of the studio's log below a test that failed."""
    report = yield
    studio = getattr(item, "funcargs", {}).get("studio")
    if report.failed and studio:
        report.sections.append(("The studio's log ends with", studio.tail()))
    return report


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Studio:
    """The running studio, and what a test may do to it from outside."""

    folder: Path
    url: str
    engine_url: str
    env: dict[str, str]
    log: Path
    process: subprocess.Popen[bytes] = field(init=False)
    people: dict[str, dict[str, str]] = field(default_factory=dict)
    shell: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start it as a person does; `wait_until_ready` waits."""
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "studio", "--no-demo"],
                cwd=ROOT,
                env=self.env,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_until_ready(self) -> None:
        for address in (f"{self.url}/health", f"{self.engine_url}/health"):
            wait_until(lambda address=address: answers(self, address))

    def client(self, who: str) -> httpx.Client:
        """An API client with the key of `who`."""
        return httpx.Client(
            base_url=f"{self.url}/v1",
            headers={"Authorization": f"Bearer {self.people[who]['key']}"},
            timeout=120,
        )

    def cookies(self, who: str) -> dict[str, str]:
        return {"sessionid": self.people[who]["session"]}

    def manage(self, code: str) -> Any:
        """Run Python in the studio's Django and return what it assigns to `answer`."""
        if self.shell is None:
            self.shell = subprocess.Popen(
                [sys.executable, "manage.py", "shell", "--no-imports", "-v", "0", "-c", SHELL],
                cwd=ROOT,
                env=self.env,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        assert self.shell.stdin
        assert self.shell.stdout
        self.shell.stdin.write(json.dumps(code) + "\n")
        self.shell.stdin.flush()
        for line in self.shell.stdout:
            if line.startswith(MARK):
                outcome = json.loads(line.removeprefix(MARK))
                assert "problem" not in outcome, outcome["problem"]
                return outcome["answer"]
        raise AssertionError(f"the shell ended: {self.shell.wait()}")

    def close_shell(self) -> None:
        if self.shell:
            self.shell.communicate()  # the end of its input is its end

    def processes(self, mark: str) -> list[psutil.Process]:
        """The studio's processes whose command line has `mark`, oldest first."""
        found = []
        for child in psutil.Process(self.process.pid).children(recursive=True):
            try:
                if mark in " ".join(child.cmdline()):
                    found.append(child)
            except (psutil.NoSuchProcess, psutil.ZombieProcess):
                continue
        return sorted(found, key=lambda one: one.create_time())

    def trainers(self, job_id: str) -> list[psutil.Process]:
        return self.processes(f"finetune.training {self.folder / 'runs' / job_id}")

    def tail(self) -> str:
        return self.log.read_text(errors="replace")[-6000:]


SEED = """
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.conf import settings
from chat.consent.services import consent_give
from finetune.models import BaseModel, User
from finetune.bases.services import base_inspect
from finetune.teams.keys.services import key_create
from finetune.teams.services import member_add, team_create, user_create
from wukongsite.processes.setup import administrator_make

def person(name, team=None):
    user = User.objects.create_user(name, password=f"{name}-has-a-password")
    team = team_create(name=f"Team of {name}", owner=user) if team is None else team
    if not user.teams.exists():
        member_add(team=team, user=user)
    consent_give(user=user, language="en")
    _, secret = key_create(team=team, user=user, name="test")
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return team, {"key": secret, "session": session.session_key}

team, alice = person("alice")
_, bob = person("bob", team)
_, charlie = person("charlie")
tiny = BaseModel.objects.create(slug="tiny-llama", title="Tiny Llama", source=TINY_FOLDER)
base_inspect(tiny.pk)
tiny.refresh_from_db()
assert tiny.state == "ready", tiny.problem
answer = {"alice": alice, "bob": bob, "charlie": charlie}
"""


@pytest.fixture(scope="session")
def real_base() -> Path:
    """The converted SmolLM2, fetched by `make test`."""
    default = ROOT / "var" / "base-models" / SMOLLM2
    folder = Path(os.environ.get("WUKONG_BASE_MODEL", default))
    if not (folder / "config.json").is_file():
        pytest.skip(f"no base model in {folder}: run `python -m tests.prepare`")
    return folder


@pytest.fixture(scope="session")
def studio(real_base: Path) -> Iterator[Studio]:
    with studio_started(real_base) as made:
        yield made


@contextmanager
def studio_started(real_base: Path) -> Iterator[Studio]:
    """Start a studio with the cast in it; stop it and remove its folder at the end."""
    folder = Path(tempfile.mkdtemp(prefix="wukong-live-"))
    (folder / "base-models").mkdir()
    (folder / "base-models" / SMOLLM2).symlink_to(real_base)
    port, engine_port = free_port(), free_port()
    env = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "wukongsite.settings",
        "WUKONG_DATA_DIR": str(folder),
        "WUKONG_PORT": str(port),
        "WUKONG_ENGINE_PORT": str(engine_port),
        "WUKONG_LEASE_SECONDS": "4",
        "WUKONG_TRAINER_THREADS": "1",
        "WUKONG_UPLOAD_MAX_MB": "40",
        "WUKONG_CHAT_MAX_TOKENS": "60",
        "WUKONG_WEBHOOK_PRIVATE_URLS": "true",  # receivers on loopback
        "WUKONG_HOSTED_MODELS": json.dumps({"gpt-4.1-nano-2025-04-14": TINY}),
        "OMP_WAIT_POLICY": "PASSIVE",
    }
    for name in ("VALKEY_URL", "ENGINE_URL", "DATABASE_URL", "WUKONG_TEST_DATA_DIR"):
        env.pop(name, None)
    tiny = make_tiny(folder / "base-models" / TINY, real_base)
    log = folder / "studio.log"
    url = f"http://127.0.0.1:{port}"
    made = Studio(folder, url, f"http://127.0.0.1:{engine_port}", env, log)
    made.start()
    try:
        made.wait_until_ready()
        made.people = made.manage(SEED.replace("TINY_FOLDER", repr(str(tiny))))
        yield made
    finally:
        made.close_shell()
        made.process.send_signal(signal.SIGINT)
        try:
            made.process.wait(timeout=40)
        except subprocess.TimeoutExpired:
            made.process.kill()
        if os.environ.get("WUKONG_TEST_KEEP"):
            print(f"kept: {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)


def answers(studio: Studio, address: str) -> bool:
    assert studio.process.poll() is None, studio.tail()
    try:
        return httpx.get(address, timeout=3).status_code == 200
    except httpx.HTTPError:
        return False


@pytest.fixture(scope="session")
def training_file(studio: Studio) -> str:
    """The demo dialogues, uploaded by Alice; the id of the file."""
    from finetune.datasets import demo

    with studio.client("alice") as client, demo.path().open("rb") as handle:
        answer = client.post(
            "/files", files={"file": ("demo.jsonl", handle)}, data={"purpose": "fine-tune"}
        )
    assert answer.status_code == 200, answer.text
    return str(answer.json()["id"])


@pytest.fixture
def launch(studio: Studio, training_file: str) -> Callable[..., str]:
    """Start a run of Alice's on the tiny base; returns the job's id."""

    def start(**changes: Any) -> str:
        body = {
            "model": TINY,
            "training_file": training_file,
            "preset": "quick",
            "steps": 30,
            "sequence_length": 128,
            "save_every": 5,
            "eval_every": 10,
            "eval_dialogues": 4,
            "sample_tokens": 4,
            "metadata": {"launch": str(next(LAUNCHES))},  # equal requests are taken as one
            **changes,
        }
        with studio.client("alice") as client:
            answer = client.post("/fine_tuning/jobs", json=body)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["id"])

    return start


@pytest.fixture
def job(studio: Studio) -> Callable[[str], dict[str, Any]]:
    def read(job_id: str) -> dict[str, Any]:
        with studio.client("alice") as client:
            answer = client.get(f"/fine_tuning/jobs/{job_id}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    return read


@pytest.fixture
def ended(studio: Studio, job: Callable[[str], dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """Wait for a job's end and return it."""

    def wait(job_id: str) -> dict[str, Any]:
        def look() -> dict[str, Any] | None:
            found = job(job_id)
            return found if found["status"] in {"succeeded", "failed", "cancelled"} else None

        try:
            return wait_until(look, every=0.3)  # type: ignore[no-any-return]
        except AssertionError:
            pytest.fail(f"not ended after {PATIENCE:.0f} s: {job(job_id)}")

    return wait


@pytest.fixture
def curve(studio: Studio) -> Callable[[str], list[int]]:
    """The steps of a job's metrics events, in the order of its log."""

    def read(job_id: str) -> list[int]:
        code = (
            "from finetune.models import RunEvent\n"
            f"rows = RunEvent.objects.filter(run__public_id={job_id!r}, type='metrics')\n"
            "events = rows.order_by('seq').values_list('data', flat=True)\n"
            "answer = [data['step'] for data in events]"
        )
        return list(studio.manage(code))

    return read
