"""A whole API on real parts: web process, Valkey, a worker and the engine with a tiny model.

One data folder for the session. Nothing trains here: jobs wait in the queue, and one succeeded job
with its log is put into the database.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from tests.production import site_services

ROOT = Path(__file__).resolve().parents[2]
BASE = "smollm2-135m-instruct"
# What an operator has put in the place of OpenAI's models.
HOSTED = {"gpt-4o-mini-2024-07-18": BASE, "text-embedding-3-small": "multilingual-e5-small"}
READY_SECONDS = 90


@dataclass(frozen=True)
class Site:
    """Where the API is, and the keys of the cast."""

    url: str
    folder: Path
    environment: dict[str, str]
    seeded: dict[str, Any]

    def key(self, name: str) -> str:
        return str(self.seeded["keys"][name])

    def client(self, name: str, **options: Any) -> openai.OpenAI:
        settings: dict[str, Any] = {"max_retries": 0, "timeout": 30, **options}
        return openai.OpenAI(base_url=f"{self.url}/v1", api_key=self.key(name), **settings)

    def python(self, code: str) -> str:
        """Run code with Django set up, in the site's own data folder."""
        done = subprocess.run(
            [sys.executable, "-c", f"import django; django.setup()\n{code}"],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    from tests.chat.engine import tiny, tiny_encoder

    folder = tmp_path_factory.mktemp("api")
    port, engine_port = free_port(), free_port()
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("WUKONG")},
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "WUKONG_TEST_DATA_DIR": str(folder),
        "WUKONG_PORT": str(port),
        "WUKONG_ENGINE_PORT": str(engine_port),
        "WUKONG_API_REQUESTS_PER_MINUTE": "100000",
        "WUKONG_HOSTED_MODELS": json.dumps(HOSTED),
        "PYTHONPATH": str(ROOT),
        **(servers := site_services("api")),
    }
    site = Site(f"http://127.0.0.1:{port}", folder, environment, {})
    processes: list[subprocess.Popen[bytes]] = []
    log = (folder / "processes.log").open("wb")

    def start(*arguments: str) -> None:
        processes.append(
            subprocess.Popen(
                [sys.executable, "-m", *arguments],
                cwd=ROOT,
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        )

    try:
        if not servers:
            start("wukongsite.processes.broker")
        tiny.save_base(folder / "tiny")
        tiny_encoder.save(folder / "encoders")
        seeded = site.python(SEED.replace("BASE_FOLDER", str(folder / "tiny")))
        site.seeded.update(json.loads(seeded.strip().splitlines()[-1]))
        start("wukongsite.processes.web")
        start(
            *("celery", "-A", "wukongsite", "worker", "--pool", "solo"),
            *("--queues", "default,checks,drawings"),
            *("--without-gossip", "--without-mingle", "--loglevel", "WARNING"),
        )
        start(
            *("chat.engine", "--assistants", str(folder / "assistants")),
            *("--port", str(engine_port), "--key-file", str(folder / "secrets" / "engine-key")),
            *("--threads", "1", "--context", "1024", "--encoders", str(folder / "encoders")),
        )
        wait_ready(f"{site.url}/health", processes, log.name)
        wait_ready(f"http://127.0.0.1:{engine_port}/health", processes, log.name)
        yield site
    finally:
        for process in reversed(processes):
            process.terminate()
        for process in reversed(processes):
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        log.close()


def wait_ready(url: str, processes: list[subprocess.Popen[bytes]], log: str) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while True:
        try:
            if httpx.get(url, timeout=5, trust_env=False).status_code in (200, 401):
                return
        except httpx.HTTPError:
            pass
        ended = [process.args for process in processes if process.poll() is not None]
        assert not ended, f"ended at once: {ended}\n{Path(log).read_text()[-3000:]}"
        assert time.monotonic() < deadline, f"{url}\n{Path(log).read_text()[-3000:]}"
        time.sleep(0.1)


SEED = """
import json
from django.core.management import call_command
from django.utils import timezone
call_command("migrate", verbosity=0)
call_command("collectstatic", interactive=False, verbosity=0)
from django.core.files.uploadedfile import SimpleUploadedFile
from finetune.datasets import demo
from finetune.models import BaseModel, Run, RunEvent, User
from finetune.bases import publishing
from finetune.alerts.models import Webhook
from finetune.evaluation.models import Evaluation
from finetune.exports.models import Export
from finetune.studies.form.matching import matched_settings
from finetune.studies.models import Study
from finetune.teams import services as teams
from finetune.teams.keys import services as keys
from finetune.datasets.checking import dataset_check
from finetune.datasets.services import dataset_upload
from finetune.training.settings import RunSettings
from tests.conftest import SHAPES

alice, bob, charlie = (User.objects.create_user(name) for name in ("alice", "bob", "charlie"))
team = teams.team_create(name="Acorn", owner=alice)
teams.member_add(team=team, user=bob)
other = teams.team_create(name="Chestnut", owner=charlie)
secrets, rows = {}, {}
for name, user, own in (
    ("alice", alice, team), ("bob", bob, team), ("charlie", charlie, other),
    ("limited", alice, team), ("revoked", alice, team), ("evaluator", alice, team),
):
    key, secrets[name] = keys.key_create(team=own, user=user, name=name)
    rows[name] = key.pk
    if name == "evaluator":
        keys.key_scope_set(key=key, scope="ungated")
    if name == "revoked":
        keys.key_revoke(key=key)
base = BaseModel.objects.create(
    slug="smollm2-135m-instruct", title="SmolLM2 135M Instruct", source="BASE_FOLDER",
    state="ready", parameters=134_515_008, max_positions=8192, shapes=SHAPES,
)
publishing.base_publish(base)
file = SimpleUploadedFile("demo.jsonl", demo.path().read_bytes())
data = dataset_upload(team=team, user=alice, file=file, name="Demo")
dataset_check(data.pk)
now = timezone.now()
config = RunSettings().to_dict()
run = Run.objects.create(
    team=team, created_by=alice, name="Done", base=base, dataset=data, suffix="calm", config=config,
    state="succeeded", step=3, total_steps=3, trained_tokens=999, started_at=now, finished_at=now,
    metadata={"topic": "sleep"}, result={"validation_loss": 1.5},
)
events = [
    ("state", {"state": "running"}),
    ("evaluation", {"step": 0, "validation_loss": 3.0, "validation_accuracy": 0.3}),
]
for step in (1, 2, 3):
    values = {"total_steps": 3, "train_loss": 3.0 / step, "train_accuracy": 0.1 * step}
    events.append(("metrics", {"step": step, **values}))
events.append(("evaluation", {"step": 3, "validation_loss": 1.5, "validation_accuracy": 0.6}))
events += [("checkpoint", {"step": 1}), ("checkpoint", {"step": 3})]
for seq, (kind, values) in enumerate(events, 1):
    RunEvent.objects.create(
        run=run, seq=seq, source_seq=seq, time=now, type=kind, message=kind, data=values
    )
# An adapter to go on from, and one to talk to as a checkpoint; what they hold is nobody's matter.
(run.folder / "adapter").mkdir(parents=True)
from pathlib import Path
from tests.chat.engine import tiny
tiny.save_adapter(run.folder / "checkpoints" / "checkpoint-3", Path("BASE_FOLDER"), tiny.lora())
# The tiny base again under the run's name: what is tested is who may talk to it.
publishing.publish(run.public_id, base="BASE_FOLDER", adapter=None, owned_by=team.slug)
export = Export.objects.create(run=run, created_by=alice, parts=["adapter"], state="failed")
evaluation = Evaluation.objects.create(
    team=team, created_by=alice, run=run, base=base, kind="scores", state="failed"
)
hook = Webhook.objects.create(team=team, created_by=alice, name="Lab", url="https://example.org/")
study = Study.objects.create(
    team=team, created_by=alice, name="Hers", base=base, dataset=data, adapter="qtha",
    config=matched_settings(run.settings).model_dump(), state="stopped",
)
from finetune.datasets.parts.services import part_add, upload_create
upload = upload_create(team=team, user=alice, filename="large.jsonl", size=10)
part_add(upload=upload, file=SimpleUploadedFile("part", b"x"))
from finetune.hardware.models import QuantumJob
quantum_job = QuantumJob.objects.create(
    team=team, run=run, scope=run.public_id, fingerprint="f", backend="wukong", chip="72",
    state="done", circuits=1, shots=10, total_shots=10, seconds_high=2.0, payload="{}",
    result=json.dumps({"counts": [{"00": 6, "11": 4}]}), created_at=now, updated_at=now,
)
print(json.dumps({
    "quantum_job": quantum_job.public_id, "upload": upload.public_id,
    "keys": secrets, "rows": rows, "file": data.public_id, "run": run.public_id,
    "model": run.fine_tuned_model, "export": export.public_id, "webhook": hook.public_id,
    "evaluation": evaluation.public_id,
    "study": study.public_id,
}))
"""


@pytest.fixture(scope="session")
def alice_client(site: Site) -> openai.OpenAI:
    return site.client("alice")


@pytest.fixture(scope="session")
def ungated_client(site: Site) -> openai.OpenAI:
    """Gets what the tiny model writes, which no gate would let through."""
    return site.client("evaluator")


@pytest.fixture(scope="session")
def charlie_client(site: Site) -> openai.OpenAI:
    return site.client("charlie")


@pytest.fixture(scope="session")
def bob_client(site: Site) -> openai.OpenAI:
    return site.client("bob")


def dialogues(count: int = 12, start: int = 0) -> bytes:
    """A small file in the messages form."""
    lines = [
        {
            "messages": [
                {"role": "user", "content": f"Worry number {index} keeps me awake at night."},
                {"role": "assistant", "content": f"That sounds hard. What is worry {index} about?"},
            ]
        }
        for index in range(start, start + count)
    ]
    return "\n".join(json.dumps(line) for line in lines).encode() + b"\n"


@pytest.fixture(scope="session")
def uploaded(alice_client: openai.OpenAI) -> str:
    made = alice_client.files.create(file=("small.jsonl", dialogues()), purpose="fine-tune")
    return made.id
