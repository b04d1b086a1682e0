"""What transformers' Trainer is told: its arguments, and after each step what to do next.

Knows nothing of losses, events or files: `trainer` does the work.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from finetune.training.config import RunConfig
from finetune.training.devices.group import Group
from finetune.training.watch.stopping import best_step, ends_early

from . import randomness


def training_arguments(config: RunConfig, folder: Path, group: Group) -> TrainingArguments:
    """Translate a run's settings for Trainer.

    When to log, save and evaluate is ours to say, and the learning rate's way (`schedule`) too.
    accelerate deals batches out in turn, so processes that take smaller ones share a run's.
    """
    return TrainingArguments(
        output_dir=str(folder),
        per_device_train_batch_size=config.batch_size // group.count,
        gradient_accumulation_steps=config.gradient_accumulation,
        max_steps=config.steps,
        learning_rate=config.learning_rate,
        weight_decay=config.weight_decay,
        max_grad_norm=config.max_grad_norm,
        optim="adamw_torch",
        seed=config.seed,
        train_sampling_strategy="sequential",  # RunOrder has shuffled already
        remove_unused_columns=False,
        logging_strategy="no",
        eval_strategy="no",
        save_strategy="no",
        logging_nan_inf_filter=False,
        disable_tqdm=True,
        report_to="none",
        dataloader_pin_memory=False,
        bf16=False,
        use_cpu=not group.alone and not torch.cuda.is_available(),
        ddp_broadcast_buffers=False,  # they are the same everywhere, and follow from the weights
    )


class EndedEarly(Exception):
    """The run that is gone on with had come to its early end already."""


class Steps(TrainerCallback):
    """Says after each step whether to log, evaluate, save or leave."""

    trainer: Any

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Evaluate before the first step, or what a stop left out before a resume.

        Raises:
            EndedEarly: that evaluation was the last one.
        """
        if self.trainer.evaluates(state.global_step):
            self.trainer.evaluate()
        if self.trainer.ended_early:
            raise EndedEarly

    def on_evaluate(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Save the best step so far; end the run where it was long without a better one."""
        trainer, step = self.trainer, state.global_step
        losses = trainer.log_events.held_out_losses
        if best_step(losses, step) == step:
            control.should_save = True
        patience = trainer.config.early_stopping
        if step < trainer.config.steps and ends_early(losses, step, patience):
            trainer.ended_early = True
            control.should_training_stop = True

    def on_step_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        self.trainer.clock.step_starts()
        self.trainer.before_step = randomness.snapshot()

    def on_optimizer_step(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Look at the new weights before anything is measured with them or kept."""
        self.trainer.finite.weights(state.global_step + 1)

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        trainer = self.trainer
        trainer.before_step = None
        step = state.global_step
        control.should_log = True
        trainer.stop = trainer.group.agreed(trainer.supervision.reason)
        if step >= trainer.config.steps:
            trainer.stop = None  # it is done anyway
            control.should_training_stop = True
        elif trainer.stop is not None:
            control.should_training_stop = True
        control.should_evaluate = trainer.stop is None and trainer.evaluates(step)
        control.should_save = (
            trainer.stop is not None
            or step % trainer.config.save_every == 0
            or step == trainer.config.steps
        )
