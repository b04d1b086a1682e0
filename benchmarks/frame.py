"""What the benchmarks share: a studio's processes on a data folder of their own, spreads, tables.

Run each as `python -m benchmarks.NAME` at the root of the repository.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import statistics
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from finetune.evaluation.votes import interval

Turn = dict[str, dict[str, Any]]
ROOT = Path(__file__).resolve().parent.parent


@contextmanager
def processes(*modules: str) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Modules of ours, each with its arguments in the same text; the last one is ended first.

    Also where the benchmark is ended by a signal, which then interrupts it as Ctrl+C does.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    running = [
        subprocess.Popen([sys.executable, "-m", *module.split()], cwd=ROOT) for module in modules
    ]
    try:
        yield running
    finally:
        for process in reversed(running):
            process.terminate()
            process.wait()


def studio_settings(folder: Path | str, port: int = 0) -> None:
    """Point this process and those that it starts to a data folder."""
    os.environ |= {
        "WUKONG_DATA_DIR": str(folder),
        "DJANGO_SETTINGS_MODULE": "wukongsite.settings",
        "PYTHONPATH": str(ROOT),
        **({"WUKONG_PORT": str(port)} if port else {}),
    }


def studio_prepared() -> None:
    """Migrate the data folder's database and collect the static files."""
    for command in ("migrate -v 0", "collectstatic --noinput -v 0"):
        subprocess.run([sys.executable, "manage.py", *command.split()], cwd=ROOT, check=True)


def answers(port: int) -> bool:
    """Whether the web process is ready."""
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health", timeout=2).is_success
    except httpx.HTTPError:
        return False


class Kept:
    """Rows of a benchmark, written as they come: stopped at any time, it goes on from them.

    Args:
        path: JSON lines; rows of other questions may stand there, too.
        asked: what the rows answer. Only those of the same question are read.
    """

    def __init__(self, path: Path, asked: dict[str, Any]) -> None:
        self._path, self._asked = path, asked
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        whole = text[: text.rfind("\n") + 1]
        if whole != text:  # it was killed while it wrote
            path.write_text(whole, encoding="utf-8")
        lines = [json.loads(line) for line in whole.splitlines()]
        self.rows: list[dict[str, Any]] = [row for row in lines if row.pop("asked") == asked]

    def add(self, row: dict[str, Any]) -> None:
        """Keep one more."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"asked": self._asked, **row}) + "\n")
        self.rows.append(row)

    def turns(self, ways: Sequence[str]) -> list[Turn]:
        """By way, in their order, the steps that all have made in turn, but for the first ones.

        A row has a `way`, a `round`, new for each start of their processes, and its `step`.
        """
        found: dict[tuple[int, int], Turn] = {}
        for row in self.rows:
            found.setdefault((row["round"], row["step"]), {})[row["way"]] = row
        whole = [
            turn for (_, step), turn in sorted(found.items()) if step and len(turn) == len(ways)
        ]
        return [{way: turn[way] for way in ways} for turn in whole]


def wilson(hits: int, of: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share, from 0 to 1; all of that without a trial."""
    return interval.wilson(hits, of) or (0.0, 1.0)


def free_port() -> int:
    """A port of this machine that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def print_spread(seconds: Sequence[float]) -> None:
    """How late things were: the middle one, the end of 95 %, the last."""
    late = sorted(seconds)
    print(f"median        {1000 * statistics.median(late):.0f} ms")
    print(f"95 %          {1000 * late[int(0.95 * (len(late) - 1))]:.0f} ms")
    print(f"slowest       {1000 * late[-1]:.0f} ms")


def peak_mb() -> float:
    """This process's peak of memory; ``ru_maxrss`` would include the parent's at the fork."""
    status = Path("/proc/self/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def print_row(*cells: object) -> None:
    """A row of a Markdown table; shown at once, since the next one may take minutes."""
    print("|", " | ".join(map(str, cells)), "|", flush=True)


def print_head(*titles: str) -> None:
    """The titles of a Markdown table."""
    print_row(*titles)
    print(f"|{'---|' * len(titles)}")
