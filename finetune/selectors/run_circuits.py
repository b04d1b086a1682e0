"""The circuit behind a run's settings: its size, its angles, its picture. No torch, no Qiskit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

from finetune.models import Run
from quantum.adapters.registry import ADAPTERS, OptionError
from quantum.adapters.spec import targeted

THEMES = ("light", "dark")
GATE_WORDS = {"ry": "RY", "crz": "CRZ", "cz": "CZ", "cx": "CNOT", "rx": "RX", "rz": "RZ"}


@dataclass(frozen=True)
class RunCircuit:
    """One circuit as each adapted layer carries it.

    Attributes:
        modules: linear layers that get an adapter, each with its own angles.
        angles: trainable angles of one circuit.
    """

    qubits: int
    layers: int
    modules: int
    angles: int
    depth: int
    gates: dict[str, int]

    @property
    def trained(self) -> int:
        """Trainable angles of the whole run."""
        return self.angles * self.modules

    @property
    def key(self) -> str:
        """Name of its picture under `settings.CIRCUIT_DIR`, without theme and ending."""
        return f"qtha-{self.qubits}-{self.layers}"

    @property
    def gate_words(self) -> str:
        """For example “48 RY, 32 CRZ”."""
        gates = sorted(self.gates.items(), key=lambda item: -item[1])
        return ", ".join(f"{n} {GATE_WORDS.get(gate, gate)}" for gate, n in gates)


def circuit_for(adapter: str, options: Mapping[str, Any], modules: int) -> RunCircuit | None:
    """The circuit of these settings, or None where the adapter (or its variant) has none."""
    if adapter not in ADAPTERS:
        return None
    try:
        circuit = ADAPTERS[adapter].circuit(options)
    except OptionError:
        return None
    if circuit is None:
        return None
    return RunCircuit(
        qubits=circuit.n_qubits,
        layers=int(options.get("n_layers", 1)),
        modules=modules,
        angles=circuit.n_angles,
        depth=circuit.depth,
        gates=dict(circuit.gate_counts()),
    )


def picture_file(key: str, theme: str) -> Path:
    """Where `finetune.services.circuits` puts the picture of `RunCircuit.key`."""
    return Path(settings.CIRCUIT_DIR) / f"{key}-{theme}.svg"


def circuit_of_run(run: Run) -> RunCircuit | None:
    """The circuit of a run, or None if it trains without one."""
    config = run.config
    modules = targeted(run.base.linear_shapes, config.get("targets", ()))
    return circuit_for(config.get("adapter", ""), config.get("adapter_options", {}), len(modules))
