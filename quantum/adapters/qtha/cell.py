"""The arithmetic of QTHA for one linear layer, as a plain torch module.

    h = MLP_A(MPO_A(dropout(x)))
    change = (alpha / r) MPO_B(MLP_B(QW · QNN(h) + CW · h))

(arXiv 2503.12790; variants as in the authors' code: A = MPO, B = MLP, C = circuit, D/E/F = a SiLU
network with 1/2/3 hidden layers where the circuit stands; other controls: ``controls.py``.)
This module knows nothing about PEFT. Parameters have flat names because PEFT expects
``<container>.<adapter>.<name>``.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from quantum.adapters.host import CircuitHost, HostedCircuit
from quantum.adapters.kept import KeepingModule
from quantum.adapters.precision import full_precision, product_dtype
from quantum.adapters.qtha.config import QTHAConfig
from quantum.adapters.qtha.controls import InPlaceOfCircuit
from quantum.adapters.qtha.factorisation import core_shapes, factorise
from quantum.adapters.qtha.mpo import apply_mpo, apply_mpo_transposed
from quantum.adapters.qtha.options import HIDDEN_LAYERS
from quantum.circuits.circuit import Circuit
from quantum.exceptions import MergeNotPossibleError, OptionError

_MATRICES = ("mpo_", "mlp_", "cw", "qw", "nw_")  # drawn in this order; then the circuit's angles


class QTHACell(KeepingModule, InPlaceOfCircuit, CircuitHost):
    """The change that QTHA adds to one linear layer's output.

    Starts as an exact zero: the last core of MPO_B is zero; variants without MPO have MLP_B zero
    instead, as LoRA's B.

    Args:
        in_features: Input width d_in.
        out_features: Output width d_out.
        config: QTHA's configuration.
    """

    def __init__(self, in_features: int, out_features: int, config: QTHAConfig) -> None:
        super().__init__()
        r, variant = config.r, config.variant
        self.scaling = config.alpha / r
        self.variant = variant
        self.has_middle = "C" in variant
        self.dropout = nn.Dropout(config.dropout) if config.dropout else nn.Identity()
        self.circuit = None
        self.n_cores = 0
        self.in_factors: tuple[int, ...] = ()
        self.mid_factors: tuple[int, ...] = ()
        width_a, width_b = in_features, out_features
        if "A" in variant:
            width_a = width_b = config.mpo_width
            self.in_factors = _factors(in_features, config)
            self.mid_factors = _factors(config.mpo_width, config)
            out_factors = _factors(out_features, config)
            shapes_a = core_shapes(self.in_factors, self.mid_factors, config.mpo_bond)
            shapes_b = core_shapes(self.mid_factors, out_factors, config.mpo_bond)
            self.n_cores = len(shapes_a)
            for k in range(self.n_cores):
                self.register_parameter(f"mpo_a_{k}", nn.Parameter(torch.empty(shapes_a[k])))
                self.register_parameter(f"mpo_b_{k}", nn.Parameter(torch.empty(shapes_b[k])))
        self.mlp_a = nn.Parameter(torch.empty(r, width_a))
        self.mlp_b = nn.Parameter(torch.empty(width_b, r))
        self.cw = nn.Parameter(torch.empty(r, r))
        if self.has_middle:
            self.qw = nn.Parameter(torch.empty(r, r))
            self.place(config.control, r, config.n_layers, config.backend)
        self.n_hidden = HIDDEN_LAYERS.get(variant[-1], 0)
        for k in range(self.n_hidden + 1 if self.n_hidden else 0):
            self.register_parameter(f"nw_{k}", nn.Parameter(torch.empty(r, r)))
        self.reset(config.init)

    @torch.no_grad()
    def reset(self, init: str) -> None:
        """Draw the start values.

        ``origin``: the authors': Kaiming uniform with a = 0 for all matrices, Kaiming normal for
        the cores. ``lora``: a = √5 as LoRA's A, CW = identity, QW = 0, and cores that keep the norm
        (ours), so that MLP_A∘MPO_A has the size of LoRA's A. Circuit angles: ``draw``.
        """
        slope = 0.0 if init == "origin" else math.sqrt(5)
        matrices = [name for name, _ in self.named_parameters() if name.startswith(_MATRICES)]
        for name in matrices:
            parameter = self.get_parameter(name)
            if name.startswith("mpo_"):
                nn.init.kaiming_normal_(
                    parameter, nonlinearity="relu" if init == "origin" else "linear"
                )
            else:
                nn.init.kaiming_uniform_(parameter, a=slope)
        if self.has_middle:
            self.draw()
        if init != "origin":
            nn.init.eye_(self.cw)
            if self.has_middle:
                nn.init.zeros_(self.qw)
        if self.n_hidden:
            nn.init.zeros_(self.get_parameter(f"nw_{self.n_hidden}"))
        if self.n_cores:
            nn.init.zeros_(self.get_parameter(f"mpo_b_{self.n_cores - 1}"))
        else:
            nn.init.zeros_(self.mlp_b)

    def hosted(self) -> HostedCircuit | None:
        """The circuit, one for each token that passes; ``None`` where there is none."""
        if self.circuit is None:
            return None
        return HostedCircuit(self.circuit, self.angles)

    @torch.no_grad()
    def put(self, circuit: Circuit, angles: Tensor) -> None:
        """Let another circuit with other angles stand there."""
        self.circuit = circuit
        self.angles.copy_(angles)

    def _cores(self, which: str) -> list[Tensor]:
        return [self.get_parameter(f"mpo_{which}_{k}") for k in range(self.n_cores)]

    def down(self) -> Tensor:
        """MLP_A∘MPO_A transposed, shape ``(d_in, r)``."""
        if not self.n_cores:
            return self.mlp_a.t()
        return apply_mpo_transposed(self._cores("a"), self.in_factors, self.mlp_a)

    def up(self) -> Tensor:
        """MPO_B∘MLP_B transposed and scaled by alpha / r, shape ``(r, d_out)``."""
        if not self.n_cores:
            return self.mlp_b.t() * self.scaling
        return apply_mpo(self._cores("b"), self.mid_factors, self.mlp_b * self.scaling)

    def middle(self, h: Tensor) -> Tensor:
        """What stands between the two halves, ``(tokens, r)`` to ``(tokens, r)``."""
        if self.has_middle:
            z = self.values(h)
            return torch.cat((z, h), dim=1) @ torch.cat((self.qw, self.cw), dim=1).t()
        out = h @ self.cw.t()
        if not self.n_hidden:
            return out
        x = h
        for k in range(self.n_hidden):
            x = F.silu(x @ self.get_parameter(f"nw_{k}").t())
        return out + x @ self.get_parameter(f"nw_{self.n_hidden}").t()

    def forward(self, x: Tensor, base: Tensor) -> Tensor:
        """Add the change to the base layer's output.

        Args:
            x: Input, shape ``(…, d_in)``, any floating dtype; the cell works in its own. Under
                autocast the two products with whole activations follow that, and nothing else.
            base: The base layer's output, shape ``(…, d_out)``.

        Returns:
            ``base + change`` in the cell's dtype or autocast's, shape ``(…, d_out)``.
        """
        dtype = product_dtype(x, self.cw.dtype)
        with full_precision(x):
            tokens = self.dropout(x.to(dtype)).reshape(-1, x.shape[-1])  # (tokens, d_in)
            down, up = self.halves()
            middle = self.middle((tokens @ down.to(dtype)).to(self.cw.dtype))
            flat = base.to(dtype).reshape(-1, base.shape[-1])  # (tokens, d_out)
            changed = torch.addmm(flat, middle.to(dtype), up.to(dtype))
        return changed.reshape(base.shape)  # (…, d_out)

    def halves(self) -> tuple[Tensor, Tensor]:
        """``down()`` and ``up()``; in inference they are kept while the parameters stay."""
        return self.kept(
            lambda: (self.down(), self.up()), *self.parameters(), also=lambda: self.scaling
        )

    def delta_weight(self) -> Tensor:
        """The change as a weight, shape ``(d_out, d_in)``.

        Raises:
            MergeNotPossibleError: The change is not linear in the layer's input.
        """
        if self.has_middle or self.n_hidden:
            part = "SiLU network" if self.n_hidden else "quantum circuit or its stand-in"
            raise MergeNotPossibleError(
                f"QTHA variant {self.variant} cannot be merged: its {part} is nonlinear in the "
                "layer's input, so no single weight matrix gives the same output. Keep the adapter "
                "beside the base model, or train variant AB, which merges."
            )
        return (self.down() @ self.cw.t() @ self.up()).t()


def _factors(dimension: int, config: QTHAConfig) -> tuple[int, ...]:
    own = config.mpo_factors.get(str(dimension))
    if own is None:
        return factorise(dimension)
    if math.prod(own) != dimension or len(own) != len(factorise(dimension)):
        raise OptionError(
            "mpo_factors", f"{own} does not multiply to {dimension}", "four factors of it"
        )
    return tuple(own)
