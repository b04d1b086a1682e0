"""The adapter's tuner for PEFT; importing this module registers it."""

from dataclasses import dataclass, field

import torch
from torch import nn

from quantum.adapters.host import CircuitHost, HostedCircuit
from quantum.adapters.peft_registration import extend_peft_type, register
from quantum.adapters.precision import full_precision
from quantum.adapters.tuner import LinearTuner, LinearTunerLayer, TargetedConfig
from quantum.backends.registry import get_backend
from quantum.circuits.ansatz import qtha_circuit

TYPE = extend_peft_type("MADEUP")


@dataclass
class MadeUpConfig(TargetedConfig):
    """Wires only."""

    wires: int = field(default=3)

    def __post_init__(self):
        super().__post_init__()
        self.peft_type = TYPE


class MadeUpCell(CircuitHost):
    """``up(circuit(down(x)))``; starts at zero."""

    def __init__(self, inside, out, wires):
        super().__init__()
        self.circuit = qtha_circuit(wires)
        self.down = nn.Parameter(torch.randn(inside, wires) / inside**0.5)
        self.up = nn.Parameter(torch.zeros(wires, out))
        self.angles = nn.Parameter(torch.randn(self.circuit.n_angles))

    def hosted(self):
        return HostedCircuit(self.circuit, self.angles)

    @torch.no_grad()
    def put(self, circuit, angles):
        self.circuit = circuit
        self.angles.copy_(angles)

    def forward(self, x):
        with full_precision(x):  # a trainer's autocast would cast angles to bfloat16
            rows = x.to(self.down.dtype).reshape(-1, x.shape[-1]) @ self.down  # (tokens, wires)
            z = get_backend("statevector").expectations(self.circuit, rows, self.angles)
            return (z @ self.up).reshape(*x.shape[:-1], -1)


class MadeUpLinear(LinearTunerLayer):
    """A linear layer with the adapter."""

    title = "Made Up"
    adapter_layer_names = ("madeup_cell",)

    def make_cell(self, config):
        return MadeUpCell(self.in_features, self.out_features, config.wires)

    def forward(self, x, *args, **kwargs):
        out = self._base(x, *args, **kwargs)
        return sum((cell(x) for cell in self.cells_to_apply()), out).to(out.dtype)


class MadeUpModel(LinearTuner):
    """A model with it."""

    prefix = "madeup_"
    tuner_layer_cls = MadeUpLinear


register("madeup", MadeUpConfig, MadeUpModel)
