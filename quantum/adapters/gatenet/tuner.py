"""GateNet as a PEFT tuner; importing this module registers it with PEFT (harmless twice)."""

from __future__ import annotations

from quantum.adapters.gatenet.config import GateNetConfig
from quantum.adapters.gatenet.layer import GateNetLinear
from quantum.adapters.peft_registration import register
from quantum.adapters.tuner import LinearTuner

__all__ = ["GateNetConfig", "GateNetLinear", "GateNetModel"]


class GateNetModel(LinearTuner):
    """A model with GateNet adapters, made by ``peft.get_peft_model``."""

    prefix: str = "gatenet_"
    tuner_layer_cls = GateNetLinear


register("gatenet", GateNetConfig, GateNetModel)
