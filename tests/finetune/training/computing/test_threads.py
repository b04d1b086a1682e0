"""A trainer takes the cores that nobody uses, and never fewer than half of those it may use."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import namedtuple

import pytest

from finetune.training.computing import threads
from finetune.training.computing.threads import free_threads, idle_cores


@pytest.mark.parametrize(
    ("usable", "idle", "wanted"),
    [(1, 0.0, 1), (2, 1.9, 2), (2, 1.2, 1), (2, 0.0, 1), (8, 7.6, 8), (8, 5.2, 5), (8, 0.3, 4),
     (3, 0.0, 2), (4, 12.0, 4)],
)  # fmt: skip
def test_what_is_free(
    usable: int, idle: float, wanted: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threads, "usable_cores", lambda: usable)
    monkeypatch.setattr(threads, "idle_cores", lambda seconds: idle)
    assert free_threads() == wanted


def test_a_core_that_did_nothing_is_idle_however_short_the_look(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """psutil lets the parts of half a second add up to 50."""
    core = namedtuple("core", "user nice idle iowait")
    looked = [core(0.0, 0.0, 50.0, 0.0), core(20.0, 20.0, 5.0, 5.0), core(0.0, 0.0, 0.0, 0.0)]
    monkeypatch.setattr(threads.psutil, "cpu_times_percent", lambda **_: looked)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2}, raising=False)
    assert idle_cores(0.5) == pytest.approx(1 + 0.2 + 1)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {1}, raising=False)
    assert idle_cores(0.5) == pytest.approx(0.2)


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="cores cannot be chosen here")
def test_a_busy_core_is_not_idle() -> None:
    core = min(os.sched_getaffinity(0))
    code = f"import os; os.sched_setaffinity(0, {{{core}}}); print(flush=True)\nwhile True: pass"
    busy = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    try:
        assert busy.stdout is not None
        busy.stdout.readline()
        before = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {core})
        try:
            assert idle_cores(0.3) < 0.2
        finally:
            os.sched_setaffinity(0, before)
    finally:
        busy.kill()
        busy.communicate()
