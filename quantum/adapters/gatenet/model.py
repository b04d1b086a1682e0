"""GateNet's tuner model: puts GateNet layers in place of the targeted linear layers.

It knows nothing about gates.
"""

from __future__ import annotations

from quantum.adapters.gatenet.layer import GateNetLinear
from quantum.adapters.tuner import LinearTuner

__all__ = ["GateNetModel"]


class GateNetModel(LinearTuner):
    """A model with GateNet adapters, made by ``peft.get_peft_model``."""

    prefix: str = "gatenet_"
    tuner_layer_cls = GateNetLinear
