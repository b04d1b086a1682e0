"""Starting the studio: what `manage.py studio` does before the supervisor takes its place."""

import os
import socket
import sys
import time
from typing import Protocol

from django.conf import settings

from .groups import GRACE_SECONDS
from .lock import StudioRunning, studio_lock
from .warden import LOCK_VARIABLE

PORT_TRIES = 100  # ports looked at for one that is free


class Output(Protocol):
    def write(self, text: str) -> object: ...


def studio_start(*, demo: bool, errors: Output) -> None:
    """Prepare the data folder and become the supervisor of all processes.

    Args:
        demo: whether the demo run is queued on the first start.
        errors: where it is said who has the data folder already.
    """
    lock = lock_taken(errors)
    ports_check()
    from . import setup

    print("Wukong Studio: preparing", flush=True)
    setup.prepare()
    user, link = setup.administrator_make()
    run = setup.demo_queue(user) if demo else None
    banner = [f"Wukong Studio is ready: {settings.SITE_URL}"]
    if link:
        banner.append(f"Sign in as {user.username} (once, within an hour): {link}")
    else:
        banner.append("A new sign-in link: make link")
    if run:
        banner.append("The demo run has been queued: about five minutes on two CPU cores.")
    leave_out = [
        name
        for name, ours in (
            ("valkey", settings.VALKEY_IS_OURS),
            ("engine", settings.ENGINE_IS_OURS),
        )
        if not ours
    ]
    os.environ |= {
        "WUKONG_BANNER": "\n".join(banner),
        "WUKONG_HEALTH": f"http://{settings.HOST}:{settings.PORT}/health",
        "WUKONG_LEAVE_OUT": ",".join(leave_out),
        "PYTHONUNBUFFERED": "1",
        LOCK_VARIABLE: str(lock),
    }
    os.chdir(settings.BASE_DIR)
    os.execv(sys.executable, [sys.executable, "-m", "wukongsite.processes.supervisor"])  # noqa: S606


def lock_taken(errors: Output) -> int:
    """Take the data folder's lock, or say who has it and leave.

    The lock outlives a supervisor that was killed until its warden has ended what it left.
    """
    deadline = time.monotonic() + GRACE_SECONDS + 5
    announced = False
    while True:
        try:
            return studio_lock(settings.DATA_DIR, settings.SITE_URL)
        except StudioRunning as running:
            info = running.info
        if pid_lives(info.get("pid")) or time.monotonic() > deadline:
            break
        if not announced:
            print("Waiting for the end of what a killed studio left behind …", flush=True)
            announced = True
        time.sleep(0.2)
    errors.write(
        f"Wukong Studio is running already: {info.get('url', settings.SITE_URL)} "
        f"(process {info.get('pid', '?')}). "
        "Stop it with Ctrl-C in its terminal, or set WUKONG_DATA_DIR and WUKONG_PORT."
    )
    sys.exit(1)


def pid_lives(pid: int | None) -> bool:
    if pid is None:
        return True  # who holds the lock has not said yet who it is
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def ports_check() -> None:
    """Refuse early, and in words, where another program, or another studio, holds a port."""
    wanted = [(settings.HOST, settings.PORT, "WUKONG_PORT")]
    if settings.ENGINE_IS_OURS:
        wanted.append(("127.0.0.1", settings.ENGINE_PORT, "WUKONG_ENGINE_PORT"))
    taken, free, problems = {port for _, port, _ in wanted}, [], []
    for host, port, name in wanted:
        problem = port_problem(host, port)
        if problem:
            problems.append(f"Port {port} on {host} cannot be used ({problem}).")
            other = port_free(host, port, taken)
            taken.add(other)
            free.append(f"{name}={other}")
    if problems:
        raise SystemExit(
            f"{' '.join(problems)} If another studio has it, both can run: "
            f"{' '.join(free)} make run"
        )


def port_problem(host: str, port: int) -> str:
    """Why a port cannot be listened on; empty if it can."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return error.strerror or str(error)
    return ""


def port_free(host: str, port: int, taken: set[int]) -> int:
    """The next port that can be had."""
    for other in range(port + 1, min(port + PORT_TRIES, 65_536)):
        if other not in taken and not port_problem(host, other):
            return other
    return port + 1
