"""The angles of one block's circuit and what was measured with them, as they are saved.

It knows nothing about layers, nor how circuits are run.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from quantum.adapters.kept import Kept
from quantum.adapters.qgs.config import QGSConfig
from quantum.adapters.qgs.options import FIXED_CIRCUIT

_NAME_BYTES = 32


class CircuitState(nn.Module):
    """Angles of one circuit, and the values measured at the start and last.

    The controls without a circuit keep what they train: free numbers under the angles' name, or
    angles and their start.

    Args:
        n_angles: The circuit's angles.
        n_values: Its observables.
        config: QGS's configuration.
    """

    angles: Tensor
    start: Tensor
    z0: Tensor
    z: Tensor
    measured_at: Tensor
    has_run: Tensor
    start_name: Tensor

    def __init__(self, n_angles: int, n_values: int, config: QGSConfig) -> None:
        super().__init__()
        self.number = -1  # in its bank
        self._start_backend: Kept[str] = Kept()  # reading it from a GPU at each call is slow
        if config.control in ("free", "span"):
            self.angles = nn.Parameter(
                torch.zeros(n_angles if config.control == "free" else n_values)
            )
            return
        angles = _start_angles(n_angles, config)
        if config.control in FIXED_CIRCUIT:
            self.register_buffer("angles", angles)
        else:
            self.angles = nn.Parameter(angles)
        self.register_buffer("start", angles.clone())
        if config.control == "polynomial":
            return
        self.register_buffer("z0", torch.zeros(n_values))
        self.register_buffer("z", torch.zeros(n_values))
        self.register_buffer("measured_at", angles.clone())
        self.register_buffer("has_run", torch.zeros(3, dtype=torch.int64))
        self.register_buffer("start_name", torch.zeros(_NAME_BYTES, dtype=torch.uint8))

    @property
    def start_backend(self) -> str:
        """The backend that measured the start; empty if none has."""
        return self._start_backend.get(
            lambda: bytes(self.start_name.tolist()).rstrip(b"\0").decode(), self.start_name
        )

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

    @torch.no_grad()
    def put_angles(self, angles: Tensor, *, at_start: bool) -> None:
        """Take other angles, also as the start's; what was measured with the old ones is void."""
        self.angles.copy_(angles)
        self.measured_at.fill_(math.nan)
        if at_start:
            self.start.copy_(angles)
            self.forget_start()

    def forget_start(self) -> None:
        """Have the start measured again."""
        self.start_name.zero_()

    def is_fresh(self) -> bool:
        """Whether the remembered values are those of the angles as they are."""
        return torch.equal(self.measured_at, self.angles.detach())


def _start_angles(n_angles: int, config: QGSConfig) -> Tensor:
    if config.control == "random":
        return torch.empty(n_angles).uniform_(-math.pi, math.pi)
    # Not around π/2: there <X> is near zero after the CZ, and the later angles have no gradient.
    angles = torch.randn(n_angles) * 0.1
    angles[: config.n_qubits] += math.pi / 4
    return angles
