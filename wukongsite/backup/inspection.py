"""Whether database and files of a data folder go together, and what can be mended of it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from django.conf import settings

from finetune.bases.models import BaseModel
from finetune.bases.publishing import assistant_file, base_publish
from finetune.datasets.models import Dataset
from finetune.datasets.parts.models import Upload
from finetune.evaluation.models import Evaluation
from finetune.exceptions import StudioError
from finetune.explorer.models import QuantumExperiment
from finetune.exports.models import Export
from finetune.runs.assistants import assistant_of_run
from finetune.runs.models import Run
from finetune.runs.publishing import run_publish
from finetune.runs.trial.models import Trial
from finetune.studies.models import Study

CHECKPOINT = "-ckpt-step-"


@dataclass(frozen=True)
class Problem:
    """One thing that does not go together.

    Attributes:
        words: what, and what follows from it.
        mend: puts it right without losing anything; None where somebody has to decide.
    """

    words: str
    mend: Callable[[], None] | None = None


def problems() -> Iterator[Problem]:
    """Everything that is found, each on its own: folders first, then rows, then assistants."""
    yield from orphans()
    yield from lost_files()
    yield from assistants()


def orphans() -> Iterator[Problem]:
    """Folders that belong to no row: what is deleted, or was made behind a backup."""
    runs, exports, evaluations = known(Run) | known(Trial), known(Export), known(Evaluation)
    tops = [
        (Path(settings.RUN_DIR), runs, "run"),
        (Path(settings.DATASET_DIR), known(Dataset), "data set"),
        (Path(settings.EXPERIMENT_DIR), known(QuantumExperiment), "experiment"),
        (Path(settings.STUDY_DIR), known(Study), "study"),
        (Path(settings.UPLOAD_PART_DIR), known(Upload), "upload"),
        (Path(settings.DATA_DIR) / "evaluations", evaluations, "evaluation"),
    ]
    for folder in folders(Path(settings.RUN_DIR)):
        tops.append((folder / "exports", exports, "export"))
        tops.append((folder / "evaluations", evaluations, "evaluation"))
    for top, names, what in tops:
        for folder in folders(top):
            if folder.name not in names:
                yield Problem(f"{folder}: belongs to no {what}", partial(put_aside, folder))


def known(model: type) -> set[str]:
    return set(model.objects.values_list("public_id", flat=True))  # type: ignore[attr-defined]


def folders(top: Path) -> list[Path]:
    """Folders in a folder, but for those that are just being made."""
    if not top.is_dir():
        return []
    return sorted(one for one in top.iterdir() if one.is_dir() and not one.name.startswith("."))


def put_aside(path: Path) -> None:
    """Move it to `orphans-…` in the data folder, under the path that it had."""
    top = Path(settings.DATA_DIR)
    target = top / f"orphans-{time.strftime('%Y%m%d')}" / path.relative_to(top)
    target.parent.mkdir(parents=True, exist_ok=True)
    path.rename(target)


def lost_files() -> Iterator[Problem]:
    """Rows whose files are gone."""
    for dataset in Dataset.objects.filter(state=Dataset.State.READY).iterator():
        for path in (dataset.train_file, dataset.validation_file):
            if not path.is_file():
                yield Problem(f"{path}: is missing; data set {dataset.public_id} needs it")
    for base in BaseModel.objects.filter(state=BaseModel.State.READY):
        if not Path(base.source).exists():
            yield Problem(f"{base.source}: is missing; base {base.slug} needs it")
    for run in succeeded():
        if not (run.folder / "adapter").is_dir():
            yield Problem(f"{run.folder / 'adapter'}: is missing; the assistant cannot talk")
    for export in Export.objects.filter(state=Export.State.DONE).select_related("run"):
        if export.file is None:
            yield Problem(f"{export.folder}: the export's file is missing; make it again")
    for evaluation in Evaluation.objects.filter(state=Evaluation.State.DONE).select_related("run"):
        if evaluation.file is None:
            yield Problem(f"{evaluation.folder}: the evaluation's result is missing; run it again")


def succeeded() -> Iterator[Run]:
    """Runs whose assistants people may talk to."""
    rows = Run.objects.filter(state=Run.State.SUCCEEDED).select_related("base", "team")
    return (run for run in rows.iterator() if assistant_of_run(run) is not None)


def assistants() -> Iterator[Problem]:
    """Assistants of nobody, and runs and bases without the file by which the engine knows them."""
    runs = {run.public_id: run for run in succeeded()}
    bases = {base.slug: base for base in BaseModel.objects.filter(state=BaseModel.State.READY)}
    every_run = known(Run)
    for path in sorted(Path(settings.ASSISTANT_DIR).glob("*.json")):
        name = path.stem
        owner, is_checkpoint, _step = name.partition(CHECKPOINT)
        there = owner in every_run if is_checkpoint else name in runs or name in bases
        if not there:
            yield Problem(f"{path}: belongs to no run and no base", partial(put_aside, path))
        elif (adapter := json.loads(path.read_text())["adapter"]) and not Path(adapter).exists():
            words = f"{path}: names {adapter}, which is gone"
            yield Problem(words, partial(put_aside, path))
    for base in bases.values():
        if Path(base.source).exists() and not assistant_file(base.slug).exists():
            yield Problem(f"{base.slug}: not offered to talk to", partial(base_publish, base))
    for run in runs.values():
        if (run.folder / "adapter").is_dir() and not assistant_file(run.public_id).exists():
            yield Problem(f"{run.public_id}: not offered to talk to", partial(run_publish, run))


def mended(problem: Problem) -> str:
    """Mend one problem; why it cannot be, or empty."""
    if problem.mend is None:
        return "somebody has to decide"
    try:
        problem.mend()
    except (OSError, StudioError) as error:
        return str(error)
    return ""
