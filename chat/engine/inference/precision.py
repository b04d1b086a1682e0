"""The number format that models are kept in while they are served."""

import logging

import torch

from quantum.processor import multiplies_bfloat16

logger = logging.getLogger("engine")


def dtype_of(device: torch.device, asked: str) -> torch.dtype:
    """`asked`, or for "auto" bfloat16 where the device multiplies in it, else float32.

    Says in the log what was chosen and why: the same assistant is several times faster in one than
    in the other, and its replies are not the same to the letter.
    """
    if asked != "auto":
        logger.info("computes in %s on %s, as asked", asked, device)
        return torch.bfloat16 if asked == "bfloat16" else torch.float32
    if device.type == "cuda":
        fast, why = torch.cuda.is_bf16_supported(), "the GPU has units for it"
    else:
        fast, why = multiplies_bfloat16(), "the processor has AMX"
    if fast:
        logger.info("computes in bfloat16 on %s: %s", device, why)
        return torch.bfloat16
    logger.info("computes in float32 on %s: it has no units for bfloat16", device)
    return torch.float32
