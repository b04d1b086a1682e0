"""Ends the studio's processes when its supervisor is gone: `python -m wukongsite.processes.warden`.

The supervisor holds the other end of this process's input and writes a line for each process group
that begins (`+123`) or has ended (`-123`). The kernel closes that end however the supervisor goes,
`kill -9` included; then the groups that are left are ended: workers, their pool's children, their
trainers. The warden has inherited the studio's lock, so no second studio works on the data folder
before nothing of the first is left.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterable

from .groups import end_groups

LOCK_VARIABLE = "WUKONG_LOCK_FD"
CLOSE_SECONDS = 5.0


class Warden:
    """The supervisor's side: starts the process, tells it the groups, replaces it if it dies."""

    def __init__(self) -> None:
        self.groups: set[int] = set()
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, or start it again, and tell it every group there is."""
        lock = os.environ.get(LOCK_VARIABLE)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "wukongsite.processes.warden"],
            stdin=subprocess.PIPE,
            pass_fds=[int(lock)] if lock else [],
            start_new_session=True,  # out of reach of Ctrl-C and of what ends the supervisor
        )
        for group in self.groups:
            self.tell(f"+{group}")

    def look(self) -> None:
        """Start it again if it died."""
        if self.process is None or self.process.poll() is not None:
            self.start()

    def begins(self, group: int) -> None:
        self.groups.add(group)
        self.tell(f"+{group}")

    def ended(self, group: int) -> None:
        self.groups.discard(group)
        self.tell(f"-{group}")

    def tell(self, line: str) -> None:
        if self.process is None or self.process.stdin is None:
            return
        try:
            self.process.stdin.write(f"{line}\n".encode())
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # it died; the next look starts another, which is told everything

    def close(self) -> None:
        """Let it go: by now no group is left."""
        if self.process is None or self.process.stdin is None:
            return
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass
        try:
            self.process.wait(timeout=CLOSE_SECONDS)
        except subprocess.TimeoutExpired:  # somebody has stopped it
            self.process.kill()
            self.process.wait()
        self.process = None


def left_over(lines: Iterable[str]) -> set[int]:
    """Read lines until the supervisor is gone; return the groups that had not ended by then."""
    groups: set[int] = set()
    for line in lines:
        sign, number = line[:1], line[1:].strip()
        if sign == "+" and number.isdigit():
            groups.add(int(number))
        elif sign == "-" and number.isdigit():
            groups.discard(int(number))
    return groups


def main() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # it goes when the supervisor has gone
    groups = left_over(sys.stdin)
    if groups:
        end_groups(groups)


if __name__ == "__main__":
    main()
