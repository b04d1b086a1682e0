"""`python -m finetune.evaluation imported`: Promptfoo's configs and OpenAI's evals on a run."""

from __future__ import annotations

import argparse
from pathlib import Path

from finetune.evaluation.scoring.command import subject_of, subject_options
from finetune.evaluation.scoring.score import results_write, share_show

from .results import BATCH, LONGEST, imported


def imported_command(arguments: list[str]) -> int:
    """Put cases, and write a file of results. Raises what `imported` raises."""
    parser = argparse.ArgumentParser(
        prog="python -m finetune.evaluation imported",
        description="Cases of a Promptfoo config (YAML), of an exported eval of OpenAI's (JSON) or "
        "of samples of the open repository (JSONL): how many a model passes.",
    )
    subject_options(parser)
    parser.add_argument("--data", type=Path, required=True, help="the cases")
    parser.add_argument("--out", type=Path, help="file of results to write (JSON)")
    parser.add_argument("--limit", type=int, default=0, metavar="N", help="put N cases")
    parser.add_argument("--tokens", type=int, default=LONGEST, help="longest reply")
    parser.add_argument("--batch-size", type=int, default=BATCH, help="put together")
    parser.add_argument(
        "--run-prompt", action="store_true", help="with the run's system prompt where none is"
    )
    parsed = parser.parse_args(arguments)
    results = imported(
        subject_of(parser, parsed),
        parsed.data,
        limit=parsed.limit,
        longest=parsed.tokens,
        batch_size=parsed.batch_size,
        run_prompt=parsed.run_prompt,
        told=share_show,
    )
    if parsed.out is not None:
        results_write(parsed.out, results)
    print(
        f"step {results['model']['step']}: {results['right']} of {results['tokens']} cases passed, "
        f"{results['computing']['seconds']} s"
    )
    if results["unjudged"]:
        kinds = ", ".join(f"{kind} ({count})" for kind, count in results["unjudged"].items())
        print(f"Not judged here, and counted neither way: {kinds}.")
    return 0
