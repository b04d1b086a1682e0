"""The circuit of one transformer block: its angles and what was measured with them.

It knows nothing about layers; ``bank.py`` runs the circuit.
"""

from __future__ import annotations

import math
from typing import Any, Self

import torch
from torch import Tensor, nn

from quantum.adapters.host import CircuitHost, HostedCircuit
from quantum.adapters.marks import Mark, mark_of
from quantum.adapters.qgs.bank import CircuitBank
from quantum.adapters.qgs.config import QGSConfig
from quantum.adapters.qgs.signs import sign_matrix

__all__ = ["QGSBlock"]

_NAME_BYTES = 32


class QGSBlock(CircuitHost):
    """Angles of one block, and the values measured at the start and last.

    The values are saved with the adapter: in use it needs neither a machine nor a simulator, and a
    run can go on on another backend, which then measures the start again.

    Controls: ``free`` replaces the circuit by a trained vector of as many numbers, starting at
    zero, through a frozen seeded map. ``frozen`` keeps the angles at their start and ``random`` at
    angles drawn from the whole circle; their values do not change, so they are used as they are,
    not relative to the start, and the layers' factor s starts at zero instead.

    Args:
        bank: Runs the circuits of all blocks.
        name: The block, to seed the free control's map.
        config: QGS's configuration.
    """

    start: Tensor
    z0: Tensor
    z: Tensor
    measured_at: Tensor
    has_run: Tensor
    start_name: Tensor

    def __init__(self, bank: CircuitBank, name: str, config: QGSConfig) -> None:
        super().__init__()
        self.control = config.control
        self.map_name = f"qgs/{config.seed}/{name}/free"
        self.bank = bank
        n_angles, n_values = bank.circuit.n_angles, len(bank.circuit.observables)
        self.n_values = n_values
        self.number = -1
        self._map: Tensor | None = None
        self._name: tuple[Mark | None, str] | None = (
            None  # reading it from a GPU at each call is slow
        )
        self.angles: Tensor
        if self.control == "free":
            self.angles = nn.Parameter(torch.zeros(n_angles))
            return
        angles = _start_angles(n_angles, config)
        if self.control == "trained":
            self.angles = nn.Parameter(angles)
        else:
            self.register_buffer("angles", angles)
        self.register_buffer("start", angles.clone())
        self.register_buffer("z0", torch.zeros(n_values))
        self.register_buffer("z", torch.zeros(n_values))
        self.register_buffer("measured_at", angles.clone())
        self.register_buffer("has_run", torch.zeros(3, dtype=torch.int64))
        self.register_buffer("start_name", torch.zeros(_NAME_BYTES, dtype=torch.uint8))
        self.number = bank.add(self)

    def hosted(self) -> HostedCircuit | None:
        """The circuit, one for the whole block; ``None`` for the free control."""
        if self.control == "free":
            return None
        return HostedCircuit(
            self.bank.circuit,
            self.angles,
            "block",
            self.bank.config.backend,
            self.bank.config.method,
            self.control,
            self.bank,
            self.has_run,
        )

    @property
    def start_backend(self) -> str:
        """The backend that measured the start; empty if none has."""
        mark = mark_of(self.start_name)
        if mark is None or self._name is None or self._name[0] != mark:
            self._name = (mark, bytes(self.start_name.tolist()).rstrip(b"\0").decode())
        return self._name[1]

    def keep_start(self, values: Tensor, backend: str) -> None:
        """Remember the values at the start; what was measured elsewhere is out of date."""
        self.z0.copy_(values)
        name = backend.encode()[:_NAME_BYTES].ljust(_NAME_BYTES, b"\0")
        self.start_name.copy_(torch.frombuffer(bytearray(name), dtype=torch.uint8))
        self.z.copy_(values)
        self.measured_at.copy_(self.start)

    def keep(self, values: Tensor) -> None:
        """Remember the values at the angles as they are."""
        self.z.copy_(values)
        self.measured_at.copy_(self.angles)

    def is_fresh(self) -> bool:
        """Whether the remembered values are those of the angles as they are."""
        return torch.equal(self.measured_at, self.angles.detach())

    def change(self) -> Tensor:
        """What the layers multiply with their frozen maps, shape ``(n_values,)``, float32.

        Zero at the start, but for the frozen and random controls.
        """
        if self.control == "free":
            return self._free_map() @ self.angles.float()
        if self.control == "trained":
            return self.bank.values(self) - self.z0.float()
        if self.start_backend != self.bank.config.backend:
            self.bank.live = self.bank.live or self.training
            self.bank.measure_start()
        return self.z0.float()

    def parts(self) -> tuple[Tensor, ...]:
        """The tensors that ``change`` depends on."""
        return (self.angles,) if self.control == "free" else (self.angles, self.z0, self.z)

    def _free_map(self) -> Tensor:
        device = self.angles.device
        if self._map is None or self._map.device != device:
            with torch.inference_mode(False):
                self._map = sign_matrix(self.map_name, self.n_values, self.angles.numel(), device)
        return self._map

    def train(self, mode: bool = True) -> Self:
        """Change the mode; angles that were written through ``.data`` are then noticed."""
        self.bank.forget_marks()
        return super().train(mode)

    def _save_to_state_dict(self, destination: Any, prefix: str, keep_vars: bool) -> None:
        """Bring the values up to date where that is only arithmetic: files then stand alone.

        An adapter that was never used is left alone: PEFT reads its state before it loads a file.
        """
        if self.control != "free" and self.bank.exact and self.start_backend:
            self.bank.measure()
        super()._save_to_state_dict(destination, prefix, keep_vars)


def _start_angles(n_angles: int, config: QGSConfig) -> Tensor:
    if config.control == "random":
        return torch.empty(n_angles).uniform_(-math.pi, math.pi)
    # Not around π/2: there <X> is near zero after the CZ, and the later angles have no gradient.
    angles = torch.randn(n_angles) * 0.1
    angles[: config.n_qubits] += math.pi / 4
    return angles
