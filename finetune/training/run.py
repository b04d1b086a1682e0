"""One run from its folder: load, train or resume, save, and say how it ended.

    RUN_DIR/config.json         in: the settings (`RunConfig`)
    RUN_DIR/control             in: "cancel" or "pause", read several times a second
    RUN_DIR/heartbeat           out: its time says when the trainer was last seen alive
    RUN_DIR/use/                out: what each trainer took of the machine
    RUN_DIR/reference.json      out: of a preference run, what the reference gave each reply
    RUN_DIR/computing.json      out: number format and threads, kept for whoever goes on with it
    RUN_DIR/events.jsonl        out: the numbered log
    RUN_DIR/checkpoints/        out: the last checkpoints, and the best one
    RUN_DIR/adapter/            out: the trained adapter
    RUN_DIR/circuit-light.svg   out: the circuit drawn, and circuit-dark.svg
    RUN_DIR/quantum/            both: circuits for a machine, and what came back
    RUN_DIR/devices/            between the processes of a run on several devices

Knows nothing of Django; the site reads the log and the exit code.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import torch
import transformers

from finetune.training.circuits.runners import connect
from finetune.training.computing.chosen import Computing, run_device
from finetune.training.computing.compact import keep_compact
from finetune.training.config import RunConfig
from finetune.training.devices.group import ALONE, Group, take_devices
from finetune.training.devices.launch import end_like, together
from finetune.training.dialogues.positions import check_positions
from finetune.training.exceptions import AlreadyRunning, DeviceDied, QuantumFailed, TrainingError
from finetune.training.log.announcements import announce
from finetune.training.log.conclusion import already_concluded, conclude
from finetune.training.log.events import Event, EventLog, read_events
from finetune.training.log.failures import explain, failure_data
from finetune.training.loop import checkpoints
from finetune.training.loop.interruptions import look_between_layers
from finetune.training.loop.metrics import Clock
from finetune.training.loop.resuming import checkpoint_found
from finetune.training.loop.saving import RUN_STATE
from finetune.training.loop.trainer import DialogueTrainer
from finetune.training.loop.trainer_setup import EndedEarly
from finetune.training.model import attach_adapter, facts, load_base, load_tokenizer
from finetune.training.preference.kinds import data_loaded, trainer_class
from finetune.training.preference.settings import PREFERENCE
from finetune.training.start import load_start
from finetune.training.supervision import ExitCode, Stop, StopRequested, Supervision
from finetune.training.watch.troubles import Watch
from quantum.adapters.circuits import measure
from quantum.adapters.shapes import linear_shapes
from quantum.exceptions import QuantumError


def run(
    folder: Path,
    *,
    detached: bool = False,
    listener: Callable[[Event], None] | None = None,
    supervision: Supervision | None = None,
) -> int:
    """Train the run in `folder` to its end, or to where it is told to leave.

    Args:
        folder: the run folder; `config.json` must be in it.
        detached: go on when the process that started this one is gone.
        listener: called with every event after it was written.
        supervision: the one that watches already, where the process has it; it decides then
            whether to go on without a parent.

    Returns:
        The exit code, an `ExitCode`.

    Raises:
        AlreadyRunning: another trainer holds the folder.
        DamagedLog: the event log has a hole.
        OSError: the folder cannot be written at all.
    """
    folder = folder.absolute()
    if supervision is None:
        supervision = Supervision(folder / "control", detached=detached)
        supervision.install()
    with _alone(folder), EventLog(folder / "events.jsonl", listener) as log:
        try:
            stop = _train(folder, log, supervision)
        except (Exception, KeyboardInterrupt) as error:
            return _failed(folder, log, error, supervision)
        finally:
            supervision.meter.write()
    return ExitCode.SUCCEEDED if stop is None else stop.value


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the folder's lock; the system frees it however this process ends."""
    with (folder / "lock").open("a+") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            handle.seek(0)
            raise AlreadyRunning(
                f"Another trainer (process {handle.read().strip() or 'unknown'}) works in {folder}."
            ) from error
        handle.truncate(0)
        handle.write(f"{os.getpid()}\n")
        handle.flush()
        yield


def _failed(folder: Path, log: EventLog, error: BaseException, supervision: Supervision) -> int:
    """Say why the run failed, or end as the process of another device did."""
    if isinstance(error, DeviceDied):
        end_like(error, log, supervision.meter)
    failure = explain(error, folder)  # it looks how full the disk is
    checkpoints.discard(folder / "checkpoints")
    log.free_reserve()
    data = failure_data(failure, error)
    log.emit("error", data.pop("message"), data)
    log.emit("state", "The run failed.", {"state": "failed"}, level="error")
    return failure.exit_code


def _train(folder: Path, log: EventLog, supervision: Supervision) -> Stop | None:
    """Do the run; return why it was left early, or None when it was finished."""
    if log.ending and already_concluded(folder, RunConfig.read(folder / "config.json"), log):
        return None
    config = RunConfig.read(folder / "config.json")
    take_devices(config)

    def stuck(lost: TrainingError) -> None:
        """Another process is gone, and this one would wait for it for ever."""
        os._exit(_failed(folder, log, lost, supervision))

    with together(folder, config.devices, supervision, stuck) as group:
        trainer, counts = work(folder, config, log, supervision, group)
    if trainer.stop is not None:
        return _left(trainer, log, supervision)
    conclude(folder, trainer, log, counts)
    return None


def work(
    folder: Path, config: RunConfig, log: EventLog, supervision: Supervision, group: Group
) -> tuple[DialogueTrainer, dict[str, Any]]:
    """Train or resume, alone or as one process of several, to the end or to where it is left.

    Returns:
        The trainer after its last step, and what became of the dialogues.
    """
    started = log.last_seq > 0
    log.emit("state", "Loading the base model.", {"state": "loading"})
    found = group.agreed(lambda: checkpoint_found(folder, log))
    resumed = found.path is not None
    computing = group.agreed(lambda: Computing.of(config, folder, resumed=resumed))
    if doubt := computing.doubt():
        log.emit("warning", doubt)
    if computing.fuses:
        log.emit("log", "The output layer and its loss are computed in Liger's kernel.")
    kept = _kept(found.path)
    trainer, counts = prepared(folder, config, log, supervision, kept, computing, group)
    if config.start_adapter and (found.path is None or config.kind == PREFERENCE):
        numbers = load_start(trainer.adapted, config, folder)  # a reference may be that adapter
    if config.start_adapter and found.path is None:
        log.emit("log", f"Goes on from {config.start_adapter}: {numbers:,} numbers taken over.")
    if found.path is not None:
        data = {"state": "resumed", "step": found.step}
        log.emit("state", f"Resumed from the checkpoint after step {found.step}.", data)
    elif started:
        why = ": there is no checkpoint that it can go on from" if found.damaged else ""
        log.emit("state", f"Started again from step 0{why}.", {"state": "resumed", "step": 0})
    log.emit("state", "Training.", {"state": "training", "total_steps": config.steps})
    if group.first:  # the others leave at once at any time
        supervision.training_begins()
    try:
        _trained(trainer, found.path)
    except StopRequested as request:
        trainer.stop = request.reason
    except (QuantumFailed, QuantumError):
        if group.alone:
            trainer.save_now()  # steps on a machine are dear: none is to be done again
        raise
    if trainer.stop is not None and group.first:
        trainer.save_now()
    return trainer, counts


def _trained(trainer: DialogueTrainer, checkpoint: Path | None) -> None:
    """Train to the end; what is then in the model is what the run has made."""
    with suppress(EndedEarly):
        trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    if trainer.stop is not None:
        return
    if trainer.ended_early:
        trainer.take_best()
    measure(trainer.adapted)  # in use an adapter answers from the values saved with it
    trainer.take_lock()


def _kept(checkpoint: Path | None) -> dict[str, Any]:
    """Return the counters a checkpoint carries on."""
    if checkpoint is None:
        return {"trained_tokens": 0, "seconds": 0.0}
    kept: dict[str, Any] = json.loads((checkpoint / RUN_STATE).read_text())
    return kept


def prepared(
    folder: Path,
    config: RunConfig,
    log: EventLog,
    supervision: Supervision,
    kept: dict[str, Any],
    computing: Computing,
    group: Group = ALONE,
) -> tuple[DialogueTrainer, dict[str, Any]]:
    """Load model and data, tell the log about them, and build the trainer.

    Returns:
        The trainer, and what became of the dialogues.
    """
    transformers.utils.logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    computing.take_threads(config.threads, group.count)
    clock = Clock(config.steps, kept["seconds"])
    supervision.meter.measured = lambda: clock.measured
    check_positions(config.base_model, config.sequence_length)
    tokenizer, plain_template = load_tokenizer(config.base_model)
    if plain_template:
        log.emit("warning", "The base model has no chat template: a plain one is used and saved.")
    wanted = config.steps * config.dialogues_per_step
    train = data_loaded(folder, config, config.train_file, tokenizer, wanted, config.seed)
    held = (config.validation_file, tokenizer, config.eval_dialogues, None)
    validation = data_loaded(folder, config, *held) if config.validation_file else None
    shards = group.count if config.sharding == "base" else 1
    base = load_base(config.base_model, computing.format.weights(run_device()), shards)
    if group.alone:
        look_between_layers(base, supervision)
    shapes = linear_shapes(base)
    base_parameters = sum(item.numel() for item in base.parameters())
    model = attach_adapter(base, config)
    if shards == 1:  # a device's part of the base has one format
        keep_compact(model, computing.format.dtype())
    trainer = trainer_class(config)(
        model=model,
        tokenizer=tokenizer,
        config=config,
        train=train.examples,
        validation=validation.examples if validation else [],
        log=log,
        supervision=supervision,
        folder=folder / "checkpoints",
        clock=clock,
        epoch_dialogues=train.usable_total,
        trained_tokens=int(kept["trained_tokens"]),
        watch=Watch(config, read_events(log.path), int(kept.get("step", 0))),
        exchange=connect(model, config, folder, supervision, log),
        precision=computing.format,
        fused=computing.fuses,
        group=group,
    )
    if not group.first:
        torch.manual_seed(config.seed + group.rank)  # each drops out other numbers
        return trainer, {}
    known = facts(model, config, shapes, base_parameters, computing.format)
    return trainer, announce(folder, config, log, known, train, validation)


def _left(trainer: DialogueTrainer, log: EventLog, supervision: Supervision) -> Stop:
    """Say why and where a run was left early."""
    assert trainer.stop is not None
    step = trainer.state.global_step
    data = {"step": step}
    (trainer.folder.parent / "control").unlink(missing_ok=True)  # the request is answered
    if trainer.stop is Stop.CANCELLED:
        log.emit("state", f"Cancelled after step {step}.", {"state": "cancelled", **data})
    elif trainer.stop is Stop.PAUSED:
        log.emit("state", f"Paused after step {step}.", {"state": "paused", **data})
    else:
        log.emit(
            "warning",
            f"Left after step {step} because of this: {supervision.why}. The run can be resumed.",
            data,
        )
    return trainer.stop
