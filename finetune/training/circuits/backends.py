"""Which backend may run the circuits of which adapter, in sentences a form can show.

Knows nothing of torch, of runs or of how a backend is made: it reads the two registries.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from quantum.adapters.registry import ADAPTERS, AdapterSpec, get_adapter
from quantum.backends.base import Capabilities
from quantum.backends.registry import BACKENDS, backend_spec
from quantum.backends.wukong_options import CHIPS
from quantum.chips.calibration import Calibration
from quantum.exceptions import CircuitError, OptionError, UnknownNameError
from quantum.options import Options, validate_options
from quantum.sampling.costs import MAX_CIRCUITS


def backends_of(spec: AdapterSpec) -> tuple[str, ...]:
    """Return the backends an adapter can train on, by name; none for one without a circuit."""
    for option in spec.fields:
        if option.name == "backend":
            return tuple(name for name, _ in option.choices)
    return ()


def sampled_adapters() -> tuple[str, ...]:
    """Return the adapters that can train on sampled values, and so on real machines."""
    sampling = {name for name, spec in BACKENDS.items() if not spec.exact}
    return tuple(name for name, spec in ADAPTERS.items() if sampling & set(backends_of(spec)))


def backend_problem(adapter: str, backend: str) -> str:
    """Return why these two do not go together in one sentence or two, or an empty text.

    Raises:
        UnknownNameError: there is no such adapter or backend.
    """
    spec, place = get_adapter(adapter), backend_spec(backend)
    allowed = backends_of(spec)
    if backend in allowed or (not allowed and place.exact):
        return ""
    if not allowed:
        return f"{spec.title} has no circuit to run on {place.title}; leave it at statevector"
    others = " or ".join(sampled_adapters())
    return (
        f"{spec.title} trains on exact simulators only, since it runs one circuit for each token "
        f"and layer; choose {', '.join(allowed)}"
        + (f", or the adapter {others} for {place.title}" if others else "")
    )


def backend_options(backend: str, options: Mapping[str, Any]) -> Options:
    """Return a backend's options in their types, with defaults.

    Raises:
        UnknownNameError: there is no such backend.
        OptionError: an option is unknown, of another type or out of its bounds.
    """
    return validate_options(backend_spec(backend).fields, options)


def options_with(adapter: str, options: Mapping[str, Any], backend: str) -> dict[str, Any]:
    """Return an adapter's options, with the run's backend where it has a circuit."""
    return {**options, **({"backend": backend} if backends_of(get_adapter(adapter)) else {})}


def on_chip(config: Mapping[str, Any]) -> bool:
    """Tell whether a run's circuit is built on a chip's couplers, by the settings of a run."""
    spec = ADAPTERS.get(str(config.get("adapter", "")))
    options = config.get("adapter_options")
    if spec is None or not isinstance(options, Mapping) or options.get("topology") != "chip":
        return False
    return any(option.name == "topology" for option in spec.fields)


def run_chip(config: Mapping[str, Any]) -> Calibration | None:
    """Return the chip on whose couplers a run's circuit is built, if it is and the chip is known.

    Raises:
        CircuitError: the run's calibration is none.
    """
    text = str(config.get("calibration") or "")
    return calibration_read(text) if text and on_chip(config) else None


@lru_cache(maxsize=64)
def calibration_read(text: str) -> Calibration:
    """Return a calibration from its JSON; kept, since lists of runs ask for the same ones."""
    return Calibration.from_json(text)


def circuit_problems(config: Mapping[str, Any]) -> dict[str, str]:
    """Return what is wrong with an adapter, its backend or their options, by setting of the run.

    Args:
        config: settings of a run; adapter, backend, their options and the calibration are read.
    """
    adapter, backend = str(config["adapter"]), str(config["backend"])
    options, place = config["adapter_options"], config["backend_options"]
    try:
        if problem := backend_problem(adapter, backend):
            return {"backend": problem}
        if options.get("backend", backend) != backend:
            return {"adapter_options": "backend: it is a setting of the run; leave it out here"}
        spec, given = get_adapter(adapter), options_with(adapter, options, backend)
        clean = spec.validate(given)
        if clean.get("gradient") == "backprop" and not backend_spec(backend).exact:
            return {
                "adapter_options": f"gradient: {backend} samples, so there is nothing to go back "
                "through; take auto, shift or spsa"
            }
        if on_chip(config) and not config.get("calibration"):
            return {
                "adapter_options": "topology: the chip's figures are not known, so neither are its "
                "live couplers. Read them on the Quantum page (or give them as the setting "
                "calibration); or take the chain or the lattice"
            }
        circuit = spec.circuit(given, run_chip(config))  # some sizes have none, which is told
    except UnknownNameError as error:
        return {"adapter": str(error)}
    except OptionError as error:
        return {"adapter_options": str(error)}
    except CircuitError as error:
        return {"calibration": str(error)}
    try:
        backend_options(backend, place)
    except OptionError as error:
        return {"backend_options": str(error)}
    if circuit is not None and backend_spec(backend).billable:
        limits = cloud_limits(backend, place)
        if circuit.n_qubits > limits.max_qubits:
            return {"adapter_options": f"n_qubits: {limits.title} has {limits.max_qubits}"}
    return {}


def cloud_limits(backend: str, options: Mapping[str, Any]) -> Capabilities:
    """Return what a billable backend takes, without its SDK and without asking it.

    Raises:
        UnknownNameError: there is no such backend.
        OptionError: an option is wrong.
    """
    spec, clean = backend_spec(backend), backend_options(backend, options)
    chip = str(clean.get("chip", ""))
    return Capabilities(
        name=spec.name,
        title=f"{spec.title}, chip {chip}",
        max_qubits=CHIPS.get(chip, max(CHIPS.values())),
        differentiable=False,
        exact=False,
        billable=True,
        seedable=False,
        max_shots=int(clean.get("max_shots", 10_000)),
        max_circuits=MAX_CIRCUITS,
    )
