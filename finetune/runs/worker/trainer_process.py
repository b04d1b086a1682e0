"""The trainer as a process: started, stopped, and its end explained."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
from django.conf import settings

from finetune.training.devices.count import CPU_DEVICES

STOP_SECONDS = 30.0


def start(folder: Path) -> subprocess.Popen[bytes]:
    """Start a trainer on a run's folder; what it prints goes into `trainer.log` there.

    People who talk go first: it takes what the engine leaves of the cores (`nice`). It is told who
    its parent is: if this process dies while the trainer still imports, whoever
    adopts the trainer must not be taken for it.
    """
    with (folder / "trainer.log").open("ab") as output:
        return subprocess.Popen(
            [
                *("nice", "-n", str(settings.TRAINER_NICENESS)),
                *(sys.executable, "-m", "finetune.training", str(folder)),
                *("--parent", str(os.getpid())),
            ],
            cwd=settings.BASE_DIR,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )


def environment() -> dict[str, str]:
    """What a trainer's process is told."""
    return {
        **os.environ,
        "OMP_WAIT_POLICY": "PASSIVE",
        "TOKENIZERS_PARALLELISM": "false",
        "PYTHONUNBUFFERED": "1",
        CPU_DEVICES: str(settings.TRAINER_CPU_DEVICES),
    }


def stop(trainer: subprocess.Popen[bytes]) -> None:
    """Ask a trainer to save and leave; end it where it does not.

    The lease may lapse meanwhile. Then the run is queued again, and its next trainer waits until
    this one has left the folder.
    """
    trainer.send_signal(signal.SIGTERM)
    trainer.send_signal(signal.SIGCONT)  # one that was stopped would never hear of it
    try:
        trainer.wait(timeout=STOP_SECONDS)
    except subprocess.TimeoutExpired:
        trainer.kill()
        trainer.wait()


def folder_free(folder: Path) -> bool:
    """Whether no trainer holds the folder."""
    with (folder / "lock").open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def folder_holder(folder: Path) -> int | None:
    """The process id that the holder of a folder has written into its lock."""
    try:
        text = (folder / "lock").read_text(errors="replace").strip()
    except FileNotFoundError:
        return None
    return int(text) if text.isascii() and text.isdigit() else None


def orphan_end(folder: Path) -> bool:
    """End a trainer that a worker of this machine has left on the folder; it had time to leave.

    One that a person has started by hand has no such parent and is left alone.
    """
    pid = folder_holder(folder)
    if pid is None or folder_free(folder):
        return False
    try:
        process = psutil.Process(pid)
        command = process.cmdline()
        mine = "finetune.training" in command and str(folder) in command
        if not mine or "--parent" not in command:
            return False
        if command[command.index("--parent") + 1] == str(process.ppid()):
            return False  # its worker lives
        process.kill()
    except psutil.NoSuchProcess:
        return True
    except (psutil.Error, IndexError):
        return False
    return True


def memory_kills() -> int:
    """How many processes Linux has ended for memory since it started; 0 where it does not tell."""
    try:
        lines = Path("/proc/vmstat").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("oom_kill ")), 0)


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
