"""A worker as a process of its own, to be killed: runs, studies and scores, without a broker.

    python -m tests.finetune.studies.worker_process

Its trainers are forked from it once torch is loaded, so that each of some twenty runs spends no
seconds on imports; from there on they are what `python -m finetune.training RUN_DIR` is.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import django

django.setup()

import peft  # noqa: E402, F401 (loaded once, for all trainers)
import torch  # noqa: E402
import transformers  # noqa: E402, F401

from finetune.evaluation.__main__ import main as evaluate  # noqa: E402
from finetune.runs.worker import execution, reaping  # noqa: E402
from finetune.studies import scoring  # noqa: E402
from finetune.studies.advance import study_advance  # noqa: E402
from finetune.studies.models import Study, StudyScore  # noqa: E402
from finetune.training.__main__ import main as train  # noqa: E402


class Forked:
    """What a worker uses of a `Popen`, of a process that was forked."""

    def __init__(self, arguments: list[str], main: Any, output: Path) -> None:
        self.returncode: int | None = None
        self.pid = os.fork()
        if self.pid == 0:
            code = 1
            try:
                os.setsid()
                log = os.open(output, os.O_CREAT | os.O_WRONLY | os.O_APPEND)
                os.dup2(log, 1)
                os.dup2(log, 2)
                code = int(main(arguments))
            finally:
                os._exit(code)

    def poll(self) -> int | None:
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        until = time.monotonic() + (timeout if timeout is not None else 1e9)
        while self.poll() is None:
            if time.monotonic() > until:
                raise subprocess.TimeoutExpired("trainer", timeout or 0)
            time.sleep(0.02)
        assert self.returncode is not None
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def trainer_start(folder: Path) -> Any:
    arguments = [str(folder), "--parent", str(os.getpid())]
    return Forked(arguments, train, folder / "trainer.log")


def score_start(command: list[str], **more: Any) -> Any:
    at = command.index("finetune.evaluation") + 1
    return Forked(command[at:], evaluate, Path(more["stdout"].name))


def work() -> None:
    torch.set_num_threads(1)
    execution.start = trainer_start
    scoring.subprocess = type("Module", (), {**vars(subprocess), "Popen": score_start})
    print("ready", flush=True)
    while True:
        execution.run_execute(0)
        reaping.runs_reap()
        for pk in Study.objects.live().values_list("pk", flat=True):
            study_advance(pk)
        waiting = StudyScore.objects.filter(state=StudyScore.State.WAITING)
        for pk in waiting.values_list("pk", flat=True)[:1]:
            scoring.study_score(pk)
        time.sleep(0.05)


if __name__ == "__main__":
    sys.exit(work())
