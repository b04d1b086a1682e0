"""How a run ends well: the adapter sealed, the result told once.

Knows nothing of the training loop: it is called when the last step is done.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from finetune.training.config import RunConfig
from finetune.training.lock.golden import template_write
from finetune.training.loop import checkpoints
from finetune.training.loop.trainer import DialogueTrainer
from finetune.training.use.meter import Use
from finetune.training.watch.stopping import best_step

from .events import EventLog
from .verdicts import change_words, verdict

ADAPTER = "adapter"


def already_concluded(folder: Path, config: RunConfig, log: EventLog) -> bool:
    """Tell whether an earlier trainer came to the end; say what it could not say any more.

    It was killed, or whoever started it was, before its success was noticed. Its last step, its
    sealed adapter and its result are there, so there is nothing left to compute.
    """
    if not log.ending or log.lacks(log.early_end or config.steps) is not None:
        return False
    if not checkpoints.is_intact(folder / ADAPTER):
        return False
    if log.ending == "result":
        _succeeded(log)
    return True


def conclude(
    folder: Path, trainer: DialogueTrainer, log: EventLog, counts: Mapping[str, Any]
) -> None:
    """Save the adapter by one rename and write the result.

    Args:
        folder: the run folder.
        trainer: after its last step.
        log: the run's log.
        counts: what became of the dialogues, as the log's `data` event has it.

    Raises:
        NonFiniteLoss: the adapter holds numbers that are not finite; nothing is written.
    """
    log.emit("state", "Saving the adapter.", {"state": "saving"})
    trainer.finite.kept(trainer.state.global_step)
    partial = checkpoints.partial_folder(folder / "checkpoints")
    trainer.adapted.save_pretrained(str(partial))
    template_write(partial, trainer.tokenizer.chat_template)
    assert trainer.lock is not None
    trainer.lock.write(partial)
    about = {
        "base_model": trainer.config.base_model,
        "adapter": trainer.config.adapter,
        "kind": trainer.config.kind,
        "system_prompt": trainer.config.system_prompt,
    }
    (partial / "wukong.json").write_text(json.dumps(about, indent=2, ensure_ascii=False) + "\n")
    checkpoints.seal(partial, folder / ADAPTER)
    last = trainer.state.global_step
    step = trainer.taken_step or last
    before, after = log.base_validation_loss, log.last_validation_loss
    if step != last:
        after = log.held_out_losses.get(step)
    best = best_step(log.held_out_losses, last)
    data: dict[str, Any] = {
        "base_validation_loss": before,
        "validation_loss": after,
        "improvement": None,
        "verdict": None,
        "trained_tokens": trainer.trained_tokens,
        "seconds": round(trainer.clock.seconds, 1),
        "adapter": ADAPTER,
        "adapter_step": step,
        "last_step": last,
        "best_step": best,
        "best_validation_loss": None if best is None else log.held_out_losses[best],
        "ended_early": trainer.ended_early,
        "data": dict(counts),
        **use_of(folder, trainer),
    }
    message = "The adapter is saved."
    if before is not None and after is not None:
        data |= {"improvement": before - after, "verdict": verdict(before, after)}
        words = change_words(before, after)
        message = f"Held-out loss {before:.4f} before, {after:.4f} after: {words}."
    if trainer.ended_early:
        patience = trainer.config.early_stopping
        words = "evaluation" if patience == 1 else f"{patience} evaluations"
        message = (
            f"Ended early after step {last}: no lower held-out loss in the last {words}. The "
            f"adapter is the one after step {step}. {message}"
        )
    log.emit("result", message, data)
    _succeeded(log)
    shutil.rmtree(folder / "checkpoints" / ".partial", ignore_errors=True)


def use_of(folder: Path, trainer: DialogueTrainer) -> dict[str, Any]:
    """What the run has taken, its earlier trainers included."""
    trainer.supervision.meter.write()
    return Use.of(folder).result


def _succeeded(log: EventLog) -> None:
    log.emit("state", "The run succeeded.", {"state": "succeeded"})
