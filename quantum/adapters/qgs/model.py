"""QGS's tuner model: puts QGS layers in place of the targeted linear layers, a circuit a block.

It knows PEFT's injection protocol and nothing about circuits.
"""

from __future__ import annotations

from typing import Any

from peft.tuners.tuners_utils import BaseTuner, BaseTunerLayer
from peft.utils import TRANSFORMERS_MODELS_TO_LORA_TARGET_MODULES_MAPPING
from torch import nn

from quantum.adapters.qgs.bank import CircuitBank
from quantum.adapters.qgs.block import QGSBlock
from quantum.adapters.qgs.config import QGSConfig
from quantum.adapters.qgs.layer import QGSLayer, QGSLinear
from quantum.adapters.qgs_options import block_of

__all__ = ["QGSModel"]


class QGSModel(BaseTuner):
    """A model with QGS adapters, made by ``peft.get_peft_model``."""

    prefix: str = "qgs_"
    tuner_layer_cls = QGSLayer
    target_module_mapping: Any = TRANSFORMERS_MODELS_TO_LORA_TARGET_MODULES_MAPPING
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

    def _create_and_replace(  # type: ignore[override]
        self,
        peft_config: QGSConfig,
        adapter_name: str,
        target: nn.Module,
        target_name: str,
        parent: nn.Module,
        current_key: str,
        **optional_kwargs: Any,
    ) -> None:
        block_name = block_of(current_key)
        owns_block = block_name not in self._blocks
        if owns_block:
            self._blocks[block_name] = QGSBlock(self._bank, block_name, peft_config)
        block = self._blocks[block_name]
        if isinstance(target, QGSLayer):
            target.update_layer(adapter_name, peft_config, current_key, block, owns_block)
            return
        if isinstance(target, BaseTunerLayer):
            raise TypeError(f"{current_key} carries another kind of adapter; QGS cannot join it.")
        new_module = QGSLinear(target, adapter_name, peft_config, current_key, block, owns_block)
        if adapter_name != self.active_adapter:
            # An additional adapter is not trainable until it is made active.
            new_module.requires_grad_(False)
        self._replace_module(parent, target_name, new_module, target)
