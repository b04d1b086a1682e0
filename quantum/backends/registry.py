"""The backends by name: one dict, for forms, docs, adapters and the site.

Backends are imported when made, so reading this table costs nothing and brings in no torch, no
Qiskit and no SDK.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

from quantum.backends.base import ExactBackend, SamplingBackend
from quantum.backends.wukong_options import FIELDS as WUKONG_FIELDS
from quantum.exceptions import BackendMissingError, OptionError, UnknownNameError
from quantum.options import OptionField, Options, validate_options


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


def _made(place: str, *, takes_options: bool = False) -> Callable[[Options], Any]:
    """Makes the class at ``module:class``, which is imported then."""
    module, _, kind = place.partition(":")
    return lambda options: getattr(import_module(module), kind)(
        *([options] if takes_options else [])
    )


def _wukong(options: Options) -> SamplingBackend:
    # A key is a secret and no option: options are stored and shown.
    raise OptionError(
        "key",
        "Origin's cloud needs an API key, which is not an option",
        "a key given to quantum.backends.wukong.WukongBackend(options, key=...)",
    )


def _sdk_missing() -> str:
    from quantum.backends.sdk.client import sdk_missing

    return sdk_missing()


# fmt: off
_AER_FIELDS = (
    OptionField("method", "Method", "choice", "automatic",
        choices=(
            ("automatic", "Whole state up to 26 qubits, product states above; noise: densities."),
            ("statevector", "The whole state, up to 26 qubits; with noise one run a shot, to 20."),
            ("density_matrix", "Noise without extra spread, up to 12 qubits."),
            ("matrix_product_state", "Many qubits with little entanglement; slow with noise."),
        ),
        help="How Aer computes; all methods sample the same circuit."),
    OptionField("noise", "Noise", "choice", "none",
        choices=(
            ("none", "An ideal machine: only shot noise."),
            ("chip72", "A model, not hardware: the 72-qubit chip's published typical figures."),
        ),
        help="Whose errors to imitate; circuits are then placed on that chip's couplers."),
    OptionField("seed", "Seed", "int", 0, 0, 2**31 - 1,
        help="Equal seeds give equal counts; a run's own seed goes first."),
)
# fmt: on

# fmt: off
_ALL = (
    BackendSpec("statevector", "Exact simulator",
        "Exact values and gradients; what adapters usually train on.",
        exact=True, billable=False,
        factory=_made("quantum.backends.statevector:StatevectorBackend")),
    BackendSpec("aer", "Aer, simulated shots",
        "Counts from shots on this machine, ideal or with a chip's modelled noise; repeatable.",
        exact=False, billable=False, fields=_AER_FIELDS,
        factory=_made("quantum.backends.aer:AerBackend", takes_options=True)),
    BackendSpec("qpanda", "Origin's CPU simulator",
        "Counts from the simulator in Origin's own SDK, on this machine; not repeatable.",
        exact=False, billable=False, missing=_sdk_missing,
        factory=_made("quantum.backends.qpanda:QPandaBackend")),
    BackendSpec("wukong", "Origin Wukong",
        "Origin's superconducting chips through its cloud; needs a key and may cost money.",
        exact=False, billable=True, fields=WUKONG_FIELDS, missing=_sdk_missing, factory=_wukong),
)
# fmt: on

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
        OptionError: An option is wrong, or the backend needs a key: see ``_wukong``.
        BackendMissingError: Its optional package is not installed; says the command.
    """
    sampling = {key: spec for key, spec in BACKENDS.items() if not spec.exact}
    if name not in sampling:
        raise UnknownNameError("sampling backend", name, sampling)
    spec = sampling[name]
    if missing := spec.missing():
        raise BackendMissingError(missing)
    backend: SamplingBackend = spec.factory(validate_options(spec.fields, options or {}))
    return backend
