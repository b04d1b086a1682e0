"""nginx.conf as it stands in the docs, in front of two real web processes."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from websockets.sync.client import connect

from tests.api.conftest import free_port
from tests.conftest import ROOT, wait_until

pytestmark = [pytest.mark.processes, pytest.mark.slow]
SEED = """
import django; django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from finetune.models import BaseModel, Dataset, Run, User
from finetune.teams.keys.services import key_create
from finetune.teams.services import team_create
from finetune.runs.transitions import run_log
alice = User.objects.create_user("alice", password="a long enough word")
team = team_create(name="Acorn", owner=alice)
base = BaseModel.objects.create(slug="tiny", title="Tiny", source="/nowhere", state="ready")
data = Dataset.objects.create(team=team, name="Days", filename="a.jsonl", state="ready")
run = Run.objects.create(team=team, created_by=alice, base=base, dataset=data, name="One",
                         config={}, state="running")
run_log(run, "log", "the first word")
print(run.public_id, key_create(team=team, user=alice, name="laptop")[1])
"""
LOG = """
import sys, django; django.setup()
from finetune.models import Run
from finetune.runs.transitions import run_log
run_log(Run.objects.get(), "log", sys.argv[1])
"""


@dataclass
class Front:
    """nginx, what stands behind it, and what was made there."""

    url: str
    web: list[subprocess.Popen[bytes]]
    run: str
    key: str
    environment: dict[str, str]
    log: Path

    def client(self, address: str = "127.0.0.1") -> httpx.Client:
        """A client at one of this machine's own addresses."""
        way = httpx.HTTPTransport(local_address=address)
        return httpx.Client(base_url=self.url, timeout=120, transport=way, follow_redirects=True)

    def say(self, text: str) -> None:
        """Another process writes into the run's log."""
        subprocess.run(
            [sys.executable, "-c", LOG, text], cwd=ROOT, env=self.environment, check=True
        )

    @contextmanager
    def signed_in(self) -> Iterator[httpx.Client]:
        with self.client() as client:
            page = client.get("/sign-in/").text
            token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
            assert token, page
            fields = {
                "csrfmiddlewaretoken": token[1],
                "username": "alice",
                "password": "a long enough word",
            }
            answer = client.post("/sign-in/", data=fields, headers={"referer": self.url})
            assert answer.status_code == 200, answer.text
            assert "sessionid" in client.cookies
            yield client


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    if shutil.which("nginx") is None:
        pytest.skip("nginx is not installed (apt install nginx-light)")
    folder = tmp_path_factory.mktemp("front")
    folder.chmod(0o755)
    port, ports = free_port(), [free_port(), free_port()]
    url = f"http://127.0.0.1:{port}"
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("WUKONG")},
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "WUKONG_TEST_DATA_DIR": str(folder / "data"),
        "WUKONG_TRUSTED_PROXIES": "127.0.0.1",
        "WUKONG_TRUSTED_ORIGINS": url,
        "WUKONG_SITE_URL": url,
        "WUKONG_METRICS_TOKEN": "word",
        "PYTHONPATH": str(ROOT),
    }
    seeded = subprocess.run(
        [sys.executable, "-c", SEED], cwd=ROOT, env=environment, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert seeded.returncode == 0, seeded.stderr[-3000:]
    run, key = seeded.stdout.split()[-2:]
    nginx = folder / "nginx.conf"
    nginx.write_text(configured(folder, port, ports))
    checked = subprocess.run(
        ["nginx", "-t", "-c", str(nginx)], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stderr
    log = folder / "log"
    with log.open("wb") as output:

        def start(*command: str, **more: str) -> subprocess.Popen[bytes]:
            return subprocess.Popen(
                command, cwd=ROOT, env=environment | more, stdout=output, stderr=output
            )

        module = (sys.executable, "-m")
        others = [start(*module, "wukongsite.processes.broker")]
        web = [start(*module, "wukongsite.processes.web", WUKONG_PORT=str(one)) for one in ports]
        others.append(start("nginx", "-c", str(nginx), "-g", "daemon off;"))
    try:
        for one in ports:
            wait_until(lambda one=one: is_ready(f"http://127.0.0.1:{one}/health"))
        yield Front(url, web, run, key, environment, log)
    finally:
        for process in [*web, *reversed(others)]:
            process.terminate()
            process.wait(60)


def configured(folder: Path, port: int, ports: list[int]) -> str:
    """The file of the docs with other ports and folders, and nothing else changed."""
    text = (ROOT / "docs" / "operations" / "nginx.conf").read_text()
    backend = re.search(r"    server web:8000 ([^;]*);.*\n", text)
    assert backend
    servers = "".join(f"    server 127.0.0.1:{one} {backend[1]};\n" for one in ports)
    text = text.replace(backend[0], servers).replace("listen 80;", f"listen 127.0.0.1:{port};")
    text = text.replace("/run/nginx.pid", f"{folder}/nginx.pid")
    return text.replace("/var/log/nginx/error.log", f"{folder}/error.log")


def is_ready(url: str) -> bool:
    try:
        return httpx.get(url, timeout=10, trust_env=False).json()["status"] == "ready"
    except httpx.TransportError:
        return False


def test_signing_in_and_what_is_not_for_the_outside(front):
    with front.signed_in() as client:
        assert "Acorn" in client.get("/").text
        for path in ("/metrics", "/livez", "/readyz"):
            answer = client.get(path, headers={"authorization": "Bearer word"})
            assert answer.status_code == 404
        assert client.get("/health").json()["status"] == "ready"


def test_a_large_upload_and_one_that_is_too_large(front):
    line = json.dumps({"messages": [{"role": "user", "content": "a" * 900}]}) + "\n"
    content = (line * 20_000).encode()  # 19 MB
    headers = {"authorization": f"Bearer {front.key}"}
    with front.client() as client:

        def upload(content: bytes) -> httpx.Response:
            files = {"file": ("talks.jsonl", content), "purpose": (None, "fine-tune")}
            return client.post("/v1/files", files=files, headers=headers)

        answer = upload(content)
        assert (answer.status_code, answer.json()["bytes"]) == (200, len(content))
        answer = upload(content * 4)
        assert answer.status_code == 413
        assert answer.json()["error"]["code"]  # the site's own words, not nginx' page


def test_a_websocket_hears_what_another_process_writes(front):
    with front.signed_in() as client:
        cookies = {"Cookie": f"sessionid={client.cookies['sessionid']}"}
    place = front.url.removeprefix("http://")
    with connect(
        f"ws://{place}/ws/runs/{front.run}/", origin=front.url, additional_headers=cookies
    ) as page:
        assert "the first word" in page.recv(timeout=60)
        front.say("over the socket")
        wait_until(lambda: "over the socket" in page.recv(timeout=60))


def test_a_stream_arrives_as_it_is_written(front):
    headers = {"authorization": f"Bearer {front.key}"}
    path = f"/v1/fine_tuning/jobs/{front.run}/events/stream"
    with front.client() as client, client.stream("GET", path, headers=headers) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = answer.iter_lines()
        wait_until(lambda: "the first word" in next(lines))
        front.say("over the stream")  # the stream is still open: nothing held it back
        wait_until(lambda: "over the stream" in next(lines))


def test_the_site_sees_who_asks_and_not_the_proxy(front):
    """Guesses of a key count by address: a made-up header in front gives no new tries."""
    with front.client("127.0.0.2") as client:  # the proxy's own address would be believed
        statuses = []
        for number in range(70):
            headers = {
                "authorization": "Bearer sk-wk-guess",
                "x-forwarded-for": f"198.51.100.{number}",
            }
            statuses.append(client.get("/v1/models", headers=headers).status_code)
        assert statuses[0] == 401
        assert statuses[-1] == 429


def test_one_web_process_may_go_and_nobody_notices(front):
    """Last: it ends one of them."""
    with front.signed_in() as client:
        front.web[0].terminate()
        front.web[0].wait(60)
        for _ in range(20):
            assert client.get("/runs/").status_code == 200
            time.sleep(0.05)
    for _ in range(5):  # strangers, whom the hash may send to the one that is gone
        with front.client() as stranger:
            assert stranger.get("/sign-in/").status_code == 200
