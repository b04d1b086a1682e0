"""The trainer as a process: started, stopped, and its end explained."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from django.conf import settings


def start(folder: Path) -> subprocess.Popen[bytes]:
    """Start a trainer on a run's folder; what it prints goes into `trainer.log` there."""
    environment = {
        **os.environ,
        "OMP_WAIT_POLICY": "PASSIVE",
        "TOKENIZERS_PARALLELISM": "false",
        "PYTHONUNBUFFERED": "1",
    }
    with (folder / "trainer.log").open("ab") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "finetune.training", str(folder)],
            cwd=settings.BASE_DIR,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )


def stop(trainer: subprocess.Popen[bytes]) -> None:
    """Ask a trainer to save and leave; end it where it does not."""
    trainer.send_signal(signal.SIGTERM)
    try:
        trainer.wait(timeout=30)
    except subprocess.TimeoutExpired:
        trainer.kill()
        trainer.wait()


def signal_reason(number: int) -> str:
    if number == signal.SIGKILL:
        return "The trainer was killed (signal 9), most often because memory ran out."
    return f"The trainer was ended by signal {number} ({signal.strsignal(number)})."


def last_lines(path: Path, count: int = 20) -> str:
    """The end of a log file, for the explanation of a failure."""
    try:
        with path.open("rb") as handle:
            size = handle.seek(0, os.SEEK_END)
            handle.seek(max(0, size - 16_384))
            return "\n".join(handle.read().decode("utf-8", "replace").splitlines()[-count:])
    except FileNotFoundError:
        return ""
