"""One evaluation by lm-evaluation-harness: a subject, a folder of tasks, what it scores on each.

The harness loads the tasks and counts; the model is the run's own, loaded as for every other
evaluation. Nothing is fetched: tasks and their data are files.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import chdir, contextmanager
from pathlib import Path
from typing import Any

from finetune.evaluation.scoring.exceptions import EvaluationError
from finetune.evaluation.scoring.loading import load_subject
from finetune.evaluation.scoring.score import computing_facts, head
from finetune.evaluation.scoring.subject import Subject

from .presence import harness_missing

log = logging.getLogger(__name__)
OFFLINE = (
    "HF_HUB_OFFLINE",
    "HF_DATASETS_OFFLINE",
    "HF_EVALUATE_OFFLINE",
    "TRANSFORMERS_OFFLINE",
)
BATCH = 4
ASKED = ("loglikelihood", "loglikelihood_rolling", "generate_until")
STEPS = ("_model_call", "_model_generate")
Told = Callable[[float], None]


def harness(
    subject: Subject,
    folder: Path,
    *,
    tasks: Sequence[str] = (),
    limit: int = 0,
    shots: int | None = None,
    chat: bool = False,
    batch_size: int = BATCH,
    seed: int = 0,
    told: Told = lambda share: None,
) -> dict[str, Any]:
    """Run tasks on a model.

    Args:
        subject: what answers.
        folder: of the tasks' YAML files; what they name by a relative path starts there.
        tasks: their names; all of the folder's without.
        limit: of each task, documents that are enough; 0: all.
        shots: examples before each question, instead of the task's own number.
        chat: put each question through the chat template, with the run's system prompt.
        batch_size: requests that are answered together.
        seed: of the choice of examples.
        told: called with the share of the requests that are answered; may raise to leave.

    Returns:
        What a file of results says: for each task its metrics, and what each document got.

    Raises:
        EvaluationError: `lm_eval` is not installed, or a task cannot be used.
        BadConfig: the model cannot be loaded.
    """
    if harness_missing():
        raise EvaluationError(
            "lm-evaluation-harness is not installed: pip install -r requirements-lm-eval.txt"
        )
    if not folder.is_dir():
        raise EvaluationError(f"There is no folder {folder.name} of tasks.")
    loaded = load_subject(subject)
    started = time.monotonic()
    with _offline(), chdir(folder):
        from lm_eval import simple_evaluate
        from lm_eval.models.huggingface import HFLM
        from lm_eval.tasks import TaskManager

        manager = TaskManager(include_path=".", include_defaults=False)
        names = list(tasks) or sorted(manager.all_tasks)
        if unknown := sorted(set(names) - set(manager.all_tasks)):
            raise EvaluationError(
                f"There is no task {unknown[0]} in {folder.name}; there are "
                f"{', '.join(sorted(manager.all_tasks)) or 'none'}"
            )
        model = HFLM(
            pretrained=loaded.model.get_base_model() if subject.weights else loaded.model,
            tokenizer=loaded.tokenizer,
            batch_size=batch_size,
        )
        _tell(model, told)
        with subject.computing.format.autocast(model.device), _refused(folder):
            found: dict[str, Any] = simple_evaluate(
                model=model,
                tasks=names,
                task_manager=manager,
                num_fewshot=shots,
                limit=limit or None,
                apply_chat_template=chat,
                system_instruction=subject.config.system_prompt or None if chat else None,
                log_samples=True,
                bootstrap_iters=0,
                random_seed=seed,
                numpy_random_seed=seed,
                torch_random_seed=seed,
                fewshot_random_seed=seed,
            )
    return {
        **head("harness", subject),
        "data": {"folder": str(folder), "tasks": names},
        "chat_template": chat,
        "computing": {
            **computing_facts(subject, loaded),
            "batch_size": batch_size,
            "seconds": round(time.monotonic() - started, 2),
        },
        "tasks": {name: _task(found, name) for name in names},
    }


def _tell(model: Any, told: Told) -> None:
    """Tell which share of the requests is answered.

    Args:
        model: the harness's; its methods are wrapped.
        told: called with a share.
    """
    asked, answered = 1, 0

    def entered(ask: Callable[..., Any]) -> Callable[..., Any]:
        def asking(requests: Sequence[Any], *args: Any, **more: Any) -> Any:
            nonlocal asked, answered
            asked, answered = max(1, len(requests)), 0
            result = ask(requests, *args, **more)
            told(1.0)
            return result

        return asking

    def counted(step: Callable[..., Any]) -> Callable[..., Any]:
        def stepping(*args: Any, **more: Any) -> Any:
            nonlocal answered
            result = step(*args, **more)
            answered += len(args[0] if args else more["context"])
            told(min(1.0, answered / asked))
            return result

        return stepping

    for name in ASKED:
        setattr(model, name, entered(getattr(model, name)))
    for name in STEPS:
        setattr(model, name, counted(getattr(model, name)))


@contextmanager
def _refused(folder: Path) -> Iterator[None]:
    """Say in a sentence what the harness, or a task's own code, breaks off with.

    Args:
        folder: of the tasks; others may read the sentence, so its place is left out.
    """
    try:
        yield
    except Exception as error:
        log.exception("the harness broke off")
        words = " ".join(str(error).replace(f"{folder}{os.sep}", "").split())[:300]
        raise EvaluationError(
            f"The harness cannot run this task: {type(error).__name__}: {words}"
        ) from error


@contextmanager
def _offline() -> Iterator[None]:
    """Let nothing look for a hub."""
    before = {name: os.environ.get(name) for name in OFFLINE}
    os.environ.update(dict.fromkeys(OFFLINE, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _task(found: dict[str, Any], name: str) -> dict[str, Any]:
    """Return a task's metrics by name, and each document's own."""
    metrics = {
        key.partition(",")[0]: value
        for key, value in found["results"].get(name, {}).items()
        if isinstance(value, int | float) and "stderr" not in key and key != "sample_len"
    }
    rows = [
        {
            "line": int(sample["doc_id"]) + 1,
            **{
                metric: value
                for metric in metrics
                if isinstance(value := sample.get(metric), int | float)
            },
        }
        for sample in found["samples"].get(name, [])
    ]
    return {
        "version": found.get("versions", {}).get(name),
        "shots": found.get("n-shot", {}).get(name),
        "metrics": metrics,
        "documents": len(rows),
        "dialogues": rows,
    }
