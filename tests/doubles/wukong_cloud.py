"""TEST PART, NOT A BACKEND: a contract double of Origin's cloud on this machine's loopback.

It answers the official SDK in the wire protocol that the SDK speaks, runs the posted circuits on
our own simulator, and fails on request in every way of the fault matrix. Nothing that comes out of
it was computed by a quantum computer. It listens on 127.0.0.1 only.

    with WukongDouble() as double:
        WukongBackend({"url": double.url}, key="any-key-of-8")

By hand, for a site that runs on this machine:

    python -m tests.doubles.wukong_cloud --port 8073
"""

from __future__ import annotations

import argparse
import hashlib
import json
import threading
import time
from collections import Counter, deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from quantum.chips.calibration import Calibration
from tests.doubles.wukong_chips import patchy_72
from tests.doubles.wukong_sampling import sample
from tests.doubles.wukong_wire import chip_info, no, results, yes

CALLS = {
    "/oqcs/task/getResourceList.json": "chips",
    "/oqcs/task/origin/submit.json": "submit",
    "/oqcs/task/origin/taskDetail.json": "query",
    "/oqcs/task/cancelTask.json": "cancel",
    "/oqcs/task/origin/chipInfo.json": "chip_info",
}
# Faults of any call; "after" ones do the work first.
TRANSPORT = {"500", "401", "429", "html", "empty", "false", "silence", "drop"}
AFTER = {"500_after", "silence_after", "drop_after", "no_task_id"}
# Faults of a query's content.
CONTENT = {"no_prob_count", "short", "wrong_width", "state_0", "state_4", "state_6", "no_state"}


@dataclass
class Task:
    """A batch that the double accepted."""

    key: str
    body: dict[str, Any]
    counts: Future[list[dict[str, int]]]
    polls: int = 0
    cancelled: bool = False


@dataclass
class Fault:
    """What a call does wrong, and how many times more; ``None`` for always."""

    kind: str
    times: int | None = None


@dataclass
class _State:
    tasks: dict[str, Task] = field(default_factory=dict)
    faults: dict[str, deque[Fault]] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)
    payloads: Counter[str] = field(default_factory=Counter)


class WukongDouble:
    """The double as a context manager.

    Args:
        chips: Its chips by name and whether they are online; by default a patchy 72 and an offline
            WK_C180.
        keys: Keys that it knows; ``None`` for any.
        noisy: Whether counts carry the noise of the chip's figures; slow above ten qubits.
        seed: Of the counts.
        polls: Queries that find a task queued, then as many that find it running.
        silence: Seconds that a silent call waits before it hangs up.
        port: 0 for a free one.
    """

    def __init__(
        self,
        chips: dict[str, tuple[Calibration, bool]] | None = None,
        *,
        keys: set[str] | None = None,
        noisy: bool = False,
        seed: int = 1,
        polls: int = 0,
        silence: float = 60.0,
        port: int = 0,
    ) -> None:
        self.chips = chips or {
            "72": (patchy_72(), True),
            "WK_C180": (replace(patchy_72(), chip="WK_C180"), False),
        }
        self.keys = keys
        self.noisy = noisy
        self.seed = seed
        self.polls = polls
        self.silence = silence
        self.accepted = threading.Event()
        self._state = _State()
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(1, "wukong-double")
        self._stopping = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def calls(self) -> Counter[str]:
        """Requests so far by call."""
        return self._state.calls

    @property
    def payloads(self) -> Counter[str]:
        """Accepted submissions by SHA-256 of the posted programs, shots and chip."""
        return self._state.payloads

    @property
    def tasks(self) -> dict[str, Task]:
        """Accepted tasks by id."""
        return self._state.tasks

    def fault(self, call: str, kind: str, times: int | None = None) -> None:
        """Let a call go wrong from now on, or so many times."""
        assert call in CALLS.values()
        assert kind in TRANSPORT | AFTER | CONTENT, kind
        self._state.faults.setdefault(call, deque()).append(Fault(kind, times))

    def heal(self) -> None:
        """Take all faults back."""
        self._state.faults.clear()

    def __enter__(self) -> WukongDouble:
        self._thread.start()
        return self

    def __exit__(self, *details: object) -> None:
        self._stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        self._pool.shutdown(cancel_futures=True)

    def _next_fault(self, call: str) -> str:
        with self._lock:
            self.calls[call] += 1
            waiting = self._state.faults.get(call)
            if not waiting:
                return ""
            fault = waiting[0]
            if fault.times is not None:
                fault.times -= 1
                if fault.times <= 0:
                    waiting.popleft()
            return fault.kind

    # The calls: key and request in, reply out.

    def chips_reply(self, key: str, request: dict[str, Any]) -> Any:
        """The list of chips: a root array, unlike all other replies."""
        return [
            {"machineType": 5, "onlineFlag": online, "sinanChipId": name}
            for name, (_, online) in self.chips.items()
        ]

    def chip_info_reply(self, key: str, request: dict[str, Any]) -> Any:
        """One chip's figures."""
        if request["ChipID"] not in self.chips:
            return no("chip not found")
        return yes(chip_info(self.chips[request["ChipID"]][0]))

    def submit_reply(self, key: str, request: dict[str, Any]) -> Any:
        """Accept a batch and begin to compute it."""
        if request["ChipID"] not in self.chips:
            return no("chip not found")
        calibration = self.chips[request["ChipID"]][0] if self.noisy else None
        shots = request["Configuration"]["shot"]
        payload = json.dumps([request["QProg"], shots, request["ChipID"]])
        with self._lock:
            self.payloads[hashlib.sha256(payload.encode()).hexdigest()] += 1
            task_id = f"TASK{len(self.tasks) + 1:06d}"
            counts = self._pool.submit(sample, request["QProg"], shots, calibration, self.seed)
            self.tasks[task_id] = Task(key, request, counts)
        self.accepted.set()
        return yes({"taskId": task_id})

    def query_reply(self, key: str, request: dict[str, Any], fault: str = "") -> Any:
        """State and, at the end, counts of a task, to the key that sent it."""
        task = self.tasks.get(request["taskId"])
        if task is None or task.key != key:
            return no("task does not exist")
        task.polls += 1
        reply: dict[str, Any] = {"taskId": request["taskId"], "errCode": 0}
        if fault.startswith("state_"):
            return yes({**reply, "taskState": fault[-1], "errInfo": "calibration was lost"})
        if fault == "no_state":
            return yes(reply)
        if task.cancelled:
            return yes({**reply, "taskState": "4", "errInfo": "cancelled by the user"})
        if task.polls <= self.polls:
            return yes({**reply, "taskState": "5"})
        if task.polls <= 2 * self.polls or not task.counts.done():
            return yes({**reply, "taskState": "2"})
        if task.counts.exception():
            return yes({**reply, "taskState": "4", "errInfo": str(task.counts.exception())})
        shots = task.body["Configuration"]["shot"]
        return yes({**reply, "taskState": "3", **results(task.counts.result(), shots, fault)})

    def cancel_reply(self, key: str, request: dict[str, Any]) -> Any:
        """Stop a task of this key."""
        task = self.tasks.get(request["taskId"])
        if task is None or task.key != key:
            return no("task does not exist")
        task.cancelled = True
        return yes({})

    def _handler(double) -> type[BaseHTTPRequestHandler]:
        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *args: object) -> None:
                """Say nothing: a request carries a key."""

            def do_GET(self) -> None:
                self._serve()

            def do_POST(self) -> None:
                self._serve()

            def _serve(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                key = self.headers.get("authorization", "").removeprefix("oqcs_auth=")
                call = CALLS.get(self.path)
                if call is None:
                    return self._send(404, no("no such call"))
                fault = double._next_fault(call)
                if fault in TRANSPORT:
                    return self._fail(fault, key)
                if double.keys is not None and key not in double.keys:
                    return self._send(200, no("invalid or expired api key"))
                request = json.loads(body) if body else {}
                more = {"fault": fault} if call == "query" else {}
                reply = getattr(double, f"{call}_reply")(key, request, **more)
                if fault == "no_task_id":
                    return self._send(200, yes({}))
                if fault in AFTER:
                    return self._fail(fault.removesuffix("_after"), key)
                return self._send(200, reply)

            def _fail(self, fault: str, key: str) -> None:
                if fault == "html":
                    self._send_text(200, "<html><body>Please sign in</body></html>")
                elif fault == "empty":
                    self._send_text(200, "")
                elif fault == "false":
                    self._send(200, no(f"the api key {key} has expired"))
                elif fault.isdigit():
                    self._send(int(fault), no(f"error {fault}"))
                else:
                    if fault == "silence":
                        double._stopping.wait(double.silence)
                    self.close_connection = True

            def _send(self, status: int, reply: Any) -> None:
                self._send_text(status, json.dumps(reply))

            def _send_text(self, status: int, text: str) -> None:
                data = text.encode()
                try:
                    self.send_response(status)
                    self.send_header("content-type", "application/json")
                    self.send_header("content-length", str(len(data)))
                    self.end_headers()
                    self.wfile.write(data)
                except (BrokenPipeError, ConnectionResetError):
                    pass  # a helper that was killed; tests do that

        return Handler


def main() -> None:
    """Serve until Ctrl-C."""
    parser = argparse.ArgumentParser(description="TEST PART: a double of Origin's cloud.")
    parser.add_argument("--port", type=int, default=8073)
    parser.add_argument("--noisy", action="store_true")
    parser.add_argument("--polls", type=int, default=2)
    given = parser.parse_args()
    with WukongDouble(port=given.port, noisy=given.noisy, polls=given.polls) as double:
        print(f"TEST PART, no quantum computer: {double.url}", flush=True)
        try:
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            pass


if __name__ == "__main__":
    main()
