"""`python -m finetune.evaluation arithmetic`: strict accuracy on word problems."""

from __future__ import annotations

import argparse
from pathlib import Path

from finetune.evaluation.scoring.command import subject_of, subject_options
from finetune.evaluation.scoring.score import results_write, share_show

from .prompts import PROMPTS, RUN
from .results import BATCH, LONGEST, SHOTS, Terms, arithmetic

EPILOG = "prompts:\n" + "\n".join(f"  {name}: {words}" for name, words in PROMPTS.items())


def arithmetic_command(arguments: list[str]) -> int:
    """Put problems, and write a file of results. Raises what `arithmetic` raises."""
    parser = argparse.ArgumentParser(
        prog="python -m finetune.evaluation arithmetic",
        description="Strict accuracy: the number behind '####', else in \\boxed{}, else the last "
        "one of a greedy reply is exactly the problem's answer, or it is not.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    subject_options(parser)
    parser.add_argument("--data", type=Path, required=True, help="problems (JSONL, or a JSON list)")
    parser.add_argument("--out", type=Path, help="file of results to write (JSON)")
    parser.add_argument("--limit", type=int, default=0, metavar="N", help="put N problems")
    parser.add_argument("--prompt", choices=list(PROMPTS), default=RUN, help="see below")
    parser.add_argument("--examples", type=Path, help="solved problems for few-shot")
    parser.add_argument("--shots", type=int, default=SHOTS, help="how many of them")
    parser.add_argument("--train", type=Path, help="look for the problems in this training file")
    parser.add_argument("--tokens", type=int, default=LONGEST, help="longest reply")
    parser.add_argument("--batch-size", type=int, default=BATCH, help="put together")
    parsed = parser.parse_args(arguments)
    terms = Terms(
        parsed.prompt,
        parsed.examples,
        parsed.shots,
        parsed.train,
        parsed.limit,
        parsed.tokens,
        parsed.batch_size,
    )
    results = arithmetic(subject_of(parser, parsed), parsed.data, terms, share_show)
    if parsed.out is not None:
        results_write(parsed.out, results)
    overlap = results["overlap"]
    print(
        f"step {results['model']['step']}: {results['right']} of {results['tokens']} right, "
        f"{results['accuracy']:.1%} ({results['ended']:.0%} of the replies ended, "
        f"{results['computing']['seconds']} s)"
    )
    if overlap is None:
        print("What was learned from is not known: overlap was not looked for (--train).")
    elif overlap["same_text"] or overlap["same_but_for_numbers"]:
        print(
            f"In the training file stand {overlap['same_text']} of the problems word for word and "
            f"{overlap['same_but_for_numbers']} with other numbers."
        )
    return 0
