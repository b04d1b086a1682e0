"""Errors of the quantum library.

Every error says what is wrong, where, and what to do about it. This module knows nothing about
torch, PEFT, Qiskit or the site.
"""

from __future__ import annotations

from collections.abc import Iterable


class QuantumError(Exception):
    """Base of all errors raised by this library."""


class CircuitError(QuantumError, ValueError):
    """A circuit, gate, observable or binding is not well formed."""


class UnsupportedCircuitError(QuantumError):
    """A simulator or backend cannot run this circuit; another one can."""


class BackendMissingError(QuantumError):
    """A backend's optional package is not installed; the message gives the command."""


class NotSentError(QuantumError):
    """A batch certainly did not reach the provider; sending it later is safe."""


class RefusedError(QuantumError):
    """The provider said no to a batch; nothing runs."""


class SubmitUnknownError(QuantumError):
    """A batch may or may not have reached the provider; it is never sent again by itself."""


class ContactLostError(QuantumError):
    """The provider does not answer; the job may be running. Ask again later."""


class BadResultError(QuantumError):
    """The provider's result is incomplete or not readable.

    Args:
        message: What is wrong.
        raw: The reply as it came.
    """

    def __init__(self, message: str, raw: str = "") -> None:
        self.raw = raw
        super().__init__(message)


class JobFailedError(QuantumError):
    """A job ended without a result: failed, cancelled, or waiting for a person's decision."""


class UnknownJobError(QuantumError, LookupError):
    """A ledger was asked for a job that it does not have."""


class CapExceededError(QuantumError):
    """A job would pass a cap on circuits, shots or processor seconds; nothing was sent."""


class MergeNotPossibleError(QuantumError, NotImplementedError):
    """The adapter is not a linear map, so it cannot be folded into the base weights."""


class UnknownNameError(QuantumError, KeyError):
    """A registry was asked for a name that it does not have.

    Args:
        kind: What was looked up, e.g. ``"adapter"``.
        name: The unknown name.
        known: The names that exist.
    """

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        self.kind = kind
        self.name = name
        self.known = tuple(known)
        super().__init__(f"Unknown {kind} {name!r}. Known: {', '.join(self.known)}.")

    def __str__(self) -> str:
        return str(self.args[0])


class OptionError(QuantumError, ValueError):
    """An adapter option has a wrong name, type or value.

    Args:
        field: Name of the option, so that a form can show the message beside it.
        problem: What is wrong, in plain words.
        allowed: What would be accepted, e.g. ``"a whole number from 1 to 12"``.

    Attributes:
        words: Problem and what is allowed, without the option's name.
    """

    def __init__(self, field: str, problem: str, allowed: str = "") -> None:
        self.field = field
        self.problem = problem
        self.allowed = allowed
        tail = f" Allowed: {allowed}." if allowed else ""
        self.words = f"{problem}.{tail}"
        super().__init__(f"{field}: {self.words}")
