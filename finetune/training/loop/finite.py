"""Numbers of a run that must be finite, looked at before they are applied or kept.

What is not finite cannot be learned from: one such number spreads into every weight within two
steps, and a checkpoint that holds one is worth nothing. So the run stops, and says what to change.

Knows nothing of the training loop, of files or of the event log.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import torch
from peft import get_peft_model_state_dict
from torch.nn.utils import get_total_norm

from finetune.training.config import RunConfig
from finetune.training.exceptions import NonFiniteLoss
from finetune.training.log.sentences import Sentence, joined, sentence
from finetune.training.watch.advice import lower_rate


def all_finite(tensors: Iterable[torch.Tensor]) -> bool:
    """Tell whether every number is finite, in one pass and with one look at the device.

    The largest absolute value is taken, not a sum: a sum of large finite numbers may overflow.
    """
    return math.isfinite(float(get_total_norm(list(tensors), math.inf)))


def not_finite(tensors: dict[str, torch.Tensor]) -> str:
    """Return the name of the first tensor with a number that is not finite, or an empty text."""
    for name, tensor in tensors.items():
        if tensor.is_floating_point() and not bool(torch.isfinite(tensor).all()):
            return name
    return ""


class FiniteChecks:
    """What is looked at in one run, and what its messages propose.

    Args:
        model: base with adapter.
        config: the run's settings.
    """

    def __init__(self, model: Any, config: RunConfig) -> None:
        self._model = model
        self._config = config
        self._weights = [item for item in model.parameters() if item.requires_grad]

    def loss(self, value: torch.Tensor, step: int) -> None:
        """Look at a batch's loss. Raises NonFiniteLoss."""
        if not math.isfinite(number := float(value)):
            raise self._found(
                sentence(
                    "The loss became %(number)s at step %(step)s.", number=str(number), step=step
                ),
                step,
            )

    def gradient(self, norm: float, step: int) -> None:
        """Look at the length of the gradient before the step is taken. Raises NonFiniteLoss."""
        if not math.isfinite(norm):
            raise self._found(
                sentence(
                    "The gradient became %(norm)s at step %(step)s; it was not applied.",
                    norm=str(norm),
                    step=step,
                ),
                step,
            )

    def weights(self, step: int) -> None:
        """Look at what the optimizer has just written. Raises NonFiniteLoss."""
        if not all_finite(self._weights):
            raise self._found(
                sentence(
                    "Weights of the adapter became infinite or no numbers at step %(step)s; they "
                    "were not kept.",
                    step=step,
                )
            )

    def kept(self, step: int, optimizer: torch.optim.Optimizer | None = None) -> None:
        """Look at all that a checkpoint or an adapter would hold. Raises NonFiniteLoss."""
        name = not_finite(get_peft_model_state_dict(self._model, save_embedding_layers=False))
        if not name and optimizer is not None:
            moments = [
                value
                for state in optimizer.state.values()
                for value in state.values()
                if isinstance(value, torch.Tensor)
            ]
            name = "" if all_finite(moments) else "the optimizer's state"
        if name:
            raise self._found(
                sentence(
                    "After step %(step)s, %(name)s holds numbers that are not finite; nothing of "
                    "it was kept.",
                    step=step,
                    name=name,
                )
            )

    def evaluation(self, loss: float, step: int) -> None:
        """Look at the held-out loss. Raises NonFiniteLoss."""
        if math.isfinite(loss):
            return
        words = (
            sentence(
                "The held-out loss became %(loss)s after step %(step)s.", loss=str(loss), step=step
            )
            if step
            else sentence("The held-out loss is %(loss)s before training.", loss=str(loss))
        )
        raise self._found(words, step + 1)

    def _found(self, words: Sentence, step: int | None = None) -> NonFiniteLoss:
        """The error, with what to change; in the first step nothing has been learned yet."""
        if step is not None and step <= 1:
            return NonFiniteLoss(joined(words, self._not_the_rate()))
        return NonFiniteLoss(joined(words, self._too_high()), lower_rate(self._config).changes)

    def _too_high(self) -> Sentence:
        rate = self._config.learning_rate
        advice = sentence(
            "The learning rate (%(now)s) is probably too high: try %(rate)s (learning_rate) in a "
            "new run.",
            now=f"{rate:g}",
            rate=f"{rate / 3:.2g}",
        )
        if self._config.max_grad_norm:
            return advice
        return joined(advice, sentence("And limit the gradient: try 1 (max_grad_norm)."))

    def _not_the_rate(self) -> Sentence:
        """Before the first step nothing has been learned, so the weights are the given ones."""
        source = "start_adapter" if self._config.start_adapter else "adapter_options"
        return sentence(
            "Nothing was learned yet, so it is not the learning rate that is too high: the base "
            "model itself gives such numbers in %(format)s, or the adapter does. Try another base "
            "model (base_model), or leave out %(source)s.",
            format=str(self._dtype).removeprefix("torch."),
            source=source,
        )

    @property
    def _dtype(self) -> torch.dtype:
        dtype: torch.dtype = next(self._model.parameters()).dtype
        return dtype
