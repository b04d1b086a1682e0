"""How long every page and list takes, and how large it is, on the folder of `many_rows.py`.

    python -m benchmarks.site.many_rows FOLDER
    python -m benchmarks.site.pages FOLDER [--rounds 7] [--only /runs/] [--plans]

Requests go through Django's own client in this process: no network, no compression. The first
answer of each address is thrown away; time is the median of the rest. `--plans` prints queries that
read a whole table. Bar: 100 ms and 200 kB for each; files for download are only timed.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.frame import print_head, print_row, processes, studio_prepared, studio_settings
from benchmarks.site.many_rows import public

MOST_SECONDS, MOST_BYTES = 0.1, 200_000
PATIENCE = 10.0  # seconds for one address
LONG_RUN, SHORT_RUN = public("ftjob", 1), public("ftjob", 9_000)
KEY = {"headers": {"authorization": "Bearer sk-wk-benchmark"}}


def pages() -> Iterator[str]:
    """Every address of the site that shows a list, and a page of each kind."""
    from finetune.hardware.models import QuantumCalibration, QuantumJob
    from finetune.hardware.selectors import FILTERS as JOB_FILTERS
    from finetune.runs.listing.filters import ORDERS, STATES

    yield from (
        "/",
        "/data/",
        "/data/?page=100",
        "/data/new/",
        "/keys/",
        "/team/",
        "/team/?page=40",
    )
    yield from (f"/data/{public('file', number)}/" for number in (0, 5))
    yield from ("/runs/", "/runs/?page=250", "/runs/?page=501", "/runs/new/")
    yield from (f"/runs/?state={state}" for state in STATES)
    yield from (f"/runs/?sort={order}" for order in ORDERS)
    yield from ("/runs/?q=long", "/runs/?adapter=qtha", "/runs/?since=2020-01-01")
    yield f"/runs/new/?from={LONG_RUN}"
    yield from (f"/runs/{public('ftjob', number)}/" for number in (1, 2, 50, 9_000))
    yield from (f"/runs/{LONG_RUN}/{part}/" for part in ("samples", "table", "lines"))
    yield from ("/quantum/", "/quantum/jobs/", "/quantum/jobs/?page=300", "/quantum/explorer/")
    yield from (f"/quantum/jobs/?state={state}" for state in JOB_FILTERS)
    yield f"/quantum/jobs/{QuantumJob.objects.latest('pk').public_id}/"
    yield f"/quantum/chips/{QuantumCalibration.objects.latest('pk').public_id}/"
    yield from ("/chat/", f"/chat/{public('conv', 1)}/", f"/chat/{public('conv', 0)}/")
    yield from ("/sign-in/", "/password/", "/v1/docs", "/admin/")


def console_pages() -> Iterator[str]:
    from finetune.runs.models import Run
    from finetune.teams.models import ApiKey, Team, User

    yield f"/admin/finetune/run/{Run.objects.get(public_id=LONG_RUN).pk}/change/"
    yield f"/admin/finetune/apikey/{ApiKey.objects.latest('pk').pk}/change/"
    yield f"/admin/finetune/team/{Team.objects.earliest('pk').pk}/change/"
    yield f"/admin/finetune/user/{User.objects.get(username='alice').pk}/change/"


def console_lists() -> Iterator[str]:
    from django.contrib import admin
    from django.urls import reverse

    for model in admin.site._registry:
        yield reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    yield f"/admin/finetune/runevent/?run__public_id={LONG_RUN}"
    yield "/admin/finetune/run/?p=50"


def api_lists() -> Iterator[str]:
    jobs = "/v1/fine_tuning/jobs"
    yield from (jobs, f"{jobs}?limit=100", f"{jobs}?after={public('ftjob', 300)}")
    yield from (f"{jobs}?metadata[topic]=sleep", f"{jobs}?metadata[topic]=nothing")
    yield from (f"{jobs}/{LONG_RUN}", f"{jobs}/{LONG_RUN}/events?limit=100")
    yield f"{jobs}/{LONG_RUN}/events?after=ftevent-{LONG_RUN.removeprefix('ftjob-')}-50000"
    yield from (f"{jobs}/{LONG_RUN}/checkpoints", f"{jobs}/{SHORT_RUN}/checkpoints")
    yield from ("/v1/models", "/v1/models?limit=20", f"/v1/models/{model_name(4_000)}")
    yield from ("/v1/files", "/v1/files?limit=20", "/v1/files?purpose=fine-tune-results&limit=20")
    yield f"/v1/files/{public('file', 7)}"


def downloads() -> Iterator[str]:
    yield from (f"/runs/{LONG_RUN}/{name}" for name in ("metrics.csv", "log.txt"))
    yield f"/v1/files/file-results-{LONG_RUN.removeprefix('ftjob-')}/content"


def model_name(number: int) -> str:
    return f"ft:smollm2-135m-instruct:team-00:calm:{public('ftjob', number).removeprefix('ftjob-')}"


def measured(client: Any, path: str, rounds: int, **extra: Any) -> tuple[float, float, int, int]:
    """Median seconds by the clock and of the processor, bytes, status; streams are read whole."""
    seconds, spent = [], []
    for _ in range(rounds + 1):
        began, before = time.perf_counter(), time.process_time()
        answer = client.get(path, **extra)
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        seconds.append(time.perf_counter() - began)
        spent.append(time.process_time() - before)
        if sum(seconds[1:]) > PATIENCE:
            break
    median, processor = (statistics.median(one[1:] or one) for one in (seconds, spent))
    return median, processor, len(body), answer.status_code


def scans(client: Any, path: str, **extra: Any) -> list[str]:
    """The plan's steps that read a table without an index, with the query."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as captured:
        client.get(path, **extra)
    slow_queries = []
    for query in captured.captured_queries:
        if query["sql"].startswith("SELECT"):
            with connection.cursor() as cursor:
                cursor.execute("EXPLAIN QUERY PLAN " + query["sql"].replace("%", "%%"))
                steps = [row[3] for row in cursor.fetchall()]
            slow = [step for step in steps if "SCAN" in step or "TEMP B-TREE" in step]
            if slow or float(query["time"]) > 0.01:
                slow_queries.append(f"{query['time']} s {slow} {query['sql'][:300]}")
    return slow_queries


def report(options: argparse.Namespace) -> None:
    from django.test import Client

    from finetune.teams.models import User

    client, bare = Client(raise_request_exception=False), Client(raise_request_exception=False)
    client.force_login(User.objects.get(username="alice"))
    asked = [(path, client, {}) for path in (*pages(), *console_pages(), *console_lists())]
    asked += [(path, bare, KEY) for path in api_lists()]
    files = set(downloads())
    asked += [(path, bare if path.startswith("/v1") else client, KEY) for path in sorted(files)]
    missed = 0
    print_head("address", "median", "processor", "bytes", "")
    for path, who, extra in asked:
        if options.only not in path:
            continue
        seconds, processor, size, status = measured(who, path, options.rounds, **extra)
        over = path not in files and (seconds > MOST_SECONDS or size > MOST_BYTES)
        missed += over
        verdict = f"answered {status}" if status != 200 else "missed" if over else ""
        address = path.replace(LONG_RUN, "LONG").replace(SHORT_RUN, "SHORT")
        times = (f"{1000 * value:.1f} ms" for value in (seconds, processor))
        print_row(f"`{address}`", *times, f"{size:,}", verdict)
        if options.plans:
            for line in scans(who, path, **extra):
                print(f"    {line}")
    print(f"\n{missed} above {MOST_SECONDS * 1000:.0f} ms or {MOST_BYTES:,} bytes")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--only", default="", help="addresses that contain this")
    parser.add_argument("--plans", action="store_true")
    options = parser.parse_args()
    studio_settings(options.folder.resolve())
    os.environ["WUKONG_API_REQUESTS_PER_MINUTE"] = "1000000"
    os.environ["WUKONG_ALLOWED_HOSTS"] = "testserver"
    studio_prepared()
    with processes("wukongsite.processes.broker"):
        import django

        django.setup()
        report(options)


if __name__ == "__main__":
    main()
