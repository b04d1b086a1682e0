"""Command line of evaluations. See `python -m finetune.evaluation --help`.

Knows nothing of Django; torch is loaded once it is known what is to be done.
"""

from __future__ import annotations

import sys

from quantum.threads import wait_passively

HELP = """\
usage: python -m finetune.evaluation COMMAND ...

  score       loss, perplexity and next-token accuracy of a run, a checkpoint or a base, for each
              dialogue of a file; with other circuits in the trained one's place

python -m finetune.evaluation COMMAND --help tells a command's options.

exit codes: 0 done   1 cannot be evaluated   2 wrong options   130 Ctrl-C
"""


def main(arguments: list[str] | None = None) -> int:
    """Run one command; return the exit code."""
    wait_passively()
    arguments = sys.argv[1:] if arguments is None else arguments
    command, rest = (arguments or [""])[0], arguments[1:]
    if command in ("-h", "--help"):
        print(HELP)
        return 0
    if command != "score":
        print(HELP, file=sys.stderr)
        return 2
    from finetune.evaluation.scoring.command import score_command
    from finetune.evaluation.scoring.exceptions import EvaluationError
    from finetune.training.exceptions import TrainingError
    from quantum.exceptions import QuantumError

    try:
        return score_command(rest)
    except (EvaluationError, TrainingError, QuantumError, OSError) as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
