"""The number format of a model's large products: as asked, or by what the device has units for.

One rule for trainer and engine. They use the answer each in its way: the engine keeps its models in
that format; a trainer on a processor keeps its weights in float32 and casts what it multiplies.
Loads torch only where a GPU is asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from quantum.processor import multiplies_bfloat16

if TYPE_CHECKING:
    import torch

PRECISIONS = ("auto", "float32", "bfloat16")
AS_ASKED = "as asked"
AS_BEFORE = "an earlier version began it so"
AMX = "the processor has AMX"
NO_AMX = "the processor has no AMX"
GPU = "the GPU has units for it"
NO_GPU_UNITS = "the GPU has no units for bfloat16"
REASONS = (AS_ASKED, AS_BEFORE, AMX, NO_AMX, GPU, NO_GPU_UNITS)


@dataclass(frozen=True)
class Precision:
    """A number format by its name in torch, `float32` or `bfloat16`, and why it was chosen."""

    name: str
    why: str

    def dtype(self) -> torch.dtype:
        """The same as torch's type."""
        import torch

        return torch.bfloat16 if self.name == "bfloat16" else torch.float32

    def weights(self, device: torch.device) -> torch.dtype:
        """What a trainer keeps the frozen weights in.

        A GPU gains half the memory from bfloat16. A processor keeps float32: what stands between
        the products is then computed in it, and the loss comes within 0.2 % of float32's.
        """
        import torch

        return torch.float32 if device.type == "cpu" else self.dtype()

    def autocast(self, device: torch.device) -> torch.autocast:
        """A block in which products are computed in this format, whatever the weights are."""
        import torch

        return torch.autocast(device.type, torch.bfloat16, enabled=self.name == "bfloat16")


def precision_of(asked: str, device: torch.device) -> Precision:
    """The format asked for, or for `auto` bfloat16 where the device multiplies in it.

    Without units for it bfloat16 is some forty times slower than float32 on a processor; with them
    it is several times as fast.

    Args:
        asked: one of `PRECISIONS`.
        device: what computes.
    """
    if asked != "auto":
        return Precision(asked, AS_ASKED)
    if device.type == "cuda":
        import torch

        if torch.cuda.is_bf16_supported():
            return Precision("bfloat16", GPU)
        return Precision("float32", NO_GPU_UNITS)
    return Precision("bfloat16", AMX) if multiplies_bfloat16() else Precision("float32", NO_AMX)
