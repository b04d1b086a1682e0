"""The number format that models are kept in while they are served."""

import logging

import torch

from finetune.training.computing.precision import precision_of

logger = logging.getLogger("engine")


def dtype_of(device: torch.device, asked: str) -> torch.dtype:
    """What is asked for, or for "auto" what a trainer would choose here, too.

    Says in the log what was chosen and why: the same assistant is several times faster in one than
    in the other, and its replies are not the same to the letter.
    """
    chosen = precision_of(asked, device)
    logger.info("computes in %s on %s: %s", chosen.name, device, chosen.why)
    return chosen.dtype()
