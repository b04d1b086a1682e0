"""The training loop of a preference run: that of every run, with another loss and more numbers.

Why not TRL's DPOTrainer: our adapters, checkpoints that resume to the bit, events, number formats
and stops live in this loop, and the loss is a line. `benchmarks/preference_peer.py` compares the
two step by step.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from finetune.training.config import RunConfig
from finetune.training.dialogues.order import RunOrder
from finetune.training.loop.trainer import DialogueTrainer

from .log_probs import reply_log_probs
from .loss import Rewards, preference_loss
from .pairs import Pair, collate_pairs, in_batches
from .reference import Reference, adapter_off


@dataclass(frozen=True)
class PairsHeldOut:
    """Means over held-out pairs."""

    loss: float
    rewards: Rewards
    tokens: int

    @property
    def values(self) -> dict[str, Any]:
        """As the log's evaluation has them; the accuracy is that of the rewards."""
        named = self.rewards.named()
        return {
            "validation_loss": self.loss,
            "validation_accuracy": named["rewards/accuracies"],
            "validation_tokens": self.tokens,
            **self.rewards.named("validation_"),
        }


class PreferenceTrainer(DialogueTrainer):
    """Trains an adapter on pairs of replies. Nothing is dropped out, as in TRL: the reference
    would otherwise be compared with another network in each step."""

    collate = staticmethod(collate_pairs)

    def __init__(self, *, model: Any, config: RunConfig, train: Any, **others: Any) -> None:
        for part in model.modules():
            if isinstance(part, nn.Dropout):
                part.p = 0.0
        super().__init__(model=model, config=config, train=train, **others)
        self._ways.pop("fused")  # that kernel gives one sum for all
        self._rewards = Rewards()

    def train(self, *args: Any, **kwargs: Any) -> Any:
        """Ask the reference, then train.

        Raises:
            StopRequested: a request, a signal or a dead parent, seen between batches.
        """
        self.take_reference()
        return super().train(*args, **kwargs)

    def take_reference(self) -> None:
        """Give every pair of this run the reference's numbers. The model is as at the start."""
        assert isinstance(self.train_dataset, RunOrder)
        base, start = self.config.base_model, self.config.start_adapter
        parts = (self.train_dataset.used(), self.validation)
        size = self.config.batch_size
        reference = Reference(self.folder.parent, f"{base}/{start}", parts, size=size, pad=self.pad)
        self.adapted.eval()
        with torch.no_grad(), adapter_off(self.adapted, off=not start):
            computed = reference.take(lambda batch: self._log_probs(batch)[0], self._look)
        self.adapted.train()
        if computed:
            what = "the adapter that it goes on from" if start else "the base, with the adapter off"
            words = f"The reference is {what}: {computed:,} pairs of replies were read with it."
            self.log_events.emit("log", words, {"reference_pairs": computed})

    # One step

    def compute_loss(
        self,
        model: Any,
        inputs: dict[str, torch.Tensor],
        return_outputs: bool = False,
        num_items_in_batch: torch.Tensor | int | None = None,
    ) -> torch.Tensor:
        """Return this batch's share of the step's mean loss over pairs."""
        loss, rewards, labels = self._loss(inputs)
        self._rewards += rewards
        self._labels += labels
        self._step_tokens += inputs["input_ids"].numel()
        return loss / self.config.gradient_accumulation

    def _loss(self, inputs: dict[str, torch.Tensor]) -> tuple[torch.Tensor, Rewards, int]:
        """A batch's mean loss, its rewards and the tokens of its replies."""
        learned, counts = self._log_probs(inputs)
        reference = inputs["reference"].to(learned.device)
        losses, rewards = preference_loss(learned, reference, self.config.beta)
        loss = losses.mean()
        if weight := self.config.sft_weight:
            chosen = len(losses)
            loss = loss - weight * learned[:chosen].sum() / sum(counts[:chosen])
        return loss, rewards, sum(counts)

    def _log_probs(self, inputs: dict[str, torch.Tensor]) -> tuple[torch.Tensor, list[int]]:
        device = next(self.adapted.parameters()).device
        ids, labels = (inputs[name].to(device) for name in ("input_ids", "labels"))
        with self.precision.autocast(device):
            return reply_log_probs(self.adapted, ids, labels, **self._ways)

    def step_values(self) -> dict[str, Any]:
        """The rewards of the step that has just ended; the accuracy is theirs."""
        named, self._rewards = self._rewards.named(), Rewards()
        return {"train_accuracy": named["rewards/accuracies"], **named}

    # Evaluation

    def held_out(self) -> PairsHeldOut:
        """Measure the model on the held-out pairs, in the batches that the reference read."""
        total, tokens, rewards = 0.0, 0, Rewards()
        pairs: list[Pair] = list(self.validation)
        for batch in in_batches(pairs, self.config.batch_size):
            self._look()
            with torch.no_grad():
                loss, those, labels = self._loss(collate_pairs(batch, pad=self.pad))
            total += float(loss) * len(batch)
            tokens += labels
            rewards += those
        return PairsHeldOut(total / max(1, len(pairs)), rewards, tokens)
