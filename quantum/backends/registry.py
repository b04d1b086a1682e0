"""The backends by name: one dict, for forms, docs, adapters and the site.

Backends are imported when made, so reading this table costs nothing and brings in no torch, no
Qiskit and no SDK.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from quantum.backends.base import ExactBackend, SamplingBackend
from quantum.exceptions import UnknownNameError
from quantum.options import OptionField, Options, validate_options

__all__ = ["BACKENDS", "BackendSpec", "backend_spec", "get_backend", "make_sampler"]


@dataclass(frozen=True)
class BackendSpec:
    """One backend, as forms and docs see it.

    Attributes:
        name: Key in the registry.
        title: Name for people.
        help: One plain line on what it is.
        exact: Whether it gives exact, differentiable values (else: counts).
        billable: Whether running costs money.
        factory: Makes it from its options; imports what it needs.
        fields: Its options.
        missing: What has to be installed before it works, in words; empty if nothing.
    """

    name: str
    title: str
    help: str
    exact: bool
    billable: bool
    factory: Callable[[Options], Any]
    fields: tuple[OptionField, ...] = ()
    missing: Callable[[], str] = lambda: ""


def _statevector(options: Options) -> ExactBackend:
    from quantum.backends.statevector import StatevectorBackend

    return StatevectorBackend()


_ALL = (
    BackendSpec(
        "statevector",
        "Exact simulator",
        "Exact values and gradients; what adapters usually train on.",
        exact=True,
        billable=False,
        factory=_statevector,
    ),
)

BACKENDS: Mapping[str, BackendSpec] = {spec.name: spec for spec in _ALL}


def backend_spec(name: str) -> BackendSpec:
    """The backend of that name, described.

    Raises:
        UnknownNameError: There is none; the message lists the known ones.
    """
    if name not in BACKENDS:
        raise UnknownNameError("backend", name, BACKENDS)
    return BACKENDS[name]


@cache
def get_backend(name: str) -> ExactBackend:
    """The exact backend of that name, made once per process.

    Raises:
        UnknownNameError: There is no exact backend of that name.
    """
    exact = {key: spec for key, spec in BACKENDS.items() if spec.exact}
    if name not in exact:
        raise UnknownNameError("exact backend", name, exact)
    backend: ExactBackend = exact[name].factory({})
    return backend


def make_sampler(name: str, options: Mapping[str, Any] | None = None) -> SamplingBackend:
    """A sampling backend with its options.

    Raises:
        UnknownNameError: There is no sampling backend of that name.
        OptionError: An option is wrong.
        BackendMissingError: Its optional package is not installed.
    """
    sampling = {key: spec for key, spec in BACKENDS.items() if not spec.exact}
    if name not in sampling:
        raise UnknownNameError("sampling backend", name, sampling)
    spec = sampling[name]
    backend: SamplingBackend = spec.factory(validate_options(spec.fields, options or {}))
    return backend
