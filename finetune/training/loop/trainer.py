"""The training loop: transformers' Trainer with our loss, events and checkpoints.

Why Trainer and not TRL's SFTTrainer: its gain is its data preparation, which does not fit. Its
`assistant_only_loss` needs `{% generation %}` marks, which the stored templates of GGUF models
lack, and it knows no turn weights. With data prepared here both are overridden in the same places.
"""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import torch
from torch.optim.lr_scheduler import LambdaLR

from finetune.training.circuits.exchange import FolderRunner
from finetune.training.circuits.runners import circuits_taken
from finetune.training.computing.one_row import reads_one_row
from finetune.training.computing.precision import Precision
from finetune.training.config import RunConfig
from finetune.training.devices.group import Group, through
from finetune.training.dialogues.order import RunOrder, collate
from finetune.training.exceptions import ExplodedLoss
from finetune.training.log.events import EventLog
from finetune.training.supervision import Stop, Supervision
from finetune.training.watch.troubles import EXPLODING, Trouble, Watch
from quantum.adapters.report import CircuitReport, circuit_report

from .evaluation import held_out
from .finite import FiniteChecks
from .metrics import Clock, causal_of, mean, selects_labels, token_loss
from .samples import tell_samples
from .saving import SavingTrainer
from .schedule import rate_share
from .trainer_setup import Steps, training_arguments


class DialogueTrainer(SavingTrainer):
    """Trains an adapter on dialogues and writes what happens to the event log.

    Args:
        model: base with adapter; `tokenizer` is the base's.
        config: the run's settings.
        train: encoded dialogues.
        validation: the held-out ones; may be empty.
        log: the run's event log.
        supervision: whether to leave early.
        folder: where checkpoints go.
        clock: the run's clock.
        epoch_dialogues: usable dialogues of the whole file: an epoch is one pass over them.
        watch: what looks at each step and evaluation for what goes wrong.
        trained_tokens: labelled tokens earlier trainers of this run learned from.
        exchange: where the circuits go, if they run outside this process.
        precision: what the model's products are computed in, to learn and to evaluate; sample
            replies are computed in what the weights are kept in.
        fused: compute the output layer and its loss in one kernel (`computing.fused`).
        group: the processes that learn together, one for each device.
    """

    collate: Any = staticmethod(collate)

    def __init__(
        self,
        *,
        model: Any,
        tokenizer: Any,
        config: RunConfig,
        train: list[Any],
        validation: list[Any],
        log: EventLog,
        supervision: Supervision,
        folder: Path,
        clock: Clock,
        epoch_dialogues: int,
        watch: Watch,
        trained_tokens: int = 0,
        exchange: FolderRunner | None = None,
        precision: Precision,
        fused: bool,
        group: Group,
    ) -> None:
        count = config.steps * config.dialogues_per_step
        order = RunOrder(train, count=count, batch_size=config.batch_size, seed=config.seed)
        pad = tokenizer.pad_token_id or 0
        steps = Steps()
        super().__init__(
            model=model,
            args=training_arguments(config, folder, group),
            train_dataset=order,
            data_collator=partial(self.collate, pad=pad),
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
        self.exchange = exchange
        self.precision = precision
        self.group = group
        self.epoch_dialogues = epoch_dialogues
        self.finite = FiniteChecks(model, config)
        self.watch = watch
        self.stop: Stop | None = None
        self.ended_early = False
        self.pad = pad
        at_labels = selects_labels(model)
        one_row = at_labels and reads_one_row(model, causal_of(model))
        self._ways = {"at_labels": at_labels, "one_row": one_row, "fused": fused}
        self._correct = 0
        self._labels = 0
        self._step_tokens = 0
        self._circuit: CircuitReport | None = None

    def compute_loss(
        self,
        model: Any,
        inputs: dict[str, torch.Tensor],
        return_outputs: bool = False,
        num_items_in_batch: torch.Tensor | int | None = None,
    ) -> torch.Tensor:
        """Return this batch's share of the step's mean loss over labelled tokens."""
        ids, labels = inputs["input_ids"], inputs["labels"]
        computed = partial(token_loss, self.adapted, ids, labels, **self._ways)
        with self.precision.autocast(ids.device):
            loss = through(model, self.adapted, computed)
        self._correct += loss.correct
        self._labels += loss.count
        self._step_tokens += ids.numel()
        share = loss.total / (loss.count if num_items_in_batch is None else num_items_in_batch)
        return share if self.group.alone else share * self.group.count  # DDP takes the mean

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
        self.finite.loss(loss, self.state.global_step + 1)
        if self.accelerator.sync_gradients:
            if self.sharded:  # else DDP has
                slopes = (item.grad for item in self.adapted.parameters())
                self.group.average(slope for slope in slopes if slope is not None)
            self._circuit = circuit_report(model)
        return loss

    def _sync_replicated_trainable_parameters(self, model: Any) -> None:
        """Leave out Trainer's own mean, of each parameter by itself as its gradient comes."""

    def _get_grad_norm(self, model: Any, grad_norm: Any = None) -> Any:
        """Look at the gradient, whose length Trainer has anyway, before the optimizer applies it.

        Raises:
            NonFiniteLoss: a part of the gradient is infinite or not a number.
        """
        norm = super()._get_grad_norm(model, grad_norm=grad_norm)  # type: ignore[no-untyped-call]
        self.finite.gradient(float(norm), self.state.global_step + 1)
        return norm

    def create_scheduler(self, num_training_steps: int, optimizer: Any = None) -> LambdaLR:
        """Make the run's schedule, in which every step learns."""
        if self.lr_scheduler is None:
            share = partial(rate_share, config=self.config)
            chosen: Any = optimizer or self.optimizer
            self.lr_scheduler = LambdaLR(chosen, share)
        return self.lr_scheduler

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        """Write the step's metrics event (Trainer calls this per step and at its end)."""
        if "loss" not in logs:
            return
        step = self.state.global_step
        config = self.config
        spent = self.clock.step_ends()
        correct, labels, tokens = map(
            int, self.group.summed(self._correct, self._labels, self._step_tokens)
        )
        self.trained_tokens += labels
        memory = psutil.Process().memory_info().rss
        memory += torch.cuda.max_memory_allocated() if torch.cuda.is_available() else 0
        circuit = self._circuit
        data = {
            "step": step,
            "total_steps": config.steps,
            "epoch": round(step * config.dialogues_per_step / self.epoch_dialogues, 4),
            "train_loss": logs["loss"],
            "train_accuracy": mean(correct, labels),
            "learning_rate": logs["learning_rate"],
            "grad_norm": logs.get("grad_norm"),
            "tokens_per_second": round(tokens / max(spent, 1e-9), 1),
            "trained_tokens": self.trained_tokens,
            "memory_mb": round(memory / 2**20),
            "seconds_left": self._seconds_left(step),
            "circuit_gradient_variance": circuit.gradient_variance if circuit else None,
            "circuit_gradient_norm": circuit.gradient_norm if circuit else None,
            **circuits_taken(circuit),
            **self.step_values(),
        }
        self.log_events.emit(
            "metrics", f"step {step} of {config.steps}: loss {logs['loss']:.4f}", data
        )
        self._correct = self._labels = self._step_tokens = 0
        self.control.should_log = False
        self._tell(self.watch.step(data))

    def _tell(self, trouble: Trouble | None) -> None:
        """Write what goes wrong into the log. Raises ExplodedLoss for what ends the run."""
        if trouble is not None and trouble.kind == EXPLODING:
            raise ExplodedLoss(trouble.message, trouble.advice.changes)
        if trouble is not None:
            self.log_events.emit("warning", trouble.message, trouble.data)

    def _seconds_left(self, step: int) -> float | None:
        left = sum(map(self.evaluates, range(step, self.config.steps + 1)))
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
            NonFiniteLoss: the held-out loss is infinite or not a number.
        """
        step = self.state.global_step
        started = time.monotonic()
        self.adapted.eval()
        if not self.log_events.has("evaluation", step):
            self._measure(step)
        else:  # by an earlier trainer, which went further than its last checkpoint
            known = {"step": step, "validation_loss": self.log_events.held_out_losses[step]}
            self._tell(self.watch.evaluation(known))
        if self.replies:
            tell_samples(
                self.model, self.tokenizer, self.config, self.log_events, step, between=self._look
            )
        self.adapted.train()
        self.clock.evaluation_took(time.monotonic() - started)
        self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, {})
        return {}

    def _look(self) -> None:
        """Leave where that was asked for; several processes leave together, after a step."""
        if self.group.alone:
            self.supervision.check()

    def step_values(self) -> dict[str, Any]:
        """What a kind of run tells of a step besides."""
        return {}

    def held_out(self) -> Any:
        """Measure the model on what is held out: a loss, and `values` for the log."""
        return held_out(
            self.model,
            self.validation,
            batch_size=self.config.batch_size,
            pad=self.pad,
            precision=self.precision,
            between=self._look,
            group=self.group,
            **self._ways,
        )

    def _measure(self, step: int) -> None:
        measured = self.held_out()
        self.finite.evaluation(measured.loss, step)
        circuit = circuit_report(self.adapted, entanglement=True)
        data = {
            "step": step,
            **measured.values,
            "circuit_entanglement": circuit.entanglement,
            **circuits_taken(circuit),
        }
        what = "before training" if step == 0 else f"after step {step}"
        self.log_events.emit("evaluation", f"held-out loss {measured.loss:.4f} {what}", data)
        self._tell(self.watch.evaluation(data))
