"""Runs the Procfile's processes: prefixed log, restart of what dies, one Ctrl-C for all.

Honcho, the usual choice, ends every process when one dies; a studio in which a killed worker must
come back by itself needs the opposite. Knows nothing of Django.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import shlex
import signal
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

LAST = "valkey"  # the others talk to it until their end
GRACE_SECONDS = 12.0
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
        self.width = max(len(service.name) for service in services)
        self.coloured = sys.stdout.isatty()

    def say(self, name: str, text: str, colour: int = 0) -> None:
        prefix = f"{time.strftime('%H:%M:%S')} {name:<{self.width}} | "
        if self.coloured and colour:
            prefix = f"\033[{colour}m{prefix}\033[0m"
        print(prefix + text, flush=True)

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self.stop.set)
        keepers = [asyncio.create_task(self.keep(service)) for service in self.services]
        greeter = asyncio.create_task(self.greet())
        await self.stop.wait()
        greeter.cancel()
        print(flush=True)
        self.say("studio", "stopping …")
        others = [service for service in self.services if service.name != LAST]
        await asyncio.gather(*(self.end(service) for service in others))
        await asyncio.gather(*(self.end(s) for s in self.services if s.name == LAST))
        await asyncio.gather(*keepers)
        self.say("studio", "stopped.")

    async def keep(self, service: Service) -> None:
        """Start a service again whenever it dies; wait longer if it dies quickly again."""
        wait = 0.5
        while not self.stop.is_set():
            began = time.monotonic()
            service.process = await asyncio.create_subprocess_exec(
                *service.command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=die_with_parent,
                limit=2**20,
            )
            await self.pass_on(service)
            code = await service.process.wait()
            if self.stop.is_set() or service.stopping:
                return
            kill_group(service.process.pid, signal.SIGTERM)  # what it left behind
            wait = 0.5 if time.monotonic() - began > CALM_SECONDS else min(wait * 2, 30.0)
            how = f"signal {-code}" if code < 0 else f"exit code {code}"
            self.say("studio", f"{service.name} ended ({how}); starting it again in {wait:.0f} s")
            try:
                await asyncio.wait_for(self.stop.wait(), wait)
            except TimeoutError:
                continue

    async def pass_on(self, service: Service) -> None:
        """Print the service's lines until it closes its output."""
        assert service.process is not None
        assert service.process.stdout is not None
        exited = asyncio.create_task(service.process.wait())
        while True:
            reading = asyncio.create_task(service.process.stdout.readline())
            await asyncio.wait({reading, exited}, return_when=asyncio.FIRST_COMPLETED)
            if not reading.done():  # dead, but a child still holds its output
                reading.cancel()
                return
            try:
                line = reading.result()
            except ValueError:
                line = b"(a line longer than 1 MB was left out)\n"
            if not line:
                return
            self.say(service.name, line.decode("utf-8", "replace").rstrip(), service.colour)

    async def end(self, service: Service) -> None:
        """SIGTERM to the whole group, SIGKILL after a while."""
        service.stopping = True
        process = service.process
        if process is None:
            return
        kill_group(process.pid, signal.SIGTERM)
        deadline = time.monotonic() + GRACE_SECONDS
        while group_lives(process.pid) and time.monotonic() < deadline:
            await asyncio.sleep(0.05)
        kill_group(process.pid, signal.SIGKILL)

    async def greet(self) -> None:
        """Say where the site is, once it answers."""
        while not await asyncio.to_thread(answers, self.health):
            await asyncio.sleep(0.2)
        for line in self.banner:
            self.say("studio", line)


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as response:
            return bool(response.status == 200)
    except urllib.error.HTTPError as error:
        return error.code == 503  # it answers, and says that its disk or database does not
    except OSError:
        return False


def kill_group(pid: int, number: signal.Signals) -> None:
    try:
        os.killpg(pid, number)
    except (ProcessLookupError, PermissionError):
        pass


def group_lives(pid: int) -> bool:
    """Whether any process of the group is left that is not a zombie."""
    try:
        os.killpg(pid, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def main() -> None:
    """Start what the Procfile names, except the services in `WUKONG_LEAVE_OUT`."""
    leave_out = set(filter(None, os.environ.get("WUKONG_LEAVE_OUT", "").split(",")))
    banner = os.environ.pop("WUKONG_BANNER", "").splitlines()
    health = os.environ.pop("WUKONG_HEALTH", "http://127.0.0.1:8000/health")
    services = read_procfile(Path(__file__).resolve().parent.parent / "Procfile", leave_out)
    asyncio.run(supervise(services, banner, health))


async def supervise(services: list[Service], banner: list[str], health: str) -> None:
    await Supervisor(services, banner, health).run()


if __name__ == "__main__":
    main()
