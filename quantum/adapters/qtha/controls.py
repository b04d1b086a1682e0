"""What stands in the place of QTHA's circuit, as a part of a cell, for comparisons with it.

All begin from the same draw of the circuit's angles, and what a control draws besides does not move
the random numbers of later layers: under one seed everything else of a model starts alike.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from quantum.adapters.qtha.options import FIXED
from quantum.backends.registry import get_backend
from quantum.circuits.ansatz import qtha_circuit, qtha_product_angles, qtha_product_circuit
from quantum.circuits.circuit import Circuit
from quantum.simulators import lightcone


class InPlaceOfCircuit(nn.Module):
    """A module's part that maps ``(tokens, r)`` to ``(tokens, r)`` where QTHA has its circuit.

    Its parameters have flat names, since PEFT expects ``<container>.<adapter>.<name>``.
    """

    circuit: Circuit | None
    angles: Tensor

    def place(self, control: str, r: int, n_layers: int, backend: str) -> None:
        """Make the parameters; ``draw`` gives them their start values.

        Args:
            control: A key of ``CONTROLS``.
            r: Qubits, inputs and outputs.
            n_layers: Layers of the circuit.
            backend: An exact backend's name.
        """
        self.control, self.backend = control, backend
        self._size = (r, n_layers)
        whole = qtha_circuit(r, n_layers)
        self.circuit = None
        if control in ("trained", *FIXED):
            self.circuit = whole
        elif control == "product":
            self.circuit = qtha_product_circuit(r, n_layers)
        if self.circuit is not None:
            empty = torch.empty(self.circuit.n_angles)
            if control in FIXED:
                self.register_buffer("angles", empty)
            else:
                self.angles = nn.Parameter(empty)
        elif control == "bottleneck":
            width = whole.n_angles // (2 * r)
            self.bottleneck_u = nn.Parameter(torch.empty(width, r))
            self.bottleneck_v = nn.Parameter(torch.empty(r, width))
        elif control == "polynomial":
            self.waves = nn.Parameter(torch.empty(r, whole.n_angles // r))
        else:
            zero = torch.zeros(whole.n_angles)
            self.n_tables = len(tables := lightcone.coefficients(whole, zero))
            for k, table in enumerate(tables):
                self.register_parameter(f"span_{k}", nn.Parameter(torch.empty_like(table)))

    @torch.no_grad()
    def draw(self) -> None:
        """Draw the start values: angles uniform in (-π, π), as in the authors' library.

        Every control takes the same numbers from torch's generator. ``product`` keeps the angles of
        the RY, ``span`` starts as the very polynomials of the drawn circuit, ``random`` draws other
        angles; bottleneck and polynomial start with outputs of about the circuit's size.
        """
        r, n_layers = self._size
        whole = qtha_circuit(r, n_layers)
        drawn = torch.empty(whole.n_angles).uniform_(-math.pi, math.pi)
        with torch.random.fork_rng(devices=[]):
            if self.control in ("trained", "frozen"):
                self.angles.copy_(drawn)
            elif self.control == "random":
                self.angles.uniform_(-math.pi, math.pi)
            elif self.control == "product":
                self.angles.copy_(drawn[list(qtha_product_angles(r, n_layers))])
            elif self.control == "bottleneck":
                nn.init.kaiming_uniform_(self.bottleneck_u, a=math.sqrt(5))
                nn.init.kaiming_uniform_(self.bottleneck_v, a=math.sqrt(5))
            elif self.control == "polynomial":
                self.waves.normal_(0, self.waves.shape[1] ** -0.5)
            else:
                for k, table in enumerate(lightcone.coefficients(whole, drawn)):
                    self.get_parameter(f"span_{k}").copy_(table)

    def values(self, h: Tensor) -> Tensor:
        """What the circuit, or what stands in its place, gives for these inputs.

        Args:
            h: Shape ``(tokens, r)``; radians where there are sines.

        Returns:
            Shape ``(tokens, r)``.
        """
        if self.circuit is not None:
            return get_backend(self.backend).expectations(self.circuit, h, self.angles)
        if self.control == "bottleneck":
            return torch.tanh(h @ self.bottleneck_u.t()) @ self.bottleneck_v.t()
        if self.control == "polynomial":
            return _waves(h, self.waves)
        tables = [self.get_parameter(f"span_{k}") for k in range(self.n_tables)]
        return lightcone.polynomials(qtha_circuit(*self._size), h, tables)


def _waves(h: Tensor, amplitudes: Tensor) -> Tensor:
    """Σ over frequencies k of a cos k h_i + b sin k h_i + c cos k h_{i-1} + d sin k h_{i-1}.

    A circuit that takes each input in L times has the frequencies 1 … L. Four amplitudes for each
    of them and each output are 4rL numbers, as many as angles; for r = 1, where there is no other
    input, 2L.

    Args:
        h: Shape ``(tokens, r)``, radians.
        amplitudes: Shape ``(r, 4L)`` or, for r = 1, ``(1, 2L)``.
    """
    r = h.shape[1]
    frequencies = amplitudes.shape[1] // (4 if r > 1 else 2)
    total = torch.zeros_like(h)
    for k in range(frequencies):
        cos, sin = torch.cos((k + 1) * h), torch.sin((k + 1) * h)
        parts = [cos, sin]
        if r > 1:
            parts += [cos.roll(1, dims=1), sin.roll(1, dims=1)]
        for number, part in enumerate(parts):
            total = total + part * amplitudes[:, k * len(parts) + number]
    return total
