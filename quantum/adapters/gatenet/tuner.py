"""GateNet as a PEFT tuner; importing this module registers it with PEFT (harmless twice)."""

from quantum.adapters.gatenet.config import GateNetConfig
from quantum.adapters.gatenet.layer import GateNetLinear
from quantum.adapters.gatenet.model import GateNetModel
from quantum.adapters.peft_registration import register

__all__ = ["GateNetConfig", "GateNetLinear", "GateNetModel"]

register("gatenet", GateNetConfig, GateNetModel)
