"""QTHA's tuner model: puts QTHA layers in place of the targeted linear layers.

It knows PEFT's injection protocol and nothing about circuits.
"""

from __future__ import annotations

from typing import Any

from peft.tuners.tuners_utils import BaseTuner, BaseTunerLayer
from peft.utils import TRANSFORMERS_MODELS_TO_LORA_TARGET_MODULES_MAPPING
from torch import nn

from quantum.adapters.qtha.config import QTHAConfig
from quantum.adapters.qtha.layer import QTHALayer, QTHALinear
from quantum.exceptions import MergeNotPossibleError

__all__ = ["QTHAModel"]


class QTHAModel(BaseTuner):
    """A model with QTHA adapters, made by ``peft.get_peft_model``."""

    prefix: str = "qtha_"
    tuner_layer_cls = QTHALayer
    target_module_mapping: Any = TRANSFORMERS_MODELS_TO_LORA_TARGET_MODULES_MAPPING

    def _create_and_replace(  # type: ignore[override]
        self,
        peft_config: QTHAConfig,
        adapter_name: str,
        target: nn.Module,
        target_name: str,
        parent: nn.Module,
        current_key: str,
        **optional_kwargs: Any,
    ) -> None:
        if isinstance(target, QTHALayer):
            target.update_layer(adapter_name, peft_config)
            return
        if isinstance(target, BaseTunerLayer):
            raise TypeError(f"{current_key} carries another kind of adapter; QTHA cannot join it.")
        new_module = QTHALinear(target, adapter_name, peft_config)
        if adapter_name != self.active_adapter:
            # An additional adapter is not trainable until it is made active.
            new_module.requires_grad_(False)
        self._replace_module(parent, target_name, new_module, target)

    def _check_merge_allowed(self) -> None:
        """Refuse before the first weight is touched.

        Raises:
            MergeNotPossibleError: An active adapter is not linear.
        """
        super()._check_merge_allowed()  # type: ignore[no-untyped-call]
        for name in self.active_adapters:
            config = self.peft_config[name]
            variant = config.variant if isinstance(config, QTHAConfig) else "AB"
            if variant != "AB":
                raise MergeNotPossibleError(
                    f"Adapter {name!r} is QTHA variant {variant}, which is nonlinear in the "
                    "layer's input (circuit or SiLU network), so it cannot be merged into the "
                    "base weights. Serve it beside the base model; variant AB merges."
                )
