"""QGS as a PEFT tuner; importing this module registers it with PEFT (harmless twice)."""

from quantum.adapters.peft_registration import register
from quantum.adapters.qgs.block import QGSBlock
from quantum.adapters.qgs.config import QGSConfig
from quantum.adapters.qgs.layer import QGSLinear
from quantum.adapters.qgs.model import QGSModel

__all__ = ["QGSBlock", "QGSConfig", "QGSLinear", "QGSModel"]

register("qgs", QGSConfig, QGSModel)
