"""Runs the Procfile's processes: prefixed log, restart of what dies, one Ctrl-C for all.

Honcho, the usual choice, ends every process when one dies; a studio in which a killed worker must
come back by itself needs the opposite. A service and what it starts are one process group: it ends
as a whole, and the warden ends it where the supervisor cannot any more. Knows nothing of Django.
"""

from __future__ import annotations

import asyncio
import ctypes
import json
import os
import shlex
import signal
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from .groups import GRACE_SECONDS, group_lives, signal_group
from .warden import Warden

LAST = "valkey"  # the others talk to it until their end
LOOK_SECONDS = 0.1
LAST_LINES_SECONDS = 1.0
GUARD_SECONDS = 1.0
CALM_SECONDS = 20.0
COLOURS = (36, 33, 32, 35, 34, 31)
PR_SET_PDEATHSIG = 1


def die_with_parent() -> None:
    """In the child: ask Linux for a SIGTERM when the supervisor is gone, even by `kill -9`."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


@dataclass
class Service:
    """One line of the Procfile and the process that carries it out."""

    name: str
    command: list[str]
    colour: int
    process: asyncio.subprocess.Process | None = None
    stopping: bool = False


def read_procfile(path: Path, leave_out: set[str]) -> list[Service]:
    """Parse `name: command` lines; `python` and `celery` mean this environment's own."""
    services: list[Service] = []
    for line in path.read_text().splitlines():
        name, colon, command = line.partition(":")
        if not colon or line.startswith("#") or name.strip() in leave_out:
            continue
        words = shlex.split(command)
        own = {"python": [sys.executable], "celery": [sys.executable, "-m", "celery"]}
        words = [*own.get(words[0], [words[0]]), *words[1:]]
        services.append(Service(name.strip(), words, COLOURS[len(services) % len(COLOURS)]))
    return services


class Supervisor:
    """Keeps services running until it is told to stop."""

    def __init__(self, services: list[Service], banner: list[str], health: str) -> None:
        self.services = services
        self.banner = banner
        self.health = health
        self.stop = asyncio.Event()
        self.warden = Warden()
        self.width = max(len(service.name) for service in services)
        self.coloured = sys.stdout.isatty()
        self.as_json = os.environ.get("WUKONG_LOG_FORMAT") == "json"

    def say(self, name: str, text: str, colour: int = 0) -> None:
        if self.as_json:
            print(json_line(name, text), flush=True)
            return
        prefix = f"{time.strftime('%H:%M:%S')} {name:<{self.width}} | "
        if self.coloured and colour:
            prefix = f"\033[{colour}m{prefix}\033[0m"
        print(prefix + text, flush=True)

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self.stop.set)
        self.warden.start()
        keepers = [asyncio.create_task(self.keep(service)) for service in self.services]
        watching = [asyncio.create_task(self.greet()), asyncio.create_task(self.guard())]
        await self.stop.wait()
        for task in watching:
            task.cancel()
        if not self.as_json:
            print(flush=True)
        self.say("studio", "stopping …")
        others = [service for service in self.services if service.name != LAST]
        await asyncio.gather(*(self.end(service) for service in others))
        await asyncio.gather(*(self.end(s) for s in self.services if s.name == LAST))
        await asyncio.gather(*keepers)
        self.warden.close()
        self.say("studio", "stopped.")

    async def keep(self, service: Service) -> None:
        """Start a service again whenever it dies; wait longer if it dies quickly again.

        Its death is the process's own. asyncio's `wait()` may return only when the pipes close,
        and a pool's child that outlived its parent holds them.
        """
        wait = 0.5
        while not self.stop.is_set():
            began = time.monotonic()
            process = service.process = await asyncio.create_subprocess_exec(
                *service.command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=die_with_parent,
                limit=2**20,
            )
            self.warden.begins(process.pid)
            printing = asyncio.create_task(self.pass_on(service.name, service.colour, process))
            if service.stopping:  # told to while it was being started
                await end_group(process.pid)
            while (code := process.returncode) is None:
                await asyncio.sleep(LOOK_SECONDS)
            await end_group(process.pid)  # what it left behind
            self.warden.ended(process.pid)
            service.process = None  # its number may become another process's
            await finish(printing)
            if self.stop.is_set() or service.stopping:
                return
            wait = 0.5 if time.monotonic() - began > CALM_SECONDS else min(wait * 2, 30.0)
            how = f"signal {-code}" if code < 0 else f"exit code {code}"
            self.say("studio", f"{service.name} ended ({how}); starting it again in {wait:.0f} s")
            try:
                await asyncio.wait_for(self.stop.wait(), wait)
            except TimeoutError:
                continue

    async def pass_on(self, name: str, colour: int, process: asyncio.subprocess.Process) -> None:
        """Print a service's lines until its output is closed by all who hold it."""
        assert process.stdout is not None
        while True:
            try:
                line = await process.stdout.readline()
            except ValueError:
                line = b"(a line longer than 1 MB was left out)\n"
            if not line:
                return
            self.say(name, line.decode("utf-8", "replace").rstrip(), colour)

    async def end(self, service: Service) -> None:
        service.stopping = True
        if service.process is not None:
            await end_group(service.process.pid)

    async def guard(self) -> None:
        """Keep the warden there, which keeps watch over us."""
        while True:
            await asyncio.sleep(GUARD_SECONDS)
            self.warden.look()

    async def greet(self) -> None:
        """Say where the site is, once it answers."""
        while not await asyncio.to_thread(answers, self.health):
            await asyncio.sleep(0.2)
        for line in self.banner:
            self.say("studio", line)


def json_line(name: str, text: str) -> str:
    """A service's line with the service's name; one that is no JSON becomes its `event`."""
    try:
        line = json.loads(text)
    except ValueError:
        line = None
    if not isinstance(line, dict):
        now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        line = {"event": text, "level": "info", "timestamp": now}
    return json.dumps({**line, "service": name}, ensure_ascii=False)


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as response:
            return bool(response.status == 200)
    except urllib.error.HTTPError as error:
        return error.code == 503  # it answers, and says that its disk or database does not
    except OSError:
        return False


async def end_group(group: int) -> None:
    """SIGTERM to the whole group, SIGKILL after a while."""
    signal_group(group, signal.SIGTERM)
    deadline = time.monotonic() + GRACE_SECONDS
    while group_lives(group) and time.monotonic() < deadline:
        await asyncio.sleep(LOOK_SECONDS)
    signal_group(group, signal.SIGKILL)


async def finish(printing: asyncio.Task[None]) -> None:
    """Let the last lines of a dead service be printed; a stranger may hold its output open."""
    done, _ = await asyncio.wait({printing}, timeout=LAST_LINES_SECONDS)
    if not done:
        printing.cancel()


def main() -> None:
    """Start what the Procfile names, except the services in `WUKONG_LEAVE_OUT`."""
    leave_out = set(filter(None, os.environ.get("WUKONG_LEAVE_OUT", "").split(",")))
    banner = os.environ.pop("WUKONG_BANNER", "").splitlines()
    health = os.environ.pop("WUKONG_HEALTH", "http://127.0.0.1:8000/health")
    services = read_procfile(Path(__file__).resolve().parents[2] / "Procfile", leave_out)
    asyncio.run(supervise(services, banner, health))


async def supervise(services: list[Service], banner: list[str], health: str) -> None:
    await Supervisor(services, banner, health).run()


if __name__ == "__main__":
    main()
