"""CPUQVM, the local simulator of Origin's SDK pyqpanda3, in the SDK's own process.

It checks that Origin's software reads our circuits as we mean them, without a key or a network. It
takes no seed. This module knows nothing about the cloud.
"""

from __future__ import annotations

from quantum.backends.base import Batch, Capabilities, Result
from quantum.backends.local import MAX_SHOTS, LocalSampler
from quantum.backends.sdk.client import SdkClient, SdkError, sdk_client, sdk_missing
from quantum.circuits.interchange.originir import to_originir
from quantum.exceptions import BackendMissingError, NotSentError, UnsupportedCircuitError

_MAX_QUBITS = 24  # whole states; about ten seconds a circuit at this size
_TIMEOUT = 900.0


class QPandaBackend(LocalSampler):
    """CPUQVM as a sampling backend.

    Args:
        client: The SDK's process; the shared one without a key where left out.

    Raises:
        BackendMissingError: pyqpanda3 is not installed.
    """

    name = "qpanda"
    title = "Origin's CPU simulator"

    def __init__(self, client: SdkClient | None = None) -> None:
        super().__init__()
        if client is None and (missing := sdk_missing()):
            raise BackendMissingError(missing)
        self._client = client or sdk_client()

    def capabilities(self) -> Capabilities:
        """What this backend can do."""
        title = "Origin's CPU simulator (pyqpanda3)"
        return Capabilities(self.name, title, _MAX_QUBITS, MAX_SHOTS)

    def _most_qubits(self, limit: int) -> str:
        return f"{self.title} takes at most {limit} here. Use aer, or fewer qubits."

    def _sample(self, batch: Batch) -> Result:
        """Counts; the batch's seed is not used.

        Raises:
            UnsupportedCircuitError: The SDK cannot read a circuit.
            NotSentError: The SDK's process gave no counts; running it again is safe.
        """
        texts = [to_originir(circuit) for circuit in batch.circuits]
        try:
            reply = self._client.call("run_local", _TIMEOUT, texts=texts, shots=batch.shots)
        except SdkError as error:
            if error.kind == "bad_circuit":
                raise UnsupportedCircuitError(f"pyqpanda3 cannot read it. {error}") from error
            raise NotSentError(f"{self.title} gave no counts: {error}") from error
        return Result(tuple(reply["counts"]))
