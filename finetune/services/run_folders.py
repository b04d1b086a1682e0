"""What a run's folder holds before its trainer starts: data, settings, an adapter to start from.

Everything in it is a copy: what happens later to the data set or to another run changes nothing.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from django.conf import settings

from finetune.exceptions import RunRefused
from finetune.models import Run
from finetune.training.args import RunConfig

from .run_checks import start_folder


def folder_prepare(run: Run) -> None:
    """Write the folder where it is not there yet, and take back an old request to stop.

    Raises:
        RunRefused: the adapter that the run starts from is gone.
        OSError: the folder cannot be written.
    """
    folder = run.folder
    folder.mkdir(parents=True, exist_ok=True)
    train, validation = folder / "train.jsonl", folder / "validation.jsonl"
    if not (folder / "config.json").exists():
        own, other = run.dataset, run.validation_dataset
        if other is None:
            copy_files([own.train_file], train)
            copy_files([own.validation_file], validation)
        else:
            copy_files([own.train_file, own.validation_file], train)
            copy_files([other.train_file, other.validation_file], validation)
        config = RunConfig.from_dict(
            {
                **run.config,
                "base_model": run.base.source,
                "train_file": str(train),
                "validation_file": str(validation),
                "start_adapter": start_adapter(run),
                "threads": run.config.get("threads") or settings.TRAINER_THREADS,
            }
        )
        write_atomically(folder / "config.json", config.to_json())
    (folder / "control").unlink(missing_ok=True)


def start_adapter(run: Run) -> str:
    """A copy of the adapter that the run starts from, as a path; empty if it starts afresh."""
    previous = run.continues
    if previous is None:
        return ""
    source, target = start_folder(previous), run.folder / "start"
    if source is None:
        raise RunRefused(
            f"“{previous.name}” has no adapter any more to start from. Start this run anew from "
            "another one.",
            code="start_gone",
        )
    shutil.copytree(source, target, dirs_exist_ok=True)
    return str(target)


def copy_files(sources: list[Path], target: Path) -> None:
    partial = target.with_name(f".{target.name}")
    try:
        with partial.open("wb") as handle:
            for source in sources:
                with source.open("rb") as part:
                    shutil.copyfileobj(part, handle)
        partial.rename(target)
    finally:
        partial.unlink(missing_ok=True)  # half a copy would fill a full disk


def write_atomically(path: Path, text: str) -> None:
    partial = path.with_name(f".{path.name}.part")
    try:
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
