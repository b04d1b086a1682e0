"""Origin's quantum chips through the official SDK, which runs in a process of its own.

Chips, their online flags and their figures are read at run time. Circuits are placed on live
couplers here, checked here, and sent once as OriginIR, untouched by the cloud's own mapping and
optimiser. Knows nothing about ledgers; ``quantum.jobs`` sees to it that ``submit`` is called once.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NoReturn

from quantum.backends.base import Batch, Capabilities, Handle, Result, Status
from quantum.backends.sdk.client import SdkError, sdk_client
from quantum.backends.wukong_options import FIELDS, wukong_limits
from quantum.backends.wukong_replies import read_result, read_status
from quantum.chips.calibration import Calibration, Coupler, QubitFigures
from quantum.circuits.circuit import Circuit
from quantum.circuits.interchange.originir import to_originir
from quantum.exceptions import (
    ContactLostError,
    NotSentError,
    OptionError,
    RefusedError,
    SubmitUnknownError,
    UnsupportedCircuitError,
)
from quantum.options import validate_options
from quantum.sampling.costs import MAX_CIRCUITS, Cost, Tariff, sampling_cost

_ASK_SECONDS = 30.0
_SUBMIT_SECONDS = 120.0
_SIMULATORS = frozenset({"full_amplitude", "partial_amplitude", "single_amplitude"})
_CALIBRATION_AGE = 600.0  # seconds; after that a chip's figures are fetched anew before sending


class WukongBackend:
    """One chip of Origin's cloud, with one key.

    Args:
        options: See ``FIELDS``.
        key: The provider's API key. It goes to the SDK's process by pipe and nowhere else.
        tariff: For estimates in money, where an operator entered one.
        ask_seconds: Time-out of everything but sending.
        submit_seconds: Time-out of sending; after it nobody knows whether the batch arrived.
    """

    def __init__(
        self,
        options: Mapping[str, Any],
        key: str,
        *,
        tariff: Tariff | None = None,
        ask_seconds: float = _ASK_SECONDS,
        submit_seconds: float = _SUBMIT_SECONDS,
    ) -> None:
        clean = validate_options(FIELDS, options)
        self._chip = str(clean["chip"])
        self._url = str(clean["url"])
        self._max_shots = int(clean["max_shots"])
        self._amend = bool(clean["amend"])
        self._key = key.strip()
        if not (self._key.isascii() and self._key.isprintable() and len(self._key) >= 8):
            # The key itself stays out of the message.
            raise OptionError("key", "this is not an API key", "at least 8 letters and digits")
        self._tariff = tariff
        self._ask_seconds = ask_seconds
        self._submit_seconds = submit_seconds
        self._fetched: tuple[float, Calibration] | None = None

    def __repr__(self) -> str:
        return f"<WukongBackend chip {self._chip} at {self._url or 'the default address'}>"

    def capabilities(self) -> Capabilities:
        """See ``SamplingBackend``; the chip's size is exact after ``calibration``."""
        known = self._fetched[1] if self._fetched else None
        return wukong_limits(self._chip, self._max_shots, known)

    def chips(self) -> dict[str, bool]:
        """Names of the chips, and whether each is online now.

        Raises:
            ContactLostError: No readable answer.
            BackendMissingError: The SDK is not installed.
        """
        online = self._ask("backends")["backends"]
        return {name: bool(online[name]) for name in online if name not in _SIMULATORS}

    def calibration(self) -> Calibration:
        """The chip's figures, fetched now and used for placing circuits for ten minutes.

        Raises:
            ContactLostError: No readable answer.
            BackendMissingError: The SDK is not installed.
        """
        figures = _calibration(self._chip, self._ask("chip_info", chip=self._chip))
        self._fetched = (time.monotonic(), figures)
        return figures

    def estimate(self, batch: Batch) -> Cost:
        """See ``SamplingBackend``; whether the circuits fit the chip shows when they are placed."""
        if batch.shots > self._max_shots:
            raise UnsupportedCircuitError(
                f"{batch.shots} shots a circuit are above your limit of {self._max_shots}."
            )
        if len(batch.circuits) > MAX_CIRCUITS:
            raise UnsupportedCircuitError(
                f"{len(batch.circuits)} circuits are above the cloud's {MAX_CIRCUITS} a batch."
            )
        limit = self.capabilities().max_qubits
        widest = max(circuit.n_qubits for circuit in batch.circuits)
        if widest > limit:
            raise UnsupportedCircuitError(
                f"Chip {self._chip} has {limit} available qubits; a circuit needs {widest}."
            )
        return sampling_cost(len(batch.circuits), batch.shots, MAX_CIRCUITS, self._tariff)

    def programs(self, circuits: Sequence[Circuit], calibration: Calibration) -> list[str]:
        """The OriginIR texts that would be sent: placed, native, every qubit measured.

        Raises:
            UnsupportedCircuitError: They do not fit the chip.
        """
        from quantum.chips.routing import place  # brings in Qiskit, which polling does not need

        texts = []
        for circuit, placed in zip(circuits, place(circuits, calibration), strict=True):
            _, _, *gates = to_originir(placed.circuit, measure=False).splitlines()
            head = [f"QINIT {placed.circuit.n_qubits}", f"CREG {circuit.n_qubits}"]
            # Classical bit i holds logical qubit i, so counts come back in logical order.
            ends = [f"MEASURE q[{where}],c[{bit}]" for bit, where in enumerate(placed.measured)]
            texts.append("\n".join([*head, *gates, *ends]) + "\n")
        return texts

    def submit(self, batch: Batch, client_ref: str) -> Handle:
        """See ``SamplingBackend``. The reference goes along as the provider's batch number."""
        self.estimate(batch)
        try:
            self._check_online()
            texts = self.programs(batch.circuits, self._current_calibration())
        except ContactLostError as error:
            cause = error.__cause__
            if isinstance(cause, SdkError) and cause.kind == "refused":  # the key, most likely
                raise RefusedError(f"The provider said: {cause}") from error
            raise NotSentError(str(error)) from error
        try:
            answer = self._client().call(
                "submit",
                self._submit_seconds,
                chip=self._chip,
                texts=texts,
                shots=batch.shots,
                amend=int(self._amend),
                batch_id=client_ref,
            )
        except SdkError as error:
            _raise_submit(error)
        widths = tuple(circuit.n_qubits for circuit in batch.circuits)
        return Handle("wukong", answer["task_id"], len(widths), batch.shots, widths)

    def poll(self, handle: Handle) -> Status:
        """See ``SamplingBackend``."""
        return read_status(self._query(handle), handle.job_id)

    def fetch(self, handle: Handle) -> Result:
        """See ``SamplingBackend``."""
        return read_result(self._query(handle), handle)

    def cancel(self, handle: Handle) -> bool:
        """See ``SamplingBackend``."""
        return bool(self._ask("cancel", task_id=handle.job_id)["cancelled"])

    def _client(self) -> Any:
        # Looked up each time: after a fork the child needs a process of its own.
        return sdk_client(self._key, self._url)

    def _ask(self, verb: str, **data: Any) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = self._client().call(verb, self._ask_seconds, **data)
        except SdkError as error:
            raise ContactLostError(f"The provider gave no usable answer: {error}") from error
        return answer

    def _query(self, handle: Handle) -> str:
        return str(self._ask("query", task_id=handle.job_id)["raw"])

    def _check_online(self) -> None:
        chips = self.chips()
        if self._chip not in chips:
            raise RefusedError(f"There is no chip {self._chip!r}. There are: {', '.join(chips)}.")
        if not chips[self._chip]:
            online = ", ".join(name for name, is_online in chips.items() if is_online)
            raise NotSentError(f"Chip {self._chip} is offline now. Online: {online or 'none'}.")

    def _current_calibration(self) -> Calibration:
        if self._fetched and time.monotonic() - self._fetched[0] < _CALIBRATION_AGE:
            return self._fetched[1]
        return self.calibration()


def _raise_submit(error: SdkError) -> NoReturn:
    if error.kind in {"not_sent", "busy"}:
        raise NotSentError(str(error)) from error
    if error.kind == "refused":
        raise RefusedError(f"The provider said: {error}") from error
    if error.kind == "bad_circuit":
        raise UnsupportedCircuitError(f"The SDK cannot read it: {error}") from error
    raise SubmitUnknownError(f"No readable answer to the submission: {error}") from error


def _calibration(chip: str, info: Mapping[str, Any]) -> Calibration:
    available = set(info["available"])
    # The SDK tells each pair twice; where the two differ, the worse figure is the safe one.
    couplers: dict[tuple[int, int], float] = {}
    for first, second, fidelity in info["couplers"]:
        pair = (min(first, second), max(first, second))
        couplers[pair] = min(float(fidelity), couplers.get(pair, 1.0))
    return Calibration(
        chip=chip,
        date=datetime.now(UTC).isoformat(timespec="seconds"),
        n_qubits=int(info["n_qubits"]),
        qubits={
            item["qubit"]: QubitFigures(
                single_fidelity=item["single_fidelity"],
                readout_fidelity=item["readout_fidelity"],
                t1_us=item["t1_us"],
                t2_us=item["t2_us"],
            )
            for item in sorted(info["qubits"], key=lambda item: int(item["qubit"]))
            if item["qubit"] in available
        },
        couplers=tuple(
            Coupler(first, second, fidelity)
            for (first, second), fidelity in sorted(couplers.items())
        ),
        single_gate_ns=float(info["single_gate_ns"]),
        two_gate_ns=float(info["two_gate_ns"]),
        source="fetched from Origin's cloud",
    )
