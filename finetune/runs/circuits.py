"""The circuit behind a run's settings: its size, its angles, its picture. No torch, no Qiskit."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from django.conf import settings

from finetune.training.circuits.backends import calibration_read
from finetune.training.circuits.pictures import Picture, picture_of
from finetune.training.circuits.sampling_plan import blocks_of
from quantum.adapters.registry import ADAPTERS, OptionError
from quantum.adapters.spec import targeted
from quantum.backends.registry import BACKENDS
from quantum.circuits.circuit import Circuit
from quantum.exceptions import CircuitError

from .models import Run

THEMES = ("light", "dark")
GATE_WORDS = {"ry": "RY", "crz": "CRZ", "cz": "CZ", "cx": "CNOT", "rx": "RX", "rz": "RZ"}


@dataclass(frozen=True)
class RunCircuit:
    """The circuit of a run, of which the model carries several copies with angles of their own.

    Attributes:
        adapter: the adapter's name.
        options: its options.
        copies: circuits with angles of their own: one for each adapted layer, or for each block.
        by_block: whether it is one for each block, without data in it.
        angles: trainable angles of one circuit.
        picture: what is drawn of it.
        backend: where it runs: a name of the registry.
    """

    adapter: str
    options: Mapping[str, Any]
    qubits: int
    layers: int
    copies: int
    by_block: bool
    angles: int
    depth: int
    gates: dict[str, int]
    picture: Picture
    backend: str

    @property
    def trained(self) -> int:
        """Trainable angles of the whole run; a control may keep them as they are."""
        return (
            0 if self.options.get("control") in ("frozen", "random") else self.angles * self.copies
        )

    @property
    def on_chip(self) -> bool:
        """Whether it is built on a chip's couplers."""
        return self.options.get("topology") == "chip"

    @property
    def key(self) -> str:
        """Name of its picture under `settings.CIRCUIT_DIR`, without theme and ending."""
        return self.picture.key

    @property
    def drawn(self) -> int:
        """Qubits of the circuit that is drawn."""
        return self.picture.circuit.n_qubits

    @property
    def query(self) -> str:
        """Its settings as the query of an address."""
        return urlencode({"adapter": self.adapter, **self.options})

    @property
    def place(self) -> str:
        """The title of what runs it."""
        return BACKENDS[self.backend].title if self.backend in BACKENDS else self.backend

    @property
    def exact(self) -> bool:
        """Whether it is simulated without shots."""
        return self.backend not in BACKENDS or BACKENDS[self.backend].exact

    @property
    def billable(self) -> bool:
        """Whether it runs on a machine that costs money."""
        return self.backend in BACKENDS and BACKENDS[self.backend].billable

    @property
    def gate_words(self) -> str:
        """For example “48 RY, 32 CRZ”."""
        gates = sorted(self.gates.items(), key=lambda item: -item[1])
        return ", ".join(f"{n} {GATE_WORDS.get(gate, gate)}" for gate, n in gates)


def circuit_for(
    adapter: str,
    options: Mapping[str, Any],
    modules: Collection[str],
    backend: str = "statevector",
    calibration: str = "",
    *,
    for_picture: bool = False,
) -> RunCircuit | None:
    """The circuit of these settings, or None where the adapter (or its variant) has none.

    Args:
        modules: names of the layers that get an adapter.
        calibration: figures of the chip that it is built on, as JSON, where it is.
        for_picture: only the picture counts: a circuit on a chip that is not given then has the
            gates of what is drawn for it.
    """
    if adapter not in ADAPTERS:
        return None
    try:
        clean = ADAPTERS[adapter].validate(options)
        found = drawn(adapter, tuple(sorted(clean.items())), calibration)
    except (OptionError, CircuitError):
        return None
    if found is None:
        return None
    circuit, picture = found[0] or (found[1].circuit if for_picture else None), found[1]
    if circuit is None:
        return None
    by_block = ADAPTERS[adapter].shared_count is not None  # one for all layers of a block
    return RunCircuit(
        adapter=adapter,
        options=clean,
        qubits=int(clean.get("n_qubits", circuit.n_qubits)),
        layers=int(clean.get("n_layers", 1)),
        copies=len(blocks_of(modules)) if by_block else len(modules),
        by_block=by_block,
        angles=circuit.n_angles,
        depth=circuit.depth,
        gates=dict(circuit.gate_counts()),
        picture=picture,
        backend=backend,
    )


@lru_cache(maxsize=256)
def drawn(
    adapter: str, options: tuple[tuple[str, Any], ...], calibration: str
) -> tuple[Circuit | None, Picture] | None:
    """The circuit and its picture, kept: lists of runs ask for the same few again and again."""
    chip = calibration_read(calibration) if calibration else None
    circuit, picture = (
        ADAPTERS[adapter].circuit(dict(options), chip),
        picture_of(adapter, dict(options)),
    )
    return None if picture is None else (circuit, picture)


def picture_file(key: str, theme: str) -> Path:
    """Where `finetune.runs.drawings` puts the picture of `RunCircuit.key`."""
    return Path(settings.CIRCUIT_DIR) / f"{key}-{theme}.svg"


def circuit_of_run(run: Run) -> RunCircuit | None:
    """The circuit of a run, or None if it trains without one."""
    config = run.config
    modules = targeted(run.base.linear_shapes, config.get("targets", ()))
    return circuit_for(
        config.get("adapter", ""),
        config.get("adapter_options", {}),
        modules,
        config.get("backend", "statevector"),
        config.get("calibration", ""),
    )
