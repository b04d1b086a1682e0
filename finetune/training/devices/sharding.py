"""A base that is spread over the devices of a run: each holds its part of every layer (FSDP2).

As a layer is about to compute, on the way forward and again on the way back, the devices give its
parts to one another, and forget them when it is done. Only the frozen base is spread. The adapter
is attached after that, is small, and stays whole on each device; so checkpoints, adapters and what
a run goes on from are the same as without.

transformers reads each device's part of the files and shards it (`DistributedConfig`). accelerate's
own FSDP would shard adapters and checkpoints too, and load the whole base first. Knows nothing of
adapters or of the training loop.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import torch
from torch import nn
from torch.distributed.fsdp import FSDPModule

T = TypeVar("T")
FREED = "free_full_weight"  # forgotten after the layer, asked for again on the way back


class _ByLayer:
    """How a causal language model is sharded: layer by layer, the rest with the model itself.

    transformers' plan for a model of its own names embedding, norm and output layer one by one, and
    has a tied output layer twice in memory.
    """

    @classmethod
    def maybe_distribute_model(cls, model: Any, *more: Any) -> Any:
        """Shard a model whose weights are not read yet (called by `from_pretrained`)."""
        model.tie_weights()
        model.fsdp_plan = {f"{name_of_layers(model)}.*": FREED}
        model = super().maybe_distribute_model(model, *more)  # type: ignore[misc]
        model._tp_size = None  # it says 1, and PEFT would take the whole base into each file
        return model


def load_sharded(base_model: str, dtype: torch.dtype, count: int, **more: Any) -> Any:
    """Load this process's part of a base; all processes of the run have to.

    Args:
        base_model: its folder or hub id.
        dtype: what its weights are kept in.
        count: processes that share it.
        more: for `from_pretrained`.

    Raises:
        OSError, ValueError: the base cannot be loaded.
    """
    from transformers import AutoConfig
    from transformers.distributed import DistributedConfig
    from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING

    config = AutoConfig.from_pretrained(base_model, trust_remote_code=False)
    kind = MODEL_FOR_CAUSAL_LM_MAPPING[type(config)]
    of_layers = type(kind.__name__, (_ByLayer, kind), {"__module__": kind.__module__})
    spread = DistributedConfig(fsdp_size=count)
    return of_layers.from_pretrained(
        base_model, config=config, dtype=dtype, distributed_config=spread, **more
    )


def is_sharded(causal: nn.Module) -> bool:
    """Tell whether a causal language model is spread over several processes."""
    return isinstance(causal, FSDPModule)


def gathered(causal: nn.Module, compute: Callable[[], T]) -> T:
    """Compute with a model while what belongs to no layer is whole: embedding, norm, output layer.

    FSDP2 gathers them as the model's own `forward` begins; we ask the decoder and the output layer
    one after the other. All processes have to come here alike.

    Args:
        causal: the causal language model, sharded or not.
        compute: computes with it.
    """
    if not isinstance(causal, FSDPModule):
        return compute()
    result = in_forward(causal, causal, compute)
    if not torch.is_grad_enabled():
        causal.reshard()  # else they are, at the end of the way back
    return result


def in_forward(outer: nn.Module, model: nn.Module, compute: Callable[[], T]) -> T:
    """Call `outer`, whose forward pass calls that of `model`, and compute in place of the latter.

    Args:
        outer: the model or its wrapper, with hooks before and after its forward pass.
        model: the model.
        compute: computes with the model.
    """

    def forward() -> T:
        del model.forward  # the class's own again, before anything is computed
        return compute()

    model.forward = forward
    result: T = outer()
    return result


def name_of_layers(model: nn.Module) -> str:
    """Return the name of a model's stack of layers: its longest list of modules.

    Raises:
        ValueError: it has none.
    """
    stacks = {
        name: len(module)
        for name, module in model.named_modules()
        if isinstance(module, nn.ModuleList)
    }
    if not stacks:
        raise ValueError("it has no stack of layers to spread over devices")
    return max(stacks, key=stacks.__getitem__)


def held_numbers(model: nn.Module) -> int:
    """Return how many numbers of a model's weights this process holds."""
    return sum(
        (item.to_local() if hasattr(item, "to_local") else item).numel()
        for item in model.parameters()
    )
