"""QTHA as a PEFT tuner; importing this module registers it with PEFT (harmless twice)."""

from quantum.adapters.peft_registration import register
from quantum.adapters.qtha.config import QTHAConfig
from quantum.adapters.qtha.layer import QTHALinear
from quantum.adapters.qtha.model import QTHAModel

__all__ = ["QTHAConfig", "QTHALinear", "QTHAModel"]

register("qtha", QTHAConfig, QTHAModel)
