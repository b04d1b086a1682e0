"""`/admin/queue/`: what waits, what runs, and whether every process behind the site answers.

Each part is asked on its own with a short time limit, and says so itself where it does not answer.
"""

import os
import shutil
from datetime import datetime, timedelta
from typing import Any

import psutil
import redis
from asgiref.sync import async_to_sync
from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from chat.engine.client import EngineClient
from chat.engine.exceptions import ClientError
from finetune.datasets.models import Dataset
from finetune.operations.selectors import drain_now
from finetune.runs.models import Run
from finetune.runs.queue.line import waiting_of

from .errors import errors_kept
from .parts import Part, valkey_client
from .workers import workers_part

QUEUES = (
    *(
        "train",
        "evaluations",
        "checks",
        "quantum",
        "bases",
        "explorer",
        "exports",
        "alerts",
        "drawings",
    ),
    "default",
)
BROKER_SECONDS = 1.0
LOW_SHARE = 0.1
GIB = 2**30


def queue_page(request: HttpRequest) -> HttpResponse:
    broker = broker_part()
    parts = [
        broker,
        workers_part(broker=broker.well),
        engine_part(),
        disk_part(),
        memory_part(),
    ]
    now = timezone.now()
    runs = Run.objects.select_related("team", "base")
    context = {
        **admin.site.each_context(request),
        "title": "Queue and workers",
        "parts": parts,
        "queued": waiting_of(runs.filter(state=Run.State.QUEUED)),
        "held": [
            {"run": run, "beat": heartbeat_age(run, now), "lapsed": not run.is_held}
            for run in runs.filter(state__in=Run.HELD).order_by("started_at")
        ],
        "validating": runs.filter(state__in=(Run.State.CREATED, Run.State.VALIDATING)),
        "checks": Dataset.objects.filter(
            state__in=(Dataset.State.UPLOADED, Dataset.State.CHECKING), deleted_at=None
        ).select_related("team"),
        "errors": errors_kept() if broker.well else None,
        "drain": drain_now(),
        "may_drain": request.user.has_perm("finetune.add_drain"),
        "now": now,
    }
    return render(request, "admin/queue.html", context)


def heartbeat_age(run: Run, now: datetime) -> float | None:
    """Seconds since the worker last renewed its lease."""
    if run.lease_until is None:
        return None
    renewed = run.lease_until - timedelta(seconds=settings.LEASE_SECONDS)
    return max(0.0, (now - renewed).total_seconds())


def broker_part() -> Part:
    client = valkey_client(BROKER_SECONDS)
    try:
        client.ping()
        waiting: dict[str, Any] = {f"messages in {name}": client.llen(name) for name in QUEUES}
        taken = client.hlen("unacked")
        info: Any = client.info("server")
        version = info.get("valkey_version") or info.get("redis_version", "")
    except redis.RedisError as error:
        return Part("Valkey", False, f"does not answer: {error}")
    finally:
        client.close()
    return Part("Valkey", True, f"answers, version {version}", {**waiting, "taken": taken})


def engine_part() -> Part:
    client = EngineClient(settings.ENGINE_URL, settings.ENGINE_KEY)
    try:
        health = async_to_sync(client.health)()
    except ClientError as error:
        return Part("Engine", False, str(error))
    loaded = health.get("loaded") or []
    facts = {
        "assistants in memory": len(loaded) if isinstance(loaded, list) else loaded,
        "replies now": health.get("active", 0),
        "waiting": health.get("waiting", 0),
        "device": health.get("device", ""),
    }
    if memory := health.get("memory_bytes"):
        facts["memory"] = f"{memory / GIB:.1f} GiB"
    ready = bool(health.get("ready", True))
    return Part("Engine", ready, "ready" if ready else "warming up", facts)


def disk_part() -> Part:
    usage = shutil.disk_usage(settings.DATA_DIR)
    enough = usage.free > settings.UPLOAD_MIN_FREE_MB * 2**20 and usage.free > 0.02 * usage.total
    text = f"{usage.free / GIB:.1f} GiB of {usage.total / GIB:.0f} GiB free"
    return Part("Disk", enough, text, {"folder": settings.DATA_DIR})


def memory_part() -> Part:
    memory = psutil.virtual_memory()
    own = psutil.Process(os.getpid()).memory_info().rss
    text = f"{memory.available / GIB:.1f} GiB of {memory.total / GIB:.0f} GiB available"
    facts = {"this web process": f"{own / 2**20:.0f} MiB"}
    return Part("Memory", memory.available > LOW_SHARE * memory.total, text, facts)
