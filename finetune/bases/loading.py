"""Carrying out one download: the process that fetches, what it says, and what follows from it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import Any

from django.conf import settings
from django.utils import timezone

from finetune.files import alone
from finetune.outside.environment import without_secrets
from finetune.queue import enqueue

from .downloads import lock_of, target_of
from .models import BaseDownload
from .services import base_add

LOOK_SECONDS = 1.0
END_SECONDS = 10.0
State = BaseDownload.State
Event = dict[str, Any]
CHANGED: Event = {
    "event": "error",
    "error": "The hub lists other files or hashes than before for the pinned revision.",
    "code": "changed",
    "facts": {},
}


def base_download(download_id: int) -> None:
    """Carry out one download, unless another is under way: whoever does that sends for the next."""
    with alone(Path(settings.DATA_DIR) / "downloads.lock") as nobody_loads:
        if not nobody_loads:
            return
        carry_alone(download_id)
    waiting = BaseDownload.objects.filter(state=State.WAITING).exclude(pk=download_id)
    if following := waiting.order_by("created_at").first():
        enqueue("base_download", following.pk)


def carry_alone(download_id: int) -> None:
    """Take one and carry it out; a message that comes twice finds nothing to do."""
    download = BaseDownload.objects.get(pk=download_id)
    with alone(lock_of(download)) as mine:
        claimed = mine and BaseDownload.objects.filter(
            pk=download_id, state__in=BaseDownload.OPEN
        ).update(state=State.LOADING, updated_at=timezone.now())
        if claimed:
            carry(BaseDownload.objects.get(pk=download_id))


def carry(download: BaseDownload) -> None:
    """Fetch, and keep in the row what is told, until it ends one way or another."""
    last: Event = {}
    with subprocess.Popen(
        command_of(download),
        cwd=settings.BASE_DIR,
        env=without_secrets(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        for event in events_of(process):
            last = event or last
            if event and event["event"] == "found":
                if download.files and download.files != event["files"]:
                    process.terminate()
                    last = CHANGED
                    break
                found(download, event)
            if stop_asked(download, last):
                return stopped(download, process)
        crash = crash_words(process)
    if last.get("event") == "done":
        return whole(download, last["done"])
    if last.get("event") == "error":
        problem, code, facts = last["error"], last["code"], last["facts"]
    else:
        problem, code, facts = crash, "crashed", {}
    return ended(download, State.FAILED, problem=problem, code=code, facts=facts)


def command_of(download: BaseDownload) -> list[str]:
    command = [sys.executable, "-m", "finetune.bases.files.download"]
    command += [f"--name={download.title}", f"--licence={download.licence}"]
    command += [f"--revision={download.revision}"]
    command += [f"--margin={settings.UPLOAD_MIN_FREE_MB * 2**20}"]
    command += ["--accepted"] if download.accepted_at else []
    return [*command, "--", download.repository, str(target_of(download))]


def events_of(process: subprocess.Popen[str]) -> Iterator[Event | None]:
    """What the process says, until it ends; None each second in which it says nothing."""
    lines: Queue[str] = Queue()
    Thread(target=lines_read, args=(process, lines), daemon=True).start()
    while True:
        try:
            line = lines.get(timeout=LOOK_SECONDS)
        except Empty:
            yield None
            continue
        if not line:
            return
        if line.startswith("{") and line.endswith("}\n"):  # a process that is ended may stop short
            yield json.loads(line)


def lines_read(process: subprocess.Popen[str], lines: Queue[str]) -> None:
    for line in process.stdout or ():
        lines.put(line)
    lines.put("")


def stopped(download: BaseDownload, process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
    ended(download, State.STOPPED)


def crash_words(process: subprocess.Popen[str]) -> str:
    """What a process that ends without a result leaves to say."""
    code = process.wait()
    said = process.stderr.read().strip().splitlines() if process.stderr else []
    last = said[-1] if said else "it said nothing"
    return f"The download ended without a result (exit code {code}): {last}"


def found(download: BaseDownload, event: Event) -> None:
    """Pin what the hub has told: from now on this revision and no other."""
    download.licence = download.licence or event["licence"]
    download.revision, download.files = event["revision"], event["files"]
    BaseDownload.objects.filter(pk=download.pk).update(
        revision=download.revision,
        files=download.files,
        total=event["bytes"],
        licence=download.licence,
    )


def stop_asked(download: BaseDownload, last: Event) -> bool:
    """Keep how far it is, as a sign of life too; tell whether somebody wants it stopped."""
    rows = BaseDownload.objects.filter(pk=download.pk)
    done = last["done"] if last.get("event") == "progress" else download.done
    if done != download.done or time.time() - download.updated_at.timestamp() > LOOK_SECONDS:
        download.done, download.updated_at = done, timezone.now()
        rows.update(done=done, updated_at=download.updated_at)
    return rows.filter(stop_asked=True).exists() or not rows.exists()


def ended(download: BaseDownload, state: str, **changes: Any) -> None:
    BaseDownload.objects.filter(pk=download.pk).update(
        state=state, stop_asked=False, updated_at=timezone.now(), **changes
    )


def whole(download: BaseDownload, size: int) -> None:
    """Make the base's row, unless its name was taken meanwhile; its shapes are read next."""
    base = base_add(
        slug=download.slug,
        title=download.title,
        source=str(target_of(download)),
        licence=download.licence,
        revision=download.revision,
    )
    if base.source != str(target_of(download)):
        problem = f"A base called {base.slug} was added meanwhile. It stays as it is."
        ended(download, State.FAILED, problem=problem, code="exists", facts={})
    else:
        ended(download, State.DONE, done=size, base=base)
