"""One evaluation: a subject on a file of dialogues, as plain data for a file of scores."""

from __future__ import annotations

import json
import platform
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
import transformers

from finetune.files import write_whole
from finetune.training.computing.one_row import reads_one_row
from finetune.training.loop.metrics import causal_of, selects_labels

from .ablation import circuit_put
from .dialogues import EncodedFile, encoded_file
from .loading import Model, load_subject
from .subject import Subject
from .sums import Score, Totals, scores_of
from .ways import TRAINED

FORMAT = 1
Told = Callable[[float], None]


@dataclass(frozen=True)
class Options:
    """How a file is scored.

    Attributes:
        circuit: what stands in the trained circuit's place, one of `ways.WAYS`.
        seed: of random angles.
        limit: dialogues that are enough; 0: all.
        batch_size: sequences in one pass; 0: the run's.
    """

    circuit: str = TRAINED
    seed: int = 0
    limit: int = 0
    batch_size: int = 0


def score(
    subject: Subject, data: Path, options: Options | None = None, told: Told = lambda share: None
) -> dict[str, Any]:
    """Load a model and score a file with it.

    Args:
        subject: what is scored.
        data: one `{"messages": [...]}` a line.
        options: how.
        told: called with the share that is done; may raise to leave.

    Returns:
        What a file of scores says.

    Raises:
        EvaluationError: the model cannot be evaluated so.
        TrainingError: the settings or the data cannot be used.
    """
    options = options or Options()
    started = time.monotonic()
    loaded = load_subject(subject)
    file = file_read(subject, loaded, data, options.limit)
    circuit = circuit_put(loaded, options.circuit, options.seed)
    began = time.monotonic()
    scores, one_row = measured(subject, loaded, file, options.batch_size, told)
    return {
        **head("scores", subject),
        "circuit": circuit,
        "data": file.facts(),
        "computing": {
            **computing_facts(subject, loaded),
            "batch_size": options.batch_size or subject.config.batch_size,
            "one_row": one_row,
            "loading_seconds": round(began - started, 2),
            "seconds": round(time.monotonic() - began, 2),
        },
        **Totals.of(scores).facts(),
        "dialogues": rows(scores),
    }


def head(kind: str, subject: Subject) -> dict[str, Any]:
    """Return what every file of results begins with."""
    return {"kind": kind, "format": FORMAT, "model": subject.facts(), "notes": subject.notes}


def file_read(subject: Subject, loaded: Model, data: Path, limit: int = 0) -> EncodedFile:
    """Read a file as the subject's trainer would. Raises BadData: nothing in it can be scored."""
    return encoded_file(
        data,
        loaded.tokenizer,
        system_prompt=subject.config.system_prompt,
        sequence_length=subject.config.sequence_length,
        limit=limit,
    )


def measured(
    subject: Subject,
    loaded: Model,
    file: EncodedFile,
    batch_size: int = 0,
    told: Told = lambda share: None,
) -> tuple[list[Score], bool]:
    """Score a file that was read with a model that was loaded.

    Returns:
        The scores, and whether batches stood in one row.
    """
    model = loaded.model
    one_row = selects_labels(model) and reads_one_row(model, causal_of(model))
    scores = scores_of(
        model,
        file.dialogues,
        batch_size=batch_size or subject.config.batch_size,
        pad=loaded.tokenizer.pad_token_id or 0,
        one_row=one_row,
        precision=subject.computing.format,
        between=told,
    )
    return scores, one_row


def rows(scores: Sequence[Score]) -> list[dict[str, Any]]:
    """Return scores as a file has them."""
    return [asdict(one) for one in scores]


def computing_facts(subject: Subject, loaded: Model) -> dict[str, Any]:
    """Return how and where something was computed."""
    device = next(loaded.model.parameters()).device
    return {
        "precision": subject.computing.precision,
        "precision_why": subject.computing.why,
        "threads": torch.get_num_threads(),
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu",
        "machine": platform.node(),
        "processor": processor(),
        "torch": torch.__version__,
        "transformers": transformers.__version__,
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }


def processor() -> str:
    """Return what the processor calls itself."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or platform.machine())


def results_write(path: Path, results: dict[str, Any]) -> None:
    """Write a file of results whole. Raises OSError: it cannot be written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, json.dumps(results, ensure_ascii=False, indent=1) + "\n")


def share_show(share: float) -> None:
    """Show how far it is, on a terminal alone."""
    if sys.stderr.isatty():
        print(f"\r{share:4.0%}", end="", file=sys.stderr, flush=True)
