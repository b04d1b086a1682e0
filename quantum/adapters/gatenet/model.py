"""GateNet's tuner model: puts GateNet layers in place of the targeted linear layers.

It knows PEFT's injection protocol and nothing about gates.
"""

from __future__ import annotations

from typing import Any

from peft.tuners.tuners_utils import BaseTuner, BaseTunerLayer
from peft.utils import TRANSFORMERS_MODELS_TO_LORA_TARGET_MODULES_MAPPING
from torch import nn

from quantum.adapters.gatenet.config import GateNetConfig
from quantum.adapters.gatenet.layer import GateNetLayer, GateNetLinear

__all__ = ["GateNetModel"]


class GateNetModel(BaseTuner):
    """A model with GateNet adapters, made by ``peft.get_peft_model``."""

    prefix: str = "gatenet_"
    tuner_layer_cls = GateNetLayer
    target_module_mapping: Any = TRANSFORMERS_MODELS_TO_LORA_TARGET_MODULES_MAPPING

    def _create_and_replace(  # type: ignore[override]
        self,
        peft_config: GateNetConfig,
        adapter_name: str,
        target: nn.Module,
        target_name: str,
        parent: nn.Module,
        current_key: str,
        **optional_kwargs: Any,
    ) -> None:
        if isinstance(target, GateNetLayer):
            target.update_layer(adapter_name, peft_config)
            return
        if isinstance(target, BaseTunerLayer):
            raise TypeError(
                f"{current_key} carries another kind of adapter; GateNet cannot join it."
            )
        new_module = GateNetLinear(target, adapter_name, peft_config)
        if adapter_name != self.active_adapter:
            # An additional adapter is not trainable until it is made active.
            new_module.requires_grad_(False)
        self._replace_module(parent, target_name, new_module, target)
