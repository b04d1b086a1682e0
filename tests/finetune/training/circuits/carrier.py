"""Stands in for worker and machine: answers the batches of an exchange folder by exact sampling."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

import numpy as np

from finetune.training.circuits.exchange import BATCH, ERROR, RESULT, write
from quantum.backends.base import Batch, Result
from quantum.circuits.circuit import Circuit
from quantum.simulators import reference

Run = Callable[[Batch], Result]


def counts_of(circuit: Circuit, shots: int, seed: int) -> dict[str, int]:
    state = reference.statevector(circuit, (), ())
    chances = np.abs(state) ** 2
    drawn = np.random.default_rng(seed).multinomial(shots, chances / chances.sum())
    width = circuit.n_qubits
    return {f"{index:0{width}b}": int(n) for index, n in enumerate(drawn) if n}


def result_of(batch: Batch) -> Result:
    """Counts of a batch, the same for the same batch."""
    seed = int(batch.fingerprint()[:8], 16)
    counts = (counts_of(one, batch.shots, seed + place) for place, one in enumerate(batch.circuits))
    return Result(tuple(counts))


def waiting(folder: Path) -> list[str]:
    """Fingerprints of the batches without an answer."""
    asked = {path.name.removesuffix(BATCH) for path in folder.glob(f"*{BATCH}")}
    done = {path.name.removesuffix(RESULT) for path in folder.glob(f"*{RESULT}")}
    failed = {path.name.removesuffix(ERROR) for path in folder.glob(f"*{ERROR}")}
    return sorted(asked - done - failed)


def answer(folder: Path, fingerprint: str, run: Run = result_of) -> Batch:
    batch = Batch.from_json((folder / f"{fingerprint}{BATCH}").read_text())
    assert batch.fingerprint() == fingerprint
    write(folder / f"{fingerprint}{RESULT}", run(batch).to_json())
    return batch


class Carrier:
    """Answers whatever is asked for while it is entered; `most` answers, then none."""

    def __init__(self, folder: Path, most: int = 10_000, run: Run = result_of) -> None:
        self.folder = folder
        self.run = run
        self.most = most
        self.batches: list[Batch] = []
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._carry)

    def __enter__(self) -> Carrier:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end.set()
        self._thread.join()

    def _carry(self) -> None:
        while not self._end.wait(0.02):
            for fingerprint in waiting(self.folder):
                if len(self.batches) < self.most:
                    self.batches.append(answer(self.folder, fingerprint, self.run))
