"""CPUQVM, the local simulator of Origin's SDK pyqpanda3, in the SDK's own process.

It checks that Origin's software reads our circuits as we mean them, without a key or a network. It
takes no seed. A batch runs when it is submitted and its counts are kept until later batches push
them out. This module knows nothing about the cloud.
"""

from __future__ import annotations

import uuid
from collections import OrderedDict

from quantum.backends.base import Batch, Capabilities, Cost, Handle, JobState, Result, Status
from quantum.backends.sdk.client import SdkClient, SdkError, sdk_client, sdk_missing
from quantum.chips.calibration import Calibration
from quantum.circuits.interchange.originir import to_originir
from quantum.exceptions import (
    BackendMissingError,
    BadResultError,
    NotSentError,
    UnsupportedCircuitError,
)

__all__ = ["QPandaBackend"]

_MAX_QUBITS = 24  # whole states; about ten seconds a circuit at this size
_MAX_SHOTS = 1_000_000
_KEPT_RESULTS = 16
_TIMEOUT = 900.0
_LOST = "This process has no counts of that batch any more; run it again."


class QPandaBackend:
    """CPUQVM as a sampling backend.

    Args:
        client: The SDK's process; the shared one without a key where left out.

    Raises:
        BackendMissingError: pyqpanda3 is not installed.
    """

    def __init__(self, client: SdkClient | None = None) -> None:
        if client is None and (missing := sdk_missing()):
            raise BackendMissingError(missing)
        self._client = client or sdk_client()
        self._results: OrderedDict[str, Result] = OrderedDict()

    def capabilities(self) -> Capabilities:
        """What this backend can do."""
        return Capabilities(
            name="qpanda",
            title="Origin's CPU simulator (pyqpanda3)",
            max_qubits=_MAX_QUBITS,
            differentiable=False,
            exact=False,
            billable=False,
            seedable=False,
            max_shots=_MAX_SHOTS,
        )

    def calibration(self) -> Calibration | None:
        """None: this simulator is ideal here."""
        return None

    def estimate(self, batch: Batch) -> Cost:
        """Counts of circuits and shots; no processor time, nothing is billed.

        Raises:
            UnsupportedCircuitError: Too many qubits or shots.
        """
        for number, circuit in enumerate(batch.circuits):
            if circuit.n_qubits > _MAX_QUBITS:
                raise UnsupportedCircuitError(
                    f"Circuit {number} has {circuit.n_qubits} qubits; Origin's CPU simulator takes "
                    f"at most {_MAX_QUBITS} here. Use aer, or fewer qubits."
                )
        if batch.shots > _MAX_SHOTS:
            raise UnsupportedCircuitError(
                f"{batch.shots} shots a circuit; Origin's CPU simulator takes at most {_MAX_SHOTS} "
                "here."
            )
        return Cost(len(batch.circuits), batch.total_shots, 1, (0.0, 0.0))

    def submit(self, batch: Batch, client_ref: str) -> Handle:
        """Run the batch here and now; its seed is not used.

        Raises:
            UnsupportedCircuitError: Too many qubits or shots, or the SDK cannot read a circuit.
            NotSentError: The SDK's process gave no counts; running it again is safe.
        """
        self.estimate(batch)
        texts = [to_originir(circuit) for circuit in batch.circuits]
        try:
            reply = self._client.call("run_local", _TIMEOUT, texts=texts, shots=batch.shots)
        except SdkError as error:
            if error.kind == "bad_circuit":
                raise UnsupportedCircuitError(f"pyqpanda3 cannot read it. {error}") from error
            raise NotSentError(f"Origin's CPU simulator gave no counts: {error}") from error
        widths = tuple(circuit.n_qubits for circuit in batch.circuits)
        handle = Handle("qpanda", uuid.uuid4().hex, len(texts), batch.shots, widths)
        self._results[handle.job_id] = Result(tuple(reply["counts"]))
        while len(self._results) > _KEPT_RESULTS:
            self._results.popitem(last=False)
        return handle

    def poll(self, handle: Handle) -> Status:
        """Done, or failed where the counts are gone."""
        if handle.job_id in self._results:
            return Status(JobState.DONE)
        return Status(JobState.FAILED, _LOST)

    def fetch(self, handle: Handle) -> Result:
        """Counts of a batch.

        Raises:
            BadResultError: The counts are gone.
        """
        if handle.job_id not in self._results:
            raise BadResultError(f"Origin's CPU simulator: {_LOST}")
        return self._results[handle.job_id]

    def cancel(self, handle: Handle) -> bool:
        """Never: a batch has ended when ``submit`` returns."""
        return False
