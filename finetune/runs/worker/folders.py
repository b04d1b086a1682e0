"""What a run's folder holds before its trainer starts: data, settings, an adapter to start from.

Everything in it is a copy: what happens later to the data set or to another run changes nothing.
"""

from __future__ import annotations

import errno
import shutil
from pathlib import Path

from django.conf import settings

from finetune.datasets.models import Dataset
from finetune.exceptions import RunRefused
from finetune.files import write_whole
from finetune.runs.checks import start_folder
from finetune.runs.models import Run
from finetune.training.config import RunConfig
from finetune.training.loop.finite_files import WEIGHTS

PASSES = frozenset({"disk_full", "no_resources"})  # problems that end without a change to the run


def folder_prepare(run: Run) -> None:
    """Write the folder where it is not there yet, and take back an old request to stop.

    Raises:
        RunRefused: its data, or the adapter that it starts from, is gone or cannot be read.
        OSError: the folder cannot be written.
    """
    folder = run.folder
    folder.mkdir(parents=True, exist_ok=True)
    train, validation = folder / "train.jsonl", folder / "validation.jsonl"
    if not (folder / "config.json").exists():
        own, other = run.dataset, run.validation_dataset
        if other is None:
            copy_data([(own, own.train_file)], train)
            copy_data([(own, own.validation_file)], validation)
        else:
            copy_data([(own, own.train_file), (own, own.validation_file)], train)
            copy_data([(other, other.train_file), (other, other.validation_file)], validation)
        config = RunConfig.from_dict(
            {
                **run.config,
                "base_model": run.base.source,
                "train_file": str(train),
                # A split that holds nothing out leaves an empty file: then nothing is measured.
                "validation_file": str(validation) if validation.stat().st_size else "",
                "start_adapter": start_adapter(run),
                "threads": run.settings.threads or settings.TRAINER_THREADS,
            }
        )
        write_whole(folder / "config.json", config.to_json())
    (folder / "control").unlink(missing_ok=True)


def start_adapter(run: Run) -> str:
    """A copy of the adapter that the run starts from, as a path; empty if it starts afresh."""
    previous = run.continues
    if previous is None:
        return ""
    target = run.folder / "start"
    if (target / WEIGHTS).is_file():
        return str(target)  # a checkpoint, copied before it could be pruned
    source = start_folder(previous, run.continues_step)
    if source is None:
        raise RunRefused(
            f"“{previous.name}” has no adapter any more to start from. Start this run anew from "
            "another one.",
            code="start_gone",
        )
    adapter_copy(source, target)
    return str(target)


def start_keep(run: Run) -> None:
    """Copy the checkpoint that a new run goes on from: its own run may prune it before the start.

    Raises:
        OSError: the folder cannot be written.
    """
    if run.continues is None or run.continues_step is None:
        return
    if source := start_folder(run.continues, run.continues_step):
        run.folder.mkdir(parents=True, exist_ok=True)
        adapter_copy(source, run.folder / "start")


def adapter_copy(source: Path, target: Path) -> None:
    """Copy an adapter, of a checkpoint without what only its own run goes on with."""
    left = shutil.ignore_patterns("optimizer.pt", "scheduler.pt", "rng_state*", "manifest.json")
    partial = target.with_name(f".{target.name}")
    shutil.rmtree(partial, ignore_errors=True)
    shutil.copytree(source, partial, ignore=left)
    partial.rename(target)


def copy_data(sources: list[tuple[Dataset, Path]], target: Path) -> None:
    """Join the files of data sets in the run's folder.

    Raises:
        RunRefused: a file of a data set is gone or cannot be read.
        OSError: the folder cannot be written.
    """
    partial = target.with_name(f".{target.name}")
    try:
        with partial.open("wb") as handle:
            for dataset, source in sources:
                try:
                    part = source.open("rb")
                except FileNotFoundError:
                    raise RunRefused(
                        f"The file {source.name} of the data set “{dataset.name}” is gone from the "
                        "server. Upload the data again and start a new run with it, or have the "
                        "administrator restore the file and queue this run again.",
                        code="data_gone",
                    ) from None
                except OSError as error:
                    raise RunRefused(
                        f"The file {source.name} of the data set “{dataset.name}” cannot be read "
                        f"({error.strerror}). Ask the administrator to look at it, then queue "
                        "the run again.",
                        code="data_unreadable",
                    ) from error
                with part:
                    shutil.copyfileobj(part, handle)
        partial.rename(target)
    finally:
        partial.unlink(missing_ok=True)  # half a copy would fill a full disk


def storage_problem(error: OSError) -> tuple[str, str, str]:
    """Code, message and hint of a failure that the system reported about the run's own folder."""
    again = "Then queue the run again: it goes on from its last checkpoint."
    name = Path(str(error.filename)).name if error.filename else "a file"
    words = error.strerror or str(error)
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return (
            "disk_full",
            "The server's disk is full, so the run's folder cannot be written.",
            f"Delete data sets or runs that nobody needs, or ask the administrator. {again}",
        )
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return (
            "storage",
            f"The run's folder cannot be written: {words} ({name}).",
            f"The administrator must give the studio the right to write there. {again}",
        )
    if error.errno == errno.ENOENT:
        return (
            "file_gone",
            f"{name} is gone from the run's folder, or from where it was copied from.",
            f"Ask the administrator whether it can be restored. {again}",
        )
    if error.errno in (errno.EAGAIN, errno.ENOMEM):
        return (
            "no_resources",
            f"The server could not start a trainer: {words}.",
            f"It has too many processes or too little memory. {again}",
        )
    return "storage", f"The run's folder cannot be used: {words} ({name}).", again


def control_write(folder: Path, request: str) -> None:
    """Put a request where the trainer looks for it, if it does not stand there already."""
    path = folder / "control"
    try:
        if path.read_text(encoding="utf-8") == request:
            return
    except FileNotFoundError:
        pass
    write_whole(path, request)
