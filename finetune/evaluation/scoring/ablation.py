"""What an adapter is worth with another circuit in its trained one's place, everything else as is.

Each way keeps the trained matrices, scalings and constants (QGS's values of the start among them)
and changes what the circuit gives. Knows no particular adapter (`quantum.adapters.host`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from quantum.adapters.host import CircuitHost, HostedCircuit
from quantum.circuits.circuit import Circuit

from .exceptions import EvaluationError
from .loading import Model
from .ways import TRAINED, WAYS


def circuit_put(loaded: Model, way: str, seed: int = 0) -> dict[str, Any] | None:
    """Put another circuit into a model's adapter.

    Args:
        loaded: the model; what it answers from now on is changed.
        way: one of `WAYS`.
        seed: of `random`.

    Returns:
        What a file of scores says of it; None for a model without a circuit, as it is.

    Raises:
        EvaluationError: the model has no circuit to change.
    """
    hosts = list(_hosts(loaded.model))
    if not hosts:
        if way != TRAINED:
            raise EvaluationError(
                f"This adapter holds no circuit, so there is none to put in its place ({way}). "
                "Score it as it is"
            )
        return None
    draw = torch.Generator().manual_seed(seed)
    changed = 0
    for number, (host, hosted) in enumerate(hosts):
        circuit, angles = hosted.circuit, hosted.angles.detach().clone()
        if way == TRAINED:
            continue
        if way == "random":
            drawn = torch.rand(angles.shape, generator=draw, dtype=torch.float32)
            angles = ((2 * drawn - 1) * math.pi).to(angles)
        elif way == "identity":
            angles = torch.zeros_like(angles)
        elif way == "frozen":
            angles = loaded.starts[number].to(angles)
        else:
            circuit = without_entanglers(circuit)
        changed += int((angles != hosted.angles).sum())
        host.put(circuit, angles)
    loaded.model.eval()  # what layers keep of the old ones is dropped
    first = hosts[0][1].circuit
    return {
        "way": way,
        "words": WAYS[way],
        "seed": seed if way == "random" else None,
        "circuits": len(hosts),
        "angles": sum(_count(hosted.angles) for _, hosted in hosts),
        "angles_changed": changed,
        "entanglers_removed": first.two_qubit_count() if way == "no-entanglers" else 0,
    }


def without_entanglers(circuit: Circuit) -> Circuit:
    """Return a circuit without its gates on two qubits or more; angles keep their numbers."""
    alone = tuple(operation for operation in circuit.operations if len(operation.qubits) == 1)
    return replace(circuit, operations=alone, name=f"{circuit.name}, no entanglers")


def _hosts(model: Any) -> Iterator[tuple[CircuitHost, HostedCircuit]]:
    for module in model.modules():
        if isinstance(module, CircuitHost) and (hosted := module.hosted()) is not None:
            yield module, hosted


def _count(angles: Tensor) -> int:
    return int(angles.numel())
