"""Command line of studies: `python -m finetune.studies --help`."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from finetune.bases.files.exceptions import BaseModelError
from finetune.studies.design.folder import PATHS, PROBLEMS, RunLeft, StudyFolder
from finetune.studies.design.settings import StudySettings
from finetune.studies.design.writing import as_csv, as_markdown
from finetune.training.exceptions import AlreadyRunning, BadConfig
from quantum.exceptions import QuantumError
from quantum.threads import wait_passively

BAD, FAILED = 2, 1


def main(arguments: list[str] | None = None) -> int:
    """Make a study, run it, show what it came to."""
    wait_passively()
    parser = _parser()
    parsed = parser.parse_args(arguments)
    try:
        return int(parsed.do(parsed))
    except (BadConfig, BaseModelError, QuantumError) as error:
        print(f"Error: {error}", file=sys.stderr)
        return BAD
    except (AlreadyRunning, RunLeft, OSError) as error:
        print(f"Error: {error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("Stopped. Start it again to go on.", file=sys.stderr)
        return FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m finetune.studies",
        description="The same training with several arms: what does the circuit add?",
    )
    commands = parser.add_subparsers(required=True)
    new = commands.add_parser("new", help="make a study's folder")
    new.add_argument("folder", type=Path)
    for name in PATHS:
        new.add_argument(f"--{name.replace('_', '-')}", required=True)
    new.add_argument("--problems-file", help="problems of the task arithmetic")
    for name, field in StudySettings.model_fields.items():
        text = str(field.description).replace("%", "%%")
        plain = field.annotation in (str, int, float)
        new.add_argument(f"--{name.replace('_', '-')}", help=text + ("" if plain else " (JSON)"))
    new.set_defaults(do=_new)
    run = commands.add_parser(
        "run", help="make the runs that are missing, then score the test file"
    )
    run.add_argument("folder", type=Path)
    run.add_argument("--most", type=int, help="runs at most")
    run.set_defaults(do=_run)
    table = commands.add_parser("table", help="show what it came to")
    table.add_argument("folder", type=Path)
    table.add_argument("--form", choices=["markdown", "csv", "json"], default="markdown")
    table.set_defaults(do=_table)
    return parser


def _new(parsed: argparse.Namespace) -> int:
    values: dict[str, Any] = {name: str(Path(getattr(parsed, name)).absolute()) for name in PATHS}
    if parsed.problems_file is not None:
        values[PROBLEMS] = str(Path(parsed.problems_file).absolute())
    for name, field in StudySettings.model_fields.items():
        text = getattr(parsed, name)
        if text is None:
            continue
        try:
            values[name] = text if field.annotation is str else json.loads(text)
        except ValueError as error:
            print(f"Error: --{name.replace('_', '-')} is not JSON: {error}", file=sys.stderr)
            return BAD
    made = StudyFolder.make(parsed.folder, values)
    for arm in made.arms:
        print(f"{arm.name:12} {arm.parameters:>12,} numbers  {arm.title}")
    print(f"Start it: python -m finetune.studies run {parsed.folder}")
    return 0


def _run(parsed: argparse.Namespace) -> int:
    study = StudyFolder(parsed.folder)

    def told(line: str) -> None:
        print(line, flush=True)

    if not study.run(told, most=parsed.most):
        print(f"{study.left} or more runs are left: start it again to go on.")
        return 0
    study.score(told)
    print(as_markdown(study.table()))
    return 0


def _table(parsed: argparse.Namespace) -> int:
    table = StudyFolder(parsed.folder).table()
    if parsed.form == "json":
        print(json.dumps(table.as_dict(), indent=1, ensure_ascii=False))
    else:
        print((as_csv if parsed.form == "csv" else as_markdown)(table), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
