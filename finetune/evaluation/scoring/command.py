"""`python -m finetune.evaluation score`: a run, a checkpoint or a base on a file of dialogues."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from finetune.training.computing.precision import PRECISIONS
from finetune.training.dialogues.left_out import KINDS

from .ladder_command import ladder_options, ladder_shown
from .score import Options, results_write, score, share_show
from .subject import BEST, Subject, base_subject, run_subject
from .ways import TRAINED, WAYS

EPILOG = "what may stand in the circuit's place:\n" + "\n".join(
    f"  {name}: {words}" for name, words in WAYS.items()
)


def score_command(arguments: list[str]) -> int:
    """Score, and write a file of scores. Raises what `score` raises."""
    parser = argparse.ArgumentParser(
        prog="python -m finetune.evaluation score",
        description="Negative log likelihood, labelled tokens and right next tokens of every "
        "dialogue of a file, computed as the run's own evaluations were.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    subject_options(parser)
    parser.add_argument("--data", type=Path, required=True, help="dialogues, one a line (JSONL)")
    parser.add_argument("--out", type=Path, help="file of scores to write (JSON)")
    parser.add_argument("--limit", type=int, default=0, metavar="N", help="score N dialogues")
    parser.add_argument("--batch-size", type=int, default=0, metavar="N", help="sequences a pass")
    parser.add_argument("--circuit", choices=list(WAYS), default=TRAINED, help="see below")
    parser.add_argument("--seed", type=int, default=0, help="of --circuit random")
    ladder_options(parser)
    parsed = parser.parse_args(arguments)
    if parsed.ladder:
        return ladder_shown(subject_of(parser, parsed), parsed)
    options = Options(parsed.circuit, parsed.seed, parsed.limit, parsed.batch_size)
    results = score(subject_of(parser, parsed), parsed.data, options, share_show)
    if parsed.out is not None:
        results_write(parsed.out, results)
    print(_line(results))
    return 0


def subject_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say what is evaluated."""
    parser.add_argument("run_dir", type=Path, nargs="?", help="the run's folder")
    parser.add_argument(
        "--checkpoint", default=BEST, help="best (default), last, base (no adapter) or a step"
    )
    parser.add_argument("--base", help="a base by itself, in place of RUN_DIR: a folder or hub id")
    parser.add_argument("--config", type=Path, help="with --base: the config.json of a run")
    parser.add_argument("--precision", choices=PRECISIONS, default="", help="not the run's own")
    parser.add_argument("--threads", type=int, default=0, metavar="N", help="not the run's own")
    parser.add_argument("--system-prompt", help="with --base: not the config's")
    parser.add_argument("--sequence-length", type=int, help="with --base: not the config's")


def subject_of(parser: argparse.ArgumentParser, parsed: argparse.Namespace) -> Subject:
    """Return what is evaluated; ends the process with 2 where the options do not say it."""
    computing = {"precision": parsed.precision, "threads": parsed.threads}
    if (parsed.run_dir is None) == (parsed.base is None):
        parser.error("give a run's folder, or --base")
    own = {"system_prompt": parsed.system_prompt, "sequence_length": parsed.sequence_length}
    given = {name: value for name, value in own.items() if value is not None}
    if parsed.base is not None:
        return base_subject(parsed.base, parsed.config, settings=given, **computing)
    if given or parsed.config:
        parser.error("--config, --system-prompt and --sequence-length go with --base")
    return run_subject(parsed.run_dir, parsed.checkpoint, **computing)


def _line(results: dict[str, Any]) -> str:
    data, left = results["data"], results["data"]["left_out"]
    counts = {kind: sum(one["kind"] == kind for one in left) for kind in KINDS}
    why = ", ".join(f"{number} {KINDS[kind]}" for kind, number in counts.items() if number)
    circuit = results["circuit"]
    way = f", circuit {circuit['way']}" if circuit else ""
    return (
        f"step {results['model']['step']}{way}: loss {results['loss']:.6f}, perplexity "
        f"{results['perplexity'] or float('inf'):.3f}, next-token accuracy "
        f"{results['accuracy']:.4f} over {results['tokens']:,} tokens of {data['scored']} of "
        f"{data['dialogues']} dialogues{f' (left out: {why})' if why else ''}, "
        f"{results['computing']['seconds']} s"
    )
