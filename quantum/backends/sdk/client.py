"""Our side of the SDK's process: starts it, asks it, kills it when it does not answer.

One process per key and address, shared by the threads of ours, one request at a time. Knows nothing
about what the requests mean.
"""

from __future__ import annotations

import atexit
import hashlib
import json
import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from quantum.exceptions import BackendMissingError, QuantumError

KEY_VARIABLE = "WUKONG_API_KEY"
"""Holds a key for use by hand; the child must not inherit it: environments can be read."""

INSTALL = "pip install -r requirements-wukong.txt"

_ROOT = Path(__file__).resolve().parents[3]
_START_TIMEOUT = 60.0  # importing the SDK takes a second, more on a busy machine


class SdkError(QuantumError):
    """The SDK's process gave an error or no answer.

    Args:
        kind: ``not_sent`` (certainly nothing arrived), ``refused`` (the service said no), ``lost``
            (no readable reply), ``timeout`` and ``died`` (no answer from the process), ``busy``
            (another call holds it; nothing was asked), ``bad_circuit`` (the SDK cannot read it).
        message: What happened, without the key.
    """

    def __init__(self, kind: str, message: str) -> None:
        self.kind = kind
        super().__init__(message)


def sdk_missing() -> str:
    """What to install before the SDK can be used; empty if it is there. Imports nothing."""
    from importlib.util import find_spec

    return "" if find_spec("pyqpanda3") else f"pyqpanda3 is not installed. Run: {INSTALL}"


class SdkClient:
    """One spawned process of the SDK, started again when it was lost.

    Args:
        key: The provider's key; empty for the local simulator only.
        url: The service's address; empty for the one that belongs to the key.
    """

    def __init__(self, key: str = "", url: str = "") -> None:
        self._key = key
        self._url = url
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self.called_at = time.monotonic()

    def __repr__(self) -> str:
        return f"<SdkClient {self._url or 'default address'}>"

    @property
    def pid(self) -> int | None:
        """The process's id while one is held."""
        return self._process.pid if self._process else None

    def call(self, verb: str, timeout: float, **data: Any) -> dict[str, Any]:
        """Ask and wait for the answer.

        Args:
            verb: A method of ``helper._Cloud``.
            timeout: Seconds; then the process is killed.
            data: The request, JSON types only.

        Raises:
            BackendMissingError: pyqpanda3 is not installed.
            SdkError: See its kinds.
        """
        self.called_at = time.monotonic()
        if not self._lock.acquire(timeout=timeout):
            raise SdkError("busy", f"The SDK was busy for {timeout:g} s with another call.")
        try:
            self._ensure_started()
            return self._ask(verb, timeout, data)
        finally:
            self._lock.release()

    def close(self) -> None:
        """End the process; the next call starts another."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except BrokenPipeError:  # unsent rest of a request that was given up
                    pass

    def _ensure_started(self) -> None:
        if self._process is not None and self._process.poll() is None:
            return
        self.close()
        if missing := sdk_missing():
            raise BackendMissingError(missing)
        started = False
        try:
            self._process = _SPAWNER.start()
            self._ask("start", _START_TIMEOUT, {})
            started = True
        except SdkError as error:
            # Whatever went wrong here, the request that was to follow has not been sent.
            raise SdkError("not_sent", f"The SDK's process did not start: {error}") from error
        finally:
            if not started:  # nobody may ask a process that never got its key
                self.close()

    def _line(self, verb: str, data: dict[str, Any]) -> str:
        # The key is put in here and in no variable of a caller, which an error page could show.
        if verb == "start":
            data = {"key": self._key, "url": self._url, "parent": os.getpid()}
        return json.dumps({"verb": verb, **data}) + "\n"

    def _ask(self, verb: str, timeout: float, data: dict[str, Any]) -> dict[str, Any]:
        process = self._process
        assert process is not None
        assert process.stdin is not None
        assert process.stdout is not None
        late = threading.Event()

        def give_up() -> None:
            late.set()
            process.kill()

        timer = threading.Timer(timeout, give_up)
        timer.daemon = True
        timer.start()
        asked = False
        line = ""
        try:
            process.stdin.write(self._line(verb, data))
            process.stdin.flush()
            asked = True
            line = process.stdout.readline()
        except OSError:
            pass  # told below
        except BaseException:
            # Interrupted between question and answer: the next call must not read this answer.
            self.close()
            raise
        finally:
            timer.cancel()
        if not line.endswith("\n"):
            self.close()
            if not asked:  # the end of the line was never written, so it was never read
                raise SdkError("not_sent", f"The SDK's process ended before {verb!r}.")
            if late.is_set():
                raise SdkError("timeout", f"No answer to {verb!r} within {timeout:g} s.")
            raise SdkError("died", f"The SDK's process ended during {verb!r}.")
        answer: dict[str, Any] = json.loads(line)
        if "ok" in answer:
            reply: dict[str, Any] = answer["ok"]
            return reply
        if answer["error"] == "missing":
            raise BackendMissingError(f"pyqpanda3: {answer['message']}. Run: {INSTALL}")
        raise SdkError(answer["error"], answer["message"])


class _Spawner:
    """Starts processes from one thread that lives as long as ours.

    Linux kills the child when the *thread* that started it ends, and web threads come and go.
    """

    def __init__(self) -> None:
        self._thread: ThreadPoolExecutor | None = None
        self._lock = threading.Lock()

    def start(self) -> subprocess.Popen[str]:
        with self._lock:
            if self._thread is None:
                self._thread = ThreadPoolExecutor(1, "quantum-sdk")
            return self._thread.submit(self._popen).result()

    @staticmethod
    def _popen() -> subprocess.Popen[str]:
        # The SDK's own printing is dropped: nobody has checked that it never prints a key.
        return subprocess.Popen(
            [sys.executable, "-m", "quantum.backends.sdk.helper"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=_ROOT,
            env={name: text for name, text in os.environ.items() if name != KEY_VARIABLE},
            text=True,
            encoding="utf-8",
        )


_SPAWNER = _Spawner()
_CLIENTS: dict[tuple[int, str], SdkClient] = {}
_CLIENTS_LOCK = threading.Lock()


def sdk_client(key: str = "", url: str = "") -> SdkClient:
    """The one client of this process for a key and an address."""
    name = hashlib.sha256(json.dumps([key, url]).encode()).hexdigest()
    with _CLIENTS_LOCK:
        return _CLIENTS.setdefault((os.getpid(), name), SdkClient(key, url))


def _after_fork() -> None:
    """A forked child gets locks that nobody holds; clients are told apart by process id."""
    global _SPAWNER, _CLIENTS_LOCK
    _SPAWNER, _CLIENTS_LOCK = _Spawner(), threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def close_clients(idle: float = 0.0) -> None:
    """End the processes of clients that were asked nothing for a while, and forget their keys.

    Args:
        idle: Seconds without a call.
    """
    with _CLIENTS_LOCK:
        for (pid, name), client in list(_CLIENTS.items()):
            # A forked child must leave its parent's processes alone.
            if pid == os.getpid() and time.monotonic() - client.called_at >= idle:
                del _CLIENTS[pid, name]
                client.close()


atexit.register(close_clients)
