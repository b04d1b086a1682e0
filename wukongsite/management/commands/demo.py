"""`manage.py demo`: the main job without a browser, over the REST endpoints alone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import Any

import httpx
from django.conf import settings
from django.core.management.base import BaseCommand

from finetune.datasets import demo as demo_data
from finetune.teams.keys.services import key_create, key_revoke
from finetune.teams.models import User
from finetune.training.log.verdicts import change_words
from wukongsite.processes import setup
from wukongsite.processes.lock import studio_running

QUESTION = "I can't sleep. I keep going over a mistake I made at work and I feel like a fraud."
ENDED = {"succeeded", "failed", "cancelled"}
START_SECONDS = 120


class Command(BaseCommand):
    help = "Upload the demo data, fine-tune with the quick preset, compare base and tuned replies."

    def handle(self, *args: Any, **options: Any) -> None:
        started = None if studio_running(settings.DATA_DIR) else studio_start()
        try:
            wait_until_ready()
            user = User.objects.filter(is_superuser=True, is_active=True).order_by("pk").first()
            assert user is not None, "studio_start makes the administrator"
            team = user.teams.order_by("memberships__created_at").first()
            assert team is not None
            key, secret = key_create(team=team, user=user, name="make demo")
            try:
                with httpx.Client(
                    base_url=f"{settings.SITE_URL}/v1",
                    headers={"Authorization": f"Bearer {secret}"},
                    timeout=180,
                ) as client:
                    code = main_job(client)
            finally:
                key_revoke(key=key)
        finally:
            if started is not None:
                studio_stop(started)
        sys.exit(code)


def studio_start() -> subprocess.Popen[bytes]:
    """Start the studio's processes, their log going to `var/demo.log`."""
    log = settings.DATA_DIR / "demo.log"
    print(f"Starting the studio (log: {log})", flush=True)
    setup.prepare()
    setup.administrator_make()
    with log.open("wb") as output:
        return subprocess.Popen(
            [sys.executable, "manage.py", "studio", "--no-demo"],
            cwd=settings.BASE_DIR,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )


def studio_stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGINT)
    try:
        process.wait(timeout=30)
    except subprocess.TimeoutExpired:
        process.kill()


def wait_until_ready() -> None:
    deadline = time.monotonic() + START_SECONDS
    addresses = [f"{settings.SITE_URL}/health", f"{settings.ENGINE_URL}/health"]
    for address in addresses:
        while True:
            try:
                if httpx.get(address, timeout=5).status_code == 200:
                    break
            except httpx.HTTPError:
                pass
            if time.monotonic() > deadline:
                raise SystemExit(f"{address} did not answer within {START_SECONDS} s.")
            time.sleep(0.3)


def main_job(client: httpx.Client) -> int:
    """Upload, train, ask both. Returns the exit code: 0 only if the held-out loss fell."""
    path = demo_data.path()
    with path.open("rb") as handle:
        file = checked(
            client.post(
                "/files", files={"file": (path.name, handle)}, data={"purpose": "fine-tune"}
            )
        )
    print(f"Uploaded {path.name}: {file['id']}", flush=True)
    request = {
        "model": setup.SLUG,
        "training_file": file["id"],
        "suffix": "make-demo",
        "preset": "quick",
    }
    job = checked(client.post("/fine_tuning/jobs", json=request))
    print(f"Queued a run with the quantum adapter QTHA: {job['id']}", flush=True)
    job = follow(client, job["id"])
    if job["status"] != "succeeded":
        print(f"The run {job['status']}: {job.get('error')}")
        return 1
    answers = {name: ask(client, name) for name in (setup.SLUG, job["fine_tuned_model"])}
    print(f"\nQuestion: {QUESTION}")
    for name, text in answers.items():
        print(f"\n{name}:\n  {text}")
    before, after = losses(client, job["id"])
    change = change_words(before, after)
    print(f"\nHeld-out loss: {before:.3f} before, {after:.3f} after: {change}.")
    return 0 if after < before else 1


def follow(client: httpx.Client, job_id: str) -> dict[str, Any]:
    """Draw a progress bar from the job's events until it ends."""
    began = time.monotonic()
    while True:
        job: dict[str, Any] = checked(client.get(f"/fine_tuning/jobs/{job_id}"))
        events = checked(client.get(f"/fine_tuning/jobs/{job_id}/events", params={"limit": 50}))
        newest = next((e["data"] for e in events["data"] if e["type"] == "metrics"), None)
        draw(job["status"], newest, time.monotonic() - began)
        if job["status"] in ENDED:
            print(flush=True)
            return job
        time.sleep(1)


def draw(status: str, metrics: dict[str, Any] | None, seconds: float) -> None:
    text = f"{status}, {seconds:.0f} s"
    if metrics and "total_steps" in metrics:
        done, total = metrics["step"], metrics["total_steps"]
        bar = "█" * (30 * done // total)
        text = f"[{bar:<30}] {done}/{total}  loss {metrics['train_loss']:.3f}  {text}"
    if sys.stdout.isatty():
        print(f"\r\033[K{text}", end="", flush=True)
    elif int(seconds) % 15 == 0 or status in ENDED:
        print(text, flush=True)


def ask(client: httpx.Client, model: str) -> str:
    body = {
        "model": model,
        "messages": [{"role": "user", "content": QUESTION}],
        "max_tokens": 120,
        "temperature": 0,
    }
    reply = checked(client.post("/chat/completions", json=body))
    return str(reply["choices"][0]["message"]["content"]).strip()


def losses(client: httpx.Client, job_id: str) -> tuple[float, float]:
    """Held-out loss of the base (step 0) and of the tuned model, from the job's own log."""
    after, found = None, []
    while True:
        query = {"limit": 100, **({"after": after} if after else {})}
        page = checked(client.get(f"/fine_tuning/jobs/{job_id}/events", params=query))
        found += [e["data"] for e in page["data"] if "validation_loss" in (e["data"] or {})]
        if not page["has_more"]:
            break
        after = page["data"][-1]["id"]
    curve = {entry["step"]: entry["validation_loss"] for entry in found if "step" in entry}
    return curve[min(curve)], curve[max(curve)]


def checked(response: httpx.Response) -> Any:
    if response.is_error:
        raise SystemExit(f"{response.request.url}: {response.status_code} {response.text[:500]}")
    return response.json()
