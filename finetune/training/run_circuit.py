"""The circuit behind a run's settings: its size, its angles, its picture. No torch, no Qiskit."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from finetune.training.circuits.pictures import Picture, picture_of
from finetune.training.circuits.sampling_plan import blocks_of
from finetune.training.settings import RunSettings
from quantum.adapters.registry import ADAPTERS
from quantum.adapters.spec import CircuitOptions
from quantum.backends.registry import BACKENDS, BackendSpec
from quantum.circuits.circuit import Circuit
from quantum.exceptions import CircuitError, OptionError

GATE_WORDS = {"ry": "RY", "crz": "CRZ", "cz": "CZ", "cx": "CNOT", "rx": "RX", "rz": "RZ"}


@dataclass(frozen=True)
class RunCircuit:
    """The circuit of a run, of which the model carries several copies with angles of their own.

    Attributes:
        settings: the run's.
        circuit: one of the copies.
        copies: circuits with angles of their own: one for each adapted layer, or for each block.
        by_block: whether there is one for all layers of a block, without data in it.
        picture: what is drawn of it.
    """

    settings: RunSettings
    circuit: Circuit
    copies: int
    by_block: bool
    picture: Picture

    @property
    def named(self) -> CircuitOptions:
        """Which of the options are about it."""
        named = ADAPTERS[self.settings.adapter].circuit_options
        assert named is not None  # or there were no circuit
        return named

    @property
    def machine(self) -> BackendSpec:
        """What runs it."""
        return BACKENDS[self.settings.backend]

    @property
    def qubits(self) -> int:
        """Qubits, as the options name them."""
        return int(self.settings.options[self.named.width])

    @property
    def layers(self) -> int:
        """Layers, as the options name them."""
        return int(self.settings.options.get(self.named.layers, 1))

    @property
    def angles(self) -> int:
        """Trainable angles of one circuit."""
        return self.circuit.n_angles

    @property
    def trained(self) -> int:
        """Trainable angles of the whole run; a control may keep them as they are."""
        return 0 if self.named.fixed(self.settings.options) else self.angles * self.copies

    @property
    def key(self) -> str:
        """Name of its picture's files, without theme and ending."""
        return self.picture.key

    @property
    def drawn(self) -> int:
        """Qubits of the circuit that is drawn."""
        return self.picture.circuit.n_qubits

    @property
    def query(self) -> str:
        """Its settings as the query of an address."""
        return urlencode({"adapter": self.settings.adapter, **self.settings.options})

    @property
    def gate_words(self) -> str:
        """For example “48 RY, 32 CRZ”."""
        gates = sorted(self.circuit.gate_counts().items(), key=lambda item: -item[1])
        return ", ".join(f"{n} {GATE_WORDS.get(gate, gate)}" for gate, n in gates)


def circuit_for(
    settings: RunSettings, modules: Collection[str], *, for_picture: bool = False
) -> RunCircuit | None:
    """The circuit of these settings, or None where the adapter (or its variant) has none.

    Args:
        settings: of a run, or chosen so far.
        modules: names of the layers that get an adapter.
        for_picture: only the picture counts: a circuit on a chip that is not given then has the
            gates of what is drawn for it.
    """
    if settings.adapter not in ADAPTERS:
        return None
    try:
        circuit = settings.circuit()
        picture = drawn(settings.adapter, tuple(sorted(settings.options.items())))
    except (OptionError, CircuitError):
        return None
    if picture is None:
        return None
    if circuit is None and for_picture:
        circuit = picture.circuit
    if circuit is None:
        return None
    by_block = ADAPTERS[settings.adapter].shared_count is not None
    copies = len(blocks_of(modules)) if by_block else len(modules)
    return RunCircuit(settings, circuit, copies, by_block, picture)


@lru_cache(maxsize=256)
def drawn(adapter: str, options: tuple[tuple[str, Any], ...]) -> Picture | None:
    """What is drawn, kept: lists of runs ask for the same few again and again."""
    return picture_of(adapter, dict(options))
