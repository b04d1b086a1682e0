"""Become one process of the Procfile: `python -m wukongsite.processes.service worker`.

For systemd, containers and whatever else looks after processes by itself. Whoever ends it should
send SIGTERM to its whole process group, as the supervisor of `manage.py studio` does: a worker's
trainer then saves and leaves, and the run goes on elsewhere.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from .supervisor import read_procfile

PROCFILE = Path(__file__).resolve().parents[2] / "Procfile"


def command_of(name: str) -> list[str]:
    """The words of a line of the Procfile.

    Raises:
        SystemExit: there is no such line.
    """
    services = {service.name: service.command for service in read_procfile(PROCFILE, set())}
    if name not in services:
        raise SystemExit(f"The Procfile has no {name!r}; it has {', '.join(services)}.")
    return services[name]


def main() -> None:
    if len(sys.argv) != 2:
        raise SystemExit("usage: python -m wukongsite.processes.service NAME")
    command = command_of(sys.argv[1])
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wukongsite.settings")
    os.execv(command[0], command)  # noqa: S606


if __name__ == "__main__":
    main()
