"""Processes that compute for a worker: Python modules, told nothing that opens the site."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from typing import IO

from django.conf import settings

from .environment import without_secrets


def start(module: str, *arguments: str, log: IO[bytes]) -> subprocess.Popen[bytes]:
    """Start `python -m module arguments`, as nice as a trainer, without a model hub.

    Args:
        module: name of the module.
        arguments: what it is told.
        log: takes what it prints.
    """
    return subprocess.Popen(
        [
            *("nice", "-n", str(settings.TRAINER_NICENESS)),
            *(sys.executable, "-m", module, *arguments),
        ],
        cwd=settings.BASE_DIR,
        env=without_secrets() | {"HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"},
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,  # so that what it starts itself ends with it
    )


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process and what it has started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
