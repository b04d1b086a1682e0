"""`python -m finetune.evaluation harness`: tasks of lm-evaluation-harness from a folder."""

from __future__ import annotations

import argparse
from pathlib import Path

from finetune.evaluation.scoring.command import subject_of, subject_options
from finetune.evaluation.scoring.score import results_write

from .results import BATCH, harness


def harness_command(arguments: list[str]) -> int:
    """Run tasks, and write a file of results. Raises what `harness` raises."""
    parser = argparse.ArgumentParser(
        prog="python -m finetune.evaluation harness",
        description="Tasks of lm-evaluation-harness (pip install -r requirements-lm-eval.txt), "
        "from YAML files of one's own; nothing is fetched.",
    )
    subject_options(parser)
    parser.add_argument("--tasks", type=Path, required=True, help="folder of the tasks' YAML files")
    parser.add_argument("--task", action="append", default=[], help="one of them; repeat it")
    parser.add_argument("--out", type=Path, help="file of results to write (JSON)")
    parser.add_argument("--limit", type=int, default=0, metavar="N", help="of each, N documents")
    parser.add_argument("--shots", type=int, help="not the task's own number of examples")
    parser.add_argument("--chat", action="store_true", help="ask through the chat template")
    parser.add_argument("--batch-size", type=int, default=BATCH, help="answered together")
    parser.add_argument("--seed", type=int, default=0, help="of the choice of examples")
    parsed = parser.parse_args(arguments)
    out = None if parsed.out is None else parsed.out.absolute()
    results = harness(
        subject_of(parser, parsed),
        parsed.tasks.absolute(),
        tasks=parsed.task,
        limit=parsed.limit,
        shots=parsed.shots,
        chat=parsed.chat,
        batch_size=parsed.batch_size,
        seed=parsed.seed,
    )
    if out is not None:
        results_write(out, results)
    for name, task in results["tasks"].items():
        metrics = ", ".join(f"{metric} {value:.4f}" for metric, value in task["metrics"].items())
        print(f"{name}: {metrics} over {len(task['dialogues'])} documents")
    return 0
