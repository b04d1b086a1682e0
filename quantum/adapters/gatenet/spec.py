"""GateNet's entry in the registry: options and count; torch-free."""

from __future__ import annotations

from quantum.adapters.gatenet.options import gatenet_module_count
from quantum.adapters.spec import AdapterSpec, config_of
from quantum.options import OptionField, Options

# fmt: off
_FIELDS = (
    OptionField("n_axes", "Axes", "int", 5, 2, 8,
        help="Into how many axes an input is split; fewer axes make larger gates."),
    OptionField("orthogonal", "Orthogonal gates", "bool", False,
        help="Gates that only rotate, as a real circuit's would; half the numbers, slower."),
    OptionField("output_scaling", "Output scaling", "bool", True,
        help="Also train one factor for each output; off shows what the gates do alone."),
)
# fmt: on


def _count(name: str, out: int, inside: int, options: Options) -> int:
    return gatenet_module_count(
        out,
        inside,
        n_axes=int(options["n_axes"]),
        orthogonal=bool(options["orthogonal"]),
        output_scaling=bool(options["output_scaling"]),
    )


GATENET = AdapterSpec(
    name="gatenet",
    title="GateNet",
    help="Small gates on pairs of axes multiply the weights, after QuanTA; no circuit is run.",
    quantum=False,
    fields=_FIELDS,
    default_targets=("q_proj", "v_proj"),
    default_learning_rate=1e-3,
    module_count=_count,
    config_factory=config_of("quantum.adapters.gatenet.config:GateNetConfig"),
    tuner="quantum.adapters.gatenet.tuner",
)
