"""QTHA as a PEFT tuner; importing this module registers it with PEFT (harmless twice)."""

from __future__ import annotations

from quantum.adapters.peft_registration import register
from quantum.adapters.qtha.config import QTHAConfig
from quantum.adapters.qtha.layer import QTHALinear
from quantum.adapters.tuner import LinearTuner
from quantum.exceptions import MergeNotPossibleError

__all__ = ["QTHAConfig", "QTHALinear", "QTHAModel"]


class QTHAModel(LinearTuner):
    """A model with QTHA adapters, made by ``peft.get_peft_model``."""

    prefix: str = "qtha_"
    tuner_layer_cls = QTHALinear

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


register("qtha", QTHAConfig, QTHAModel)
