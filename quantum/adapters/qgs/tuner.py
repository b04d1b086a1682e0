"""QGS as a PEFT tuner; importing this module registers it with PEFT (harmless twice)."""

from __future__ import annotations

from typing import Any

from torch import nn

from quantum.adapters.peft_registration import register
from quantum.adapters.qgs.bank import CircuitBank
from quantum.adapters.qgs.block import QGSBlock
from quantum.adapters.qgs.config import QGSConfig
from quantum.adapters.qgs.layer import QGSLinear
from quantum.adapters.spec import block_of
from quantum.adapters.tuner import LinearTuner

__all__ = ["QGSBlock", "QGSConfig", "QGSLinear", "QGSModel"]


class QGSModel(LinearTuner):
    """A model with QGS adapters, made by ``peft.get_peft_model``."""

    prefix: str = "qgs_"
    tuner_layer_cls = QGSLinear
    # Layers share their block's circuit, which lives in one of them and works without this object.
    uses_shared_state: bool = False

    def inject_adapter(
        self, model: nn.Module, adapter_name: str, *args: Any, **kwargs: Any
    ) -> None:
        """Adapt the targeted layers; all blocks of this adapter share a bank of circuits."""
        config = self.peft_config[adapter_name]
        assert isinstance(config, QGSConfig)
        self._bank = CircuitBank(config)
        self._blocks: dict[str, QGSBlock] = {}
        try:
            super().inject_adapter(model, adapter_name, *args, **kwargs)
        finally:
            del self._bank, self._blocks

    def _more(self, config: QGSConfig, key: str) -> tuple[str, QGSBlock, bool]:
        """The layer's name, its block's circuit, and whether the circuit lives in this layer."""
        block_name = block_of(key)
        owns_block = block_name not in self._blocks
        if owns_block:
            self._blocks[block_name] = QGSBlock(self._bank, block_name, config)
        return key, self._blocks[block_name], owns_block


register("qgs", QGSConfig, QGSModel)
