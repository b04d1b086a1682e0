"""What our PEFT tuners have in common: targets in the config, a wrapped linear layer, injection.

It knows PEFT's rules for tuners and nothing about any particular adapter.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, TypeVar, cast

import torch
from peft import PeftConfig
from peft.tuners.tuners_utils import BaseTuner, BaseTunerLayer, check_adapters_to_merge
from peft.utils import TRANSFORMERS_MODELS_TO_LORA_TARGET_MODULES_MAPPING
from torch import Tensor, nn

Cell = TypeVar("Cell", bound=nn.Module)


def described(default: Any, text: str) -> Any:
    """A config's field with its help text; a list or dictionary is made anew for each config."""
    metadata = {"help": text}
    if isinstance(default, list | dict):
        return field(default_factory=default.copy, metadata=metadata)
    return field(default=default, metadata=metadata)


@dataclass
class TargetedConfig(PeftConfig):
    """A config with PEFT's usual ways to choose linear layers."""

    target_modules: list[str] | str | None = described(
        None, "Names of the linear layers to adapt, or a regex."
    )
    exclude_modules: list[str] | str | None = described(
        None, "Names of linear layers to leave out, or a regex."
    )
    layers_to_transform: list[int] | int | None = described(
        None, "Indexes of the blocks to adapt; all by default."
    )
    layers_pattern: list[str] | str | None = described(
        None, "Name of the module list that the indexes count."
    )
    modules_to_save: list[str] | None = described(None, "Modules trained in full and saved along.")

    def __post_init__(self) -> None:
        super().__post_init__()  # type: ignore[no-untyped-call]
        for name in ("target_modules", "exclude_modules"):
            value: Any = getattr(self, name)
            if isinstance(value, list):
                setattr(self, name, set(value))


class LinearTunerLayer(nn.Module, BaseTunerLayer, Generic[Cell]):
    """A linear layer with an adapter: one cell per adapter name.

    Subclasses name their container of cells first in ``adapter_layer_names``, give ``make_cell``
    and ``forward``, and say how a weight is merged and unmerged.

    Args:
        base_layer: The layer to wrap.
        adapter_name: The first adapter's name.
        config: Its configuration.
        more: Further arguments of ``update_layer``.

    Raises:
        TypeError: The base layer is not linear.
    """

    title: ClassVar[str]
    adapter_layer_names: tuple[str, ...]

    def __init__(self, base_layer: nn.Module, adapter_name: str, config: Any, *more: Any) -> None:
        super().__init__()
        self.base_layer = base_layer
        for name in self.adapter_layer_names:
            setattr(self, name, nn.ModuleDict({}))
        self._disable_adapters = False
        self.merged_adapters: list[str] = []
        layer = self.get_base_layer()
        if not isinstance(layer, nn.Linear):
            raise TypeError(
                f"{self.title} adapts torch.nn.Linear only, got {type(layer).__name__}."
            )
        self.in_features, self.out_features = layer.in_features, layer.out_features
        self._active_adapter = adapter_name
        self.update_layer(adapter_name, config, *more)

    @property
    def cells(self) -> nn.ModuleDict:
        """The cells by adapter name."""
        return cast("nn.ModuleDict", getattr(self, self.adapter_layer_names[0]))

    def cell(self, adapter_name: str) -> Cell:
        """The cell of an adapter."""
        return cast("Cell", self.cells[adapter_name])

    def make_cell(self, config: Any) -> Cell:
        """A new cell for this layer."""
        raise NotImplementedError

    def update_layer(self, adapter_name: str, config: Any, *more: Any) -> None:
        """Add a cell under an adapter name, on the base layer's device, in float32 at least."""
        self.cells[adapter_name] = self.make_cell(config)
        self._move_adapter_to_device_of_base_layer(adapter_name)
        cell = self.cell(adapter_name)
        if next(cell.parameters()).dtype in (torch.float16, torch.bfloat16):
            cell.float()  # circuits and small changes of gates need more than 8 bits of mantissa
        self.set_adapter(self.active_adapters, inference_mode=config.inference_mode)

    def cells_to_apply(self) -> list[Cell]:
        """The active adapters' cells in their order; none where they are disabled or merged."""
        if self.disable_adapters and self.merged:
            self.unmerge()
        if self.disable_adapters or self.merged:
            return []
        return [self.cell(name) for name in self.active_adapters if name in self.cells]

    def _merged(self, adapter: str, weight: Tensor) -> Tensor:
        """The weight with an adapter in it."""
        raise NotImplementedError

    def _unmerged(self, adapter: str, weight: Tensor) -> Tensor:
        """The weight with an adapter taken out."""
        raise NotImplementedError

    def _check_merged(self, adapter: str, merged: Tensor) -> None:
        """Refuse a merged weight.

        Raises:
            ValueError: It has values that are not finite.
        """
        if not torch.isfinite(merged).all():
            raise ValueError(f"Adapter {adapter} is broken: merged weights are not finite.")

    def _base_weight(self) -> nn.Parameter:
        weight = self.get_base_layer().weight
        assert isinstance(weight, nn.Parameter)
        return weight

    def _base(self, x: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        """The base layer's output."""
        output: Tensor = self.base_layer(x, *args, **kwargs)
        return output

    def merge(self, safe_merge: bool = False, adapter_names: list[str] | None = None) -> None:
        """Fold adapters, by default the active ones, into the base weight.

        Raises:
            ValueError: With ``safe_merge``, the merged weight cannot be used.
        """
        for name in check_adapters_to_merge(self, adapter_names) or []:
            if name not in self.cells:
                continue
            weight = self._base_weight()
            merged = self._merged(name, weight.data)
            if safe_merge:
                self._check_merged(name, merged)
            weight.data = merged
            self.merged_adapters.append(name)

    def unmerge(self) -> None:
        """Take all merged adapters out of the base weight again, the last one first."""
        if not self.merged:
            warnings.warn("Already unmerged. Nothing to do.", stacklevel=2)
            return
        while self.merged_adapters:
            weight = self._base_weight()
            weight.data = self._unmerged(self.merged_adapters[-1], weight.data)
            self.merged_adapters.pop()

    def __repr__(self) -> str:
        return f"{self.title.lower()}." + super().__repr__()


class LinearTuner(BaseTuner):
    """A model with adapters on its linear layers, made by ``peft.get_peft_model``."""

    tuner_layer_cls: type[LinearTunerLayer[Any]]
    target_module_mapping: Any = TRANSFORMERS_MODELS_TO_LORA_TARGET_MODULES_MAPPING

    def _more(self, config: Any, key: str) -> tuple[Any, ...]:
        """Further arguments for the layer of that name."""
        return ()

    def _create_and_replace(  # type: ignore[override]
        self,
        peft_config: Any,
        adapter_name: str,
        target: nn.Module,
        target_name: str,
        parent: nn.Module,
        current_key: str,
        **optional_kwargs: Any,
    ) -> None:
        more = self._more(peft_config, current_key)
        kind = self.tuner_layer_cls
        if isinstance(target, kind):
            target.update_layer(adapter_name, peft_config, *more)
            return
        if isinstance(target, BaseTunerLayer):
            raise TypeError(
                f"{current_key} carries another kind of adapter; {kind.title} cannot join it."
            )
        new_module = kind(target, adapter_name, peft_config, *more)
        if adapter_name != self.active_adapter:
            # An additional adapter is not trainable until it is made active.
            new_module.requires_grad_(False)
        self._replace_module(parent, target_name, new_module, target)
