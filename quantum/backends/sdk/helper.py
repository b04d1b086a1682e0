"""The spawned process that holds the SDK: reads requests as JSON lines, answers as JSON lines.

The only module that imports pyqpanda3. The key comes in the first request, by pipe, and is cut out
of everything that goes back. It knows nothing about circuits of ours, ledgers or time-outs: whoever
started it kills it when an answer takes too long.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any, TextIO

Data = dict[str, Any]

_SHORTEST_KEY = 8  # a shorter text would be found in innocent places of a reply


class _Problem(Exception):
    """An answer that is an error; ``kind`` tells the other side what it may do next."""

    def __init__(self, kind: str, message: str) -> None:
        self.kind = kind
        super().__init__(message)


# What the SDK's exceptions look like when no reply of the service was understood: libcurl's text,
# RapidJSON's parse errors and its own complaints about a value's type. Anything else that a
# submission raises is the service's own "message" of a reply with success: false.
_NOT_CONNECTED = ("Couldn't connect", "Failed to connect", "Could not resolve", "Couldn't resolve")
_HTTP = "QCloud HTTP request failed with status "
_TURNED_AWAY = {
    "429": "not_sent",
    **dict.fromkeys(("400", "401", "403", "404", "405", "413", "415", "422"), "refused"),
}
_UNREADABLE = (
    "curl_",
    "Invalid value.",
    "Invalid encoding in string.",
    "Invalid escape character in string.",
    "Missing a ",
    "Miss fraction",
    "Miss exponent",
    "The document is empty.",
    "The document root ",
    "The surrogate pair",
    "Incorrect hex digit",
    "Number too big",
    "Terminate parsing",
    "Unspecific syntax error",
    "value is not ",
)


def problem_of(error: Exception) -> _Problem:
    """What an exception of the SDK means for a submission."""
    text = str(error).strip()
    if text.startswith("curl_") and any(part in text for part in _NOT_CONNECTED):
        return _Problem("not_sent", text)
    if text.startswith(_HTTP):
        # Anything else, a redirect or a 5xx, may follow upon a batch that was accepted.
        return _Problem(_TURNED_AWAY.get(text.removeprefix(_HTTP)[:3], "lost"), text)
    if not text or text.startswith(_UNREADABLE):
        return _Problem("lost", text or type(error).__name__)
    return _Problem("refused", text)


def _sdk(module: str) -> Any:
    """A module of the SDK; its type stubs do not name what they hold."""
    return import_module(f"pyqpanda3.{module}")


class _Cloud:
    """The SDK's objects and one method a verb."""

    def __init__(self) -> None:
        self._service: Any = None

    def start(self, data: Data) -> Data:
        """Connects the SDK; sends nothing yet."""
        if not data["key"]:
            _sdk("core")  # a missing package is told at once
            return {}
        given = (data["key"], data["url"]) if data["url"] else (data["key"],)
        self._service = _sdk("qcloud").QCloudService(*given)
        return {}

    def run_local(self, data: Data) -> Data:
        """Counts of measured OriginIR texts by the CPU simulator; it takes no seed."""
        counts = []
        for program in self._programs(data["texts"]):
            machine = _sdk("core").CPUQVM()
            machine.run(program, data["shots"])
            counts.append({str(k): int(v) for k, v in machine.result().get_counts().items()})
        return {"counts": counts}

    def backends(self, data: Data) -> Data:
        """Names and online flags, the cloud's simulators among them."""
        return {"backends": self._connected().backends()}

    def chip_info(self, data: Data) -> Data:
        """One chip's figures."""
        info = self._connected().backend(data["chip"]).chip_info()
        return {
            "n_qubits": info.qubits_num(),
            "available": info.available_qubits(),
            "gates": info.get_basic_gates(),
            "single_gate_ns": info.get_single_gate_timing(),
            "two_gate_ns": info.get_double_gate_timing(),
            "couplers": [
                [*pair.get_qubits(), pair.get_fidelity()] for pair in info.double_qubits_info()
            ],
            "qubits": [
                {
                    "qubit": int(item.get_qubit_id()),
                    "single_fidelity": item.get_single_gate_fidelity(),
                    "readout_fidelity": item.get_readout_fidelity(),
                    "t1_us": item.get_t1(),
                    "t2_us": item.get_t2(),
                }
                for item in info.single_qubit_info()
            ],
        }

    def submit(self, data: Data) -> Data:
        """Sends a batch with one post; the SDK does not repeat a post that failed."""
        programs = self._programs(data["texts"])
        options = _sdk("qcloud").QCloudOptions(
            amend_flag=data["amend"], mapping=False, optimization=False, is_prob_counts=True
        )
        backend = self._connected().backend(data["chip"])
        job = backend.run(programs, data["shots"], options, batch_id=data["batch_id"])
        if not job.job_id():
            raise _Problem("lost", "The service accepted the batch without a task id.")
        return {"task_id": job.job_id()}

    def query(self, data: Data) -> Data:
        """A task's state as the SDK sees it, and the service's reply as it came."""
        self._connected()
        task = _sdk("qcloud").QCloudJob(data["task_id"]).query()
        return {
            "status": task.job_status().name,
            "message": task.error_message(),
            "raw": task.origin_data(),
        }

    def cancel(self, data: Data) -> Data:
        """Whether the service agreed to stop a task."""
        self._connected()
        return {"cancelled": bool(_sdk("qcloud").QCloudJob(data["task_id"]).cancel())}

    def _connected(self) -> Any:
        if self._service is None:
            raise _Problem("refused", "This process was started without a key.")
        return self._service

    @staticmethod
    def _programs(texts: list[str]) -> list[Any]:
        convert = _sdk("intermediate_compiler").convert_originir_string_to_qprog
        programs = []
        for number, text in enumerate(texts):
            try:
                programs.append(convert(text))
            except Exception as error:
                raise _Problem("bad_circuit", f"Circuit {number}: {error}") from error
        return programs


def _answer(verb: Callable[[Data], Data], data: Data) -> Data:
    try:
        return {"ok": verb(data)}
    except _Problem as problem:
        return {"error": problem.kind, "message": str(problem)}
    except ImportError as error:
        return {"error": "missing", "message": str(error)}
    except Exception as error:
        meaning = problem_of(error)
        return {"error": meaning.kind, "message": str(meaning)}


def _die_with(parent: int) -> None:
    """Linux: be killed when the parent dies, even while the SDK waits and holds Python's lock.

    Elsewhere the end of stdin ends this process, after the call in progress.
    """
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # 1 is PR_SET_PDEATHSIG
        if os.getppid() != parent:
            os._exit(1)


def serve(requests: TextIO, replies: TextIO) -> None:
    """Answer until the requests end."""
    cloud, key = _Cloud(), ""
    for line in requests:
        data = json.loads(line)
        verb = data.pop("verb")
        if verb == "start":
            key = data["key"]
            _die_with(data["parent"])
        answer = _answer(getattr(cloud, verb), data)
        text = json.dumps(answer)
        if len(key) >= _SHORTEST_KEY:
            # The service may repeat a key in its message; it goes no further than here.
            text = text.replace(json.dumps(key)[1:-1], "[key]")
        replies.write(text + "\n")
        replies.flush()


def main() -> None:
    """Take stdout for the protocol; what the SDK prints goes to stderr."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent; it closes our stdin
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as replies:
        os.dup2(2, 1)
        serve(sys.stdin, replies)


if __name__ == "__main__":
    main()
