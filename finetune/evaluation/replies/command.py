"""`python -m finetune.evaluation replies`: greedy replies and what they are worth."""

from __future__ import annotations

import argparse
from pathlib import Path

from finetune.evaluation.scoring.command import subject_of, subject_options
from finetune.evaluation.scoring.score import results_write, share_show

from .results import BATCH, LONGEST, replies
from .text_metrics import TOKENIZERS


def replies_command(arguments: list[str]) -> int:
    """Answer, and write a file of results. Raises what `replies` raises."""
    parser = argparse.ArgumentParser(
        prog="python -m finetune.evaluation replies",
        description="Greedy replies to the last answered user turn of each dialogue, compared with "
        "what was said there: ROUGE-L, BLEU, chrF, distinct-1 and -2.",
    )
    subject_options(parser)
    parser.add_argument("--data", type=Path, required=True, help="dialogues, one a line (JSONL)")
    parser.add_argument("--out", type=Path, help="file of results to write (JSON)")
    parser.add_argument("--limit", type=int, default=0, metavar="N", help="answer N dialogues")
    parser.add_argument("--tokens", type=int, default=LONGEST, help="longest reply")
    parser.add_argument("--batch-size", type=int, default=BATCH, help="answered together")
    parser.add_argument("--tokenizer", choices=list(TOKENIZERS), default="", help="of the metrics")
    parsed = parser.parse_args(arguments)
    results = replies(
        subject_of(parser, parsed),
        parsed.data,
        limit=parsed.limit,
        longest=parsed.tokens,
        batch_size=parsed.batch_size,
        tokenizer=parsed.tokenizer,
        told=share_show,
    )
    if parsed.out is not None:
        results_write(parsed.out, results)
    print(
        f"step {results['model']['step']}: ROUGE-L {results['rouge_l']:.4f}, BLEU "
        f"{results['bleu']:.2f}, chrF {results['chrf']:.2f}, distinct-1 "
        f"{results['distinct_1']:.3f}, distinct-2 {results['distinct_2']:.3f} over "
        f"{results['data']['scored']} replies, {results['ended']:.0%} of them ended, "
        f"{results['computing']['seconds']} s"
    )
    return 0
