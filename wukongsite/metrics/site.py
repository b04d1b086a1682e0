"""What the site stands at, asked for at each scrape: queues, runs, workers, engine, disk.

Each part is asked on its own; one that does not answer is missing, and counted as such.
"""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Callable, Iterator
from typing import Any

from asgiref.sync import async_to_sync
from django.conf import settings
from django.db.models import Count, F, Min, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from chat.engine.client import EngineClient
from chat.engine.exceptions import ClientError
from finetune.alerts.models import Delivery
from finetune.bases.models import BaseDownload
from finetune.condition import NEARLY_FULL, READY, condition_now
from finetune.datasets.models import Dataset
from finetune.evaluation.models import Evaluation
from finetune.explorer.models import QuantumExperiment
from finetune.exports.models import Export
from finetune.queue import messages_waiting
from finetune.runs.models import Run
from wukongsite.console.queue import QUEUES
from wukongsite.console.workers import expected_workers, newest_signs

log = logging.getLogger(__name__)
Family = GaugeMetricFamily
# What a queue's rows wait for, and since when: a message in Valkey has no time on it.
WAITING: dict[str, Callable[[], QuerySet[Any]]] = {
    "train": lambda: Run.objects.filter(state=Run.State.QUEUED).annotate(
        since=Coalesce("queued_at", "created_at")
    ),
    "evaluations": lambda: since_created(Evaluation.objects.filter(state="waiting")),
    "checks": lambda: since_created(
        Dataset.objects.filter(state=Dataset.State.UPLOADED, deleted_at=None)
    ),
    "explorer": lambda: since_created(QuantumExperiment.objects.filter(state="waiting")),
    "exports": lambda: since_created(Export.objects.filter(state="waiting")),
    "bases": lambda: since_created(BaseDownload.objects.filter(state="waiting")),
    "alerts": lambda: Delivery.objects.filter(state="waiting", due_at__lte=timezone.now()).annotate(
        since=F("due_at")
    ),
}


def since_created(rows: QuerySet[Any]) -> QuerySet[Any]:
    dated: QuerySet[Any] = rows.annotate(since=F("created_at"))
    return dated


class SiteCollector(Collector):
    """For a registry of prometheus_client; asks when it is collected."""

    def collect(self) -> Iterator[Family]:
        failed = Family("wukong_scrape_part_failed", "1: not asked, see the log.", labels=["part"])
        for name, part in PARTS.items():
            try:
                families = list(part())
            except Exception as error:  # a scrape tells what can be told
                log.warning("metrics: %s cannot be asked: %s", name, type(error).__name__)
                failed.add_metric([name], 1)
                continue
            failed.add_metric([name], 0)
            yield from families
        yield failed


def condition() -> Iterator[Family]:
    now = condition_now()
    up = Family(
        "wukong_part_up", "Whether a part that the site stands on answers.", labels=["part"]
    )
    up.add_metric(["database"], now.database == READY)
    up.add_metric(["data"], now.data in (READY, NEARLY_FULL))
    up.add_metric(["broker"], now.broker == READY)
    yield up


def runs() -> Iterator[Family]:
    counted = dict(Run.objects.values_list("state").annotate(Count("pk")).order_by())
    family = Family("wukong_runs", "Runs by state, all that there are.", labels=["state"])
    for state in Run.State.values:
        family.add_metric([state], counted.get(state, 0))
    yield family


def rows_waiting() -> Iterator[Family]:
    length = Family("wukong_queue_waiting", "Things that wait for a worker.", labels=["queue"])
    age = Family(
        "wukong_queue_oldest_wait_seconds",
        "How long the one has waited that waits longest; 0: nothing waits.",
        labels=["queue"],
    )
    now = timezone.now()
    for queue, rows in WAITING.items():
        found = rows().aggregate(count=Count("pk"), oldest=Min("since"))
        oldest = found["oldest"]
        length.add_metric([queue], found["count"])
        age.add_metric([queue], max(0.0, (now - oldest).total_seconds()) if oldest else 0.0)
    yield length
    yield age


def messages() -> Iterator[Family]:
    family = Family(
        "wukong_queue_messages", "Messages in Valkey that no worker has fetched.", labels=["queue"]
    )
    for queue in QUEUES:
        count = messages_waiting(queue)
        if count is not None:
            family.add_metric([queue], count)
    yield family


def workers() -> Iterator[Family]:
    signs = newest_signs()
    expected = Family(
        "wukong_worker_expected", "Workers that the Procfile names.", labels=["worker"]
    )
    for name in expected_workers():
        expected.add_metric([name], 1)
    heard = Family(
        "wukong_worker_heard_timestamp_seconds",
        "When a worker gave its last sign of life.",
        labels=["worker"],
    )
    busy = Family("wukong_worker_tasks_in_progress", "What it is at.", labels=["worker"])
    longest = Family(
        "wukong_worker_longest_task_seconds", "How long its oldest task takes.", labels=["worker"]
    )
    now = time.time()
    for name, sign in signs.items():
        heard.add_metric([name], sign.heard)
        busy.add_metric([name], len(sign.busy))
        longest.add_metric([name], max((now - since for _, since in sign.busy), default=0.0))
    yield from (expected, heard, busy, longest)


def engine() -> Iterator[Family]:
    """What the engine says of itself; its own `/metrics` counts tokens and times."""
    up = Family("wukong_engine_up", "Whether the engine answers and has warmed up.")
    try:
        health = async_to_sync(EngineClient(settings.ENGINE_URL, settings.ENGINE_KEY).health)()
    except ClientError:
        up.add_metric([], 0)
        yield up
        return
    up.add_metric([], bool(health.get("ready", True)))
    yield up
    loaded = health.get("loaded")
    for name, text, value in (
        ("assistants_loaded", "Assistants in the engine's memory.", len(loaded) if loaded else 0),
        ("replies_in_progress", "Replies that it writes.", health.get("active", 0)),
        ("replies_waiting", "Replies that wait for their turn.", health.get("waiting", 0)),
        ("resident_memory_bytes", "Its memory.", health.get("memory_bytes", 0)),
    ):
        yield Family(f"wukong_engine_{name}", text, value=value)


def disk() -> Iterator[Family]:
    usage = shutil.disk_usage(settings.DATA_DIR)
    yield Family("wukong_disk_free_bytes", "Left on the data folder's disk.", value=usage.free)
    yield Family("wukong_disk_size_bytes", "Of the data folder's disk.", value=usage.total)


PARTS: dict[str, Callable[[], Iterator[Family]]] = {
    "condition": condition,
    "runs": runs,
    "rows_waiting": rows_waiting,
    "messages": messages,
    "workers": workers,
    "engine": engine,
    "disk": disk,
}
