"""How a trainer saves: checkpoints of whole steps, renamed when they are whole."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from peft import set_peft_model_state_dict
from safetensors.torch import load_file
from transformers import Trainer

from finetune.training.circuits.exchange import FolderRunner
from finetune.training.config import RunConfig
from finetune.training.devices.group import Group
from finetune.training.devices.sharding import is_sharded
from finetune.training.dialogues.chat_format import ChatFormat
from finetune.training.lock.golden import Lock, template_write
from finetune.training.lock.replay import lock_of
from finetune.training.log.events import EventLog
from finetune.training.watch.stopping import best_step

from . import checkpoints, randomness
from .finite import FiniteChecks
from .finite_files import WEIGHTS
from .metrics import Clock, causal_of

RUN_STATE = "wukong_state.json"


class SavingTrainer(Trainer):
    """transformers' Trainer with our checkpoints, of the adapter and its own state."""

    config: RunConfig
    adapted: Any
    tokenizer: Any
    folder: Path
    log_events: EventLog
    finite: FiniteChecks
    clock: Clock
    trained_tokens: int
    exchange: FolderRunner | None
    group: Group
    before_step: randomness.Snapshot | None = None  # only while a step is under way
    taken_step: int | None = None  # of the checkpoint whose weights the model has now
    lock: Lock | None = None  # of a run that has come to its end
    _saving_to: Path | None = None

    @property
    def sharded(self) -> bool:
        """Whether each process has a part of the base, so that none computes without the others."""
        return is_sharded(causal_of(self.adapted))

    @property
    def replies(self) -> bool:
        """Whether this process writes replies: the first one, and those that it needs for them."""
        return self.group.first or self.sharded

    def save_now(self) -> None:
        """Write a checkpoint of the last finished step, if there is none yet.

        A step that was left in the middle (only circuits on a machine make one wait there) is
        dropped: no weight has changed, and the random numbers go back to where it began. The
        checkpoint is then written anew, since it names the job that the step waits for. Where the
        best weights were taken, those of the last step are gone, and nothing is written.
        """
        step = self.state.global_step
        if self.taken_step is not None:
            return
        if self.before_step is not None:
            randomness.restore(self.before_step)
        known = self.waiting_for is None and checkpoints.is_intact(
            self.folder / f"checkpoint-{step}"
        )
        if step and not known:
            self._save_checkpoint(self.model, None)

    @property
    def waiting_for(self) -> str | None:
        """Fingerprint of the batch of circuits that this trainer waits for, or None."""
        return self.exchange.waiting_for if self.exchange is not None else None

    def take_best(self) -> None:
        """Put the weights of the best checkpoint into the model.

        Where it cannot be read any more the last ones stay, and the log says so.
        """
        step = self.state.global_step
        best = best_step(self.log_events.held_out_losses, step)
        if best is None or best == step:
            return
        path = self.folder / f"checkpoint-{best}"
        if not checkpoints.is_intact(path):
            words = f"The best checkpoint, of step {best}, is damaged or gone: the last one counts."
            self.log_events.emit("warning", words, {"path": f"checkpoints/{path.name}"})
            return
        set_peft_model_state_dict(self.adapted, load_file(path / WEIGHTS))
        self.taken_step = best

    def take_lock(self) -> None:
        """Record what the model answers to the golden prompts."""
        if self.replies:
            chat = ChatFormat.of(self.adapted, self.tokenizer)
            self.lock = lock_of(self.adapted, chat, self.tokenizer.chat_template)

    def _get_output_dir(self, trial: Any) -> str:
        return str(self._saving_to or self.folder)

    def _save(self, output_dir: str | None = None, state_dict: Any = None) -> None:
        """Save the adapter and the template it is talked to with; the base is kept elsewhere."""
        if not self.group.first:
            return
        target = Path(output_dir or self.folder)
        self.adapted.save_pretrained(str(target))
        template_write(target, self.tokenizer.chat_template)

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        """Let Trainer write into a hidden folder, add our state, and rename it when whole.

        Raises:
            NonFiniteLoss: weights or the optimizer's state are not finite; nothing is written.
        """
        step = self.state.global_step
        self.finite.kept(step, self.optimizer)
        self._saving_to = self.group.agreed(lambda: checkpoints.partial_folder(self.folder))
        try:
            super()._save_checkpoint(model, trial)
            self.group.wait()  # each process has written its random states
            if self.group.first:
                self._seal(self._saving_to / f"checkpoint-{step}", step)
        finally:
            self._saving_to = None

    def _seal(self, partial_: Path, step: int) -> None:
        """Make what Trainer has written a checkpoint, and remove those that have had their time."""
        self.log_events.sync()  # a checkpoint never runs ahead of the log
        state = {
            "step": step,
            "seq": self.log_events.last_seq,
            "trained_tokens": self.trained_tokens,
            "seconds": round(self.clock.seconds, 1),
            "waiting_for": self.waiting_for,
        }
        (partial_ / RUN_STATE).write_text(json.dumps(state) + "\n")
        name = partial_.name
        checkpoints.seal(partial_, self.folder / name)
        checkpoints.prune(
            self.folder,
            keep=self.config.keep_checkpoints,
            newest_step=step,
            best_step=best_step(self.log_events.held_out_losses, step),
        )
        if self.exchange is not None:
            self.exchange.prune(checkpoints.checkpoints(self.folder)[0].stat().st_mtime)
        data = {"step": step, "path": f"checkpoints/{name}"}
        self.log_events.emit("checkpoint", f"checkpoint after step {step}", data)
