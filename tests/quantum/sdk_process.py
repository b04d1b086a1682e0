"""pyqpanda3 in a process of its own, for comparisons: JSON lines in, JSON lines out.

Its simulator must not run beside torch: it holds the GIL while it works and can hang after a fork.
Run as a program this file is the child; imported, it is the parent's side.
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from typing import Any, Self

import numpy as np
import pytest


class SdkProcess:
    """The running child; a test without the SDK is skipped."""

    def __enter__(self) -> Self:
        if importlib.util.find_spec("pyqpanda3") is None:
            pytest.skip("pyqpanda3 is not installed: pip install -r requirements-wukong.txt")
        self._child = subprocess.Popen(
            [sys.executable, __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # its parser writes there what it also raises
            text=True,
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._child.communicate(timeout=30)

    def _ask(self, **request: Any) -> dict[str, Any]:
        assert self._child.stdin
        assert self._child.stdout
        print(json.dumps(request), file=self._child.stdin, flush=True)
        answer = json.loads(self._child.stdout.readline())
        if "error" in answer:
            raise ValueError(answer["error"])
        return answer

    def state(self, text: str, n_qubits: int, language: str = "originir") -> np.ndarray:
        """The final state of a program, as CPUQVM computes it."""
        answer = self._ask(do="state", text=text, n_qubits=n_qubits, language=language)
        return np.array(answer["real"]) + 1j * np.array(answer["imag"])

    def rewrite(self, text: str) -> str:
        """What the SDK writes after it has read an OriginIR program."""
        return str(self._ask(do="rewrite", text=text)["text"])

    def transpile(self, text: str, couplers: list[tuple[int, int]], basis: list[str]) -> str:
        """OriginIR after the SDK's own routing."""
        answer = self._ask(do="transpile", text=text, couplers=couplers, basis=basis)
        return str(answer["text"])


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    from pyqpanda3 import core
    from pyqpanda3.intermediate_compiler import (
        convert_originir_string_to_qprog,
        convert_qasm_string_to_qprog,
        convert_qprog_to_originir,
    )

    if request.get("language") == "qasm":
        program = convert_qasm_string_to_qprog(request["text"])
    else:
        program = convert_originir_string_to_qprog(request["text"])
    if request["do"] == "rewrite":
        return {"text": convert_qprog_to_originir(program)}
    if request["do"] == "transpile":
        from pyqpanda3.transpilation import Transpiler

        couplers = [tuple(pair) for pair in request["couplers"]]
        routed = Transpiler().transpile(program, couplers, {}, 2, request["basis"])
        return {"text": convert_qprog_to_originir(routed)}
    for qubit in range(request["n_qubits"]):
        program << core.I(qubit)  # else qubits that do nothing would be missing
    machine = core.CPUQVM()
    machine.run(program, 1)
    state = machine.result().get_state_vector()
    return {"real": [x.real for x in state], "imag": [x.imag for x in state]}


def _main() -> None:
    for line in sys.stdin:
        try:
            answer = _answer(json.loads(line))
        except Exception as error:  # the SDK raises its own kinds
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    _main()
