"""The training loop: transformers' Trainer with our loss, events and checkpoints.

Why Trainer and not TRL's SFTTrainer: SFTTrainer's gain is its data preparation, and that is
the part that does not fit. Its `assistant_only_loss` needs `{% generation %}` marks, which the
stored templates of GGUF models lack, it knows no turn weights, and its data goes through a
`datasets` table. With data prepared here both classes are overridden in the same places
(loss, evaluation, checkpoint), and Trainer brings less along.
"""

from __future__ import annotations

import math
import time
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import torch
from transformers import Trainer, TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from finetune.training import checkpoints
from finetune.training.args import RunConfig
from finetune.training.data import Example, RunOrder, collate
from finetune.training.events import EventLog
from finetune.training.exceptions import NonFiniteLoss
from finetune.training.metrics import Clock, mean, selects_labels, token_loss
from finetune.training.model import prompt_messages, reply
from finetune.training.supervision import Stop, Supervision
from quantum.adapters.qtha.report import CircuitReport, circuit_report

RUN_STATE = "wukong_state.json"


def training_arguments(config: RunConfig, folder: Path) -> TrainingArguments:
    """Translate a run's settings for Trainer; when to log, save and evaluate is ours to say."""
    return TrainingArguments(
        output_dir=str(folder),
        per_device_train_batch_size=config.batch_size,
        gradient_accumulation_steps=config.gradient_accumulation,
        max_steps=config.steps,
        learning_rate=config.learning_rate,
        lr_scheduler_type=config.scheduler,
        warmup_steps=math.ceil(config.warmup_ratio * config.steps),
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
    )


class DialogueTrainer(Trainer):
    """Trains an adapter on dialogues and writes what happens to the event log.

    Args:
        model: base with adapter.
        tokenizer: the base's tokenizer.
        config: the run's settings.
        train: encoded dialogues.
        validation: encoded held-out dialogues; may be empty.
        log: the run's event log.
        supervision: whether to leave early.
        folder: where checkpoints go.
        clock: the run's clock.
        trained_tokens: labelled tokens earlier trainers of this run learned from.
    """

    def __init__(
        self,
        *,
        model: Any,
        tokenizer: Any,
        config: RunConfig,
        train: list[Example],
        validation: list[Example],
        log: EventLog,
        supervision: Supervision,
        folder: Path,
        clock: Clock,
        trained_tokens: int = 0,
    ) -> None:
        count = config.steps * config.dialogues_per_step
        order = RunOrder(train, count=count, batch_size=config.batch_size, seed=config.seed)
        pad = tokenizer.pad_token_id or 0
        steps = _Steps()
        super().__init__(
            model=model,
            args=training_arguments(config, folder),
            train_dataset=order,
            data_collator=partial(collate, pad=pad),
            callbacks=[steps],
        )
        steps.trainer = self
        self.model_accepts_loss_kwargs = True  # labels are counted over the whole step
        self.config = config
        self.adapted: Any = model
        self.tokenizer = tokenizer
        self.validation = validation[: config.eval_dialogues]
        self.log_events = log
        self.supervision = supervision
        self.folder = folder
        self.clock = clock
        self.trained_tokens = trained_tokens
        self.epoch_dialogues = len(train)
        self.stop: Stop | None = None
        self.last_evaluation: float | None = None
        self._pad = pad
        self._at_labels = selects_labels(model)
        self._correct = 0
        self._labels = 0
        self._step_tokens = 0
        self._circuit: CircuitReport | None = None
        self._saving_to: Path | None = None

    # One step

    def compute_loss(
        self,
        model: Any,
        inputs: dict[str, torch.Tensor],
        return_outputs: bool = False,
        num_items_in_batch: torch.Tensor | int | None = None,
    ) -> torch.Tensor:
        """Return this batch's share of the step's mean loss over labelled tokens."""
        loss = token_loss(model, inputs["input_ids"], inputs["labels"], at_labels=self._at_labels)
        self._correct += loss.correct
        self._labels += loss.count
        self._step_tokens += inputs["input_ids"].numel()
        return loss.total / (num_items_in_batch if num_items_in_batch is not None else loss.count)

    def training_step(
        self,
        model: Any,
        inputs: dict[str, torch.Tensor],
        num_items_in_batch: torch.Tensor | int | None = None,
    ) -> torch.Tensor:
        """Run forward and backward; read the circuit's gradient before it is clipped.

        Raises:
            NonFiniteLoss: the loss is infinite or not a number.
        """
        loss: torch.Tensor = super().training_step(model, inputs, num_items_in_batch)
        if not torch.isfinite(loss):
            step = self.state.global_step + 1
            raise NonFiniteLoss(
                f"The loss became {loss.item()} at step {step}. The learning rate "
                f"({self.config.learning_rate:g}) is probably too high: try a third of it."
            )
        if self.accelerator.sync_gradients:
            self._circuit = circuit_report(model)
        return loss

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        """Write the step's metrics event (Trainer calls this per step, and once at its end)."""
        if "loss" not in logs:
            return
        step = self.state.global_step
        config = self.config
        spent = self.clock.step_ends()
        self.trained_tokens += self._labels
        memory = psutil.Process().memory_info().rss
        if torch.cuda.is_available():
            memory += torch.cuda.max_memory_allocated()
        data = {
            "step": step,
            "total_steps": config.steps,
            "epoch": round(step * config.dialogues_per_step / self.epoch_dialogues, 4),
            "train_loss": logs["loss"],
            "train_accuracy": mean(self._correct, self._labels),
            "learning_rate": logs["learning_rate"],
            "grad_norm": logs.get("grad_norm"),
            "tokens_per_second": round(self._step_tokens / max(spent, 1e-9), 1),
            "trained_tokens": self.trained_tokens,
            "memory_mb": round(memory / 2**20),
            "circuit_gradient_variance": (
                self._circuit.gradient_variance if self._circuit else None
            ),
            "circuit_gradient_norm": (self._circuit.gradient_norm if self._circuit else None),
            "seconds_left": self._seconds_left(step),
        }
        self.log_events.emit(
            "metrics", f"step {step} of {config.steps}: loss {logs['loss']:.4f}", data
        )
        self._correct = self._labels = self._step_tokens = 0
        self.control.should_log = False

    def _seconds_left(self, step: int) -> float | None:
        left = sum(self.evaluates(later) for later in range(step, self.config.steps + 1))
        seconds = self.clock.seconds_left(step, left)
        return None if seconds is None else round(seconds, 1)

    # Evaluation

    def evaluates(self, step: int) -> bool:
        """Tell whether the run evaluates after this step."""
        every = self.config.eval_every
        return bool(self.validation) and (
            step in (0, self.config.steps) or (every > 0 and step % every == 0)
        )

    def evaluate(self, *args: Any, **kwargs: Any) -> dict[str, float]:
        """Measure held-out loss and accuracy, answer the sample prompts, log both.

        Raises:
            StopRequested: a request, a signal or a dead parent, seen between batches.
        """
        step = self.state.global_step
        started = time.monotonic()
        self.adapted.eval()
        if not self.log_events.has("evaluation", step):
            self._measure(step)
        for index, prompt in enumerate(self.config.sample_prompts):
            if self.config.sample_tokens and not self.log_events.has("sample", step, index):
                self.supervision.check()
                messages = prompt_messages(prompt, self.config.system_prompt)
                text = reply(self.model, self.tokenizer, messages, tokens=self.config.sample_tokens)
                data = {"step": step, "index": index, "prompt": prompt, "reply": text}
                self.log_events.emit("sample", f"sample reply after step {step}", data)
        self.adapted.train()
        self.clock.evaluation_took(time.monotonic() - started)
        self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, {})
        return {}

    def _measure(self, step: int) -> None:
        total, correct, count = 0.0, 0, 0
        size = self.config.batch_size
        ordered = sorted(self.validation, key=lambda example: len(example.input_ids))
        for start in range(0, len(ordered), size):
            self.supervision.check()
            batch = collate(ordered[start : start + size], pad=self._pad)
            with torch.no_grad():
                loss = token_loss(
                    self.model,
                    batch["input_ids"].to(self.args.device),
                    batch["labels"].to(self.args.device),
                    at_labels=self._at_labels,
                )
            total += float(loss.total)
            correct += loss.correct
            count += loss.count
        self.last_evaluation = mean(total, count)
        data = {
            "step": step,
            "validation_loss": self.last_evaluation,
            "validation_accuracy": mean(correct, count),
            "validation_tokens": count,
        }
        what = "before training" if step == 0 else f"after step {step}"
        self.log_events.emit("evaluation", f"held-out loss {self.last_evaluation:.4f} {what}", data)

    # Checkpoints

    def save_now(self) -> None:
        """Write a checkpoint of the last finished step, if there is none yet."""
        step = self.state.global_step
        if step and not checkpoints.is_intact(self.folder / f"checkpoint-{step}"):
            self._save_checkpoint(self.model, None)

    def _get_output_dir(self, trial: Any) -> str:
        return str(self._saving_to or self.folder)

    def _save(self, output_dir: str | None = None, state_dict: Any = None) -> None:
        """Save the adapter alone: the base, its tokenizer and our settings are kept elsewhere."""
        self.adapted.save_pretrained(output_dir or str(self.folder))

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        """Let Trainer write into a hidden folder, add our state, and rename it when whole."""
        step = self.state.global_step
        name = f"checkpoint-{step}"
        self._saving_to = checkpoints.partial_folder(self.folder)
        try:
            super()._save_checkpoint(model, trial)
            self.log_events.sync()  # a checkpoint never runs ahead of the log
            partial_ = self._saving_to / name
            (partial_ / RUN_STATE).write_text(
                f'{{"step": {step}, "seq": {self.log_events.last_seq}, '
                f'"trained_tokens": {self.trained_tokens}, "seconds": {self.clock.seconds:.1f}}}\n'
            )
            checkpoints.seal(partial_, self.folder / name)
        finally:
            self._saving_to = None
        checkpoints.prune(self.folder)
        data = {"step": step, "path": f"checkpoints/{name}"}
        self.log_events.emit("checkpoint", f"checkpoint after step {step}", data)


class _Steps(TrainerCallback):
    """Says after each step whether to log, evaluate, save or leave."""

    trainer: DialogueTrainer

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Evaluate before the first step, or what a stop left out before a resume."""
        if self.trainer.evaluates(state.global_step):
            self.trainer.evaluate()

    def on_step_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        self.trainer.clock.step_starts()

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        trainer = self.trainer
        step = state.global_step
        control.should_log = True
        trainer.stop = trainer.supervision.reason()
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
