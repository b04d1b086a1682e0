"""Command line of evaluations. See `python -m finetune.evaluation --help`.

Knows nothing of Django; torch is loaded once it is known what is to be done.
"""

from __future__ import annotations

import sys
from importlib import import_module

from quantum.threads import wait_passively

HELP = """\
usage: python -m finetune.evaluation COMMAND ...

  score       loss, perplexity and next-token accuracy of a run, a checkpoint or a base, for each
              dialogue of a file; with other circuits in the trained one's place (--circuit), or
              with its circuits exact, by shots, with noise and on a chip (--ladder)
  replies     greedy replies compared with references: ROUGE-L, BLEU, chrF, distinct-n
  arithmetic  strict accuracy on word problems
  harness     tasks of lm-evaluation-harness from files of one's own
  imported    cases of Promptfoo's configs and of OpenAI's evals

python -m finetune.evaluation COMMAND --help tells a command's options.

exit codes: 0 done   1 cannot be evaluated   2 wrong options   130 Ctrl-C
"""

COMMANDS = {
    "score": "finetune.evaluation.scoring.command:score_command",
    "replies": "finetune.evaluation.replies.command:replies_command",
    "imported": "finetune.evaluation.imported.command:imported_command",
    "harness": "finetune.evaluation.harness.command:harness_command",
    "arithmetic": "finetune.evaluation.arithmetic.command:arithmetic_command",
}


def main(arguments: list[str] | None = None) -> int:
    """Run one command; return the exit code."""
    wait_passively()
    arguments = sys.argv[1:] if arguments is None else arguments
    command, rest = (arguments or [""])[0], arguments[1:]
    if command in ("-h", "--help"):
        print(HELP)
        return 0
    if command not in COMMANDS:
        print(HELP, file=sys.stderr)
        return 2
    from finetune.evaluation.scoring.exceptions import EvaluationError
    from finetune.training.exceptions import TrainingError
    from quantum.exceptions import QuantumError

    try:
        module, _, name = COMMANDS[command].partition(":")
        return int(getattr(import_module(module), name)(rest))
    except (EvaluationError, TrainingError, QuantumError, OSError) as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
