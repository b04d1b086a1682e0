"""Which backend may run the circuits of which adapter, in sentences a form can show.

Knows nothing of torch, of runs or of how a backend is made: it reads the two registries.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from quantum.adapters.registry import ADAPTERS, AdapterSpec, get_adapter
from quantum.backends.base import Capabilities
from quantum.backends.registry import backend_spec
from quantum.backends.wukong_options import CHIPS
from quantum.options import validate_options
from quantum.sampling.costs import MAX_CIRCUITS


def backends_of(spec: AdapterSpec) -> tuple[str, ...]:
    """Return the backends an adapter can train on, by name; none for one without a circuit."""
    for option in spec.fields:
        if option.name == "backend":
            return tuple(name for name, _ in option.choices)
    return ()


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
    others = " or ".join(name for name, other in ADAPTERS.items() if backend in backends_of(other))
    return (
        f"{spec.title} trains on exact simulators only, since it runs one circuit for each token "
        f"and layer; choose {', '.join(allowed)}"
        + (f", or the adapter {others} for {place.title}" if others else "")
    )


def cloud_limits(backend: str, options: Mapping[str, Any]) -> Capabilities:
    """Return what a billable backend takes, without its SDK and without asking it.

    Raises:
        UnknownNameError: there is no such backend.
        OptionError: an option is wrong.
    """
    spec = backend_spec(backend)
    clean = validate_options(spec.fields, options)
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
