"""Command line of the trainer. See `python -m finetune.training --help`."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

from finetune.training.args import RunConfig, help_texts
from finetune.training.events import Event
from finetune.training.exceptions import AlreadyRunning, BadConfig, DamagedLog
from finetune.training.presets import PRESETS, preset_values

EPILOG = """\
exit codes:
  0 succeeded   1 failed   2 settings cannot be used   3 cancelled   4 paused
  5 told to leave by a signal or by the death of its parent (start it again: it resumes)
  6 another trainer works in this folder

A run that was interrupted resumes from its last checkpoint when it is started again.
To cancel or pause one: echo cancel > RUN_DIR/control
"""


def main(arguments: list[str] | None = None) -> int:
    """Train a run folder, or make one with `new`."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments[:1] == ["new"]:
        return _new(arguments[1:])
    parser = argparse.ArgumentParser(
        prog="python -m finetune.training",
        description="Fine-tune a language model with the settings in RUN_DIR/config.json. "
        "'python -m finetune.training new RUN_DIR --help' tells how to make a run folder.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("run_dir", type=Path, help="the run's folder")
    parser.add_argument(
        "--detached", action="store_true", help="go on when the process that started it is gone"
    )
    parsed = parser.parse_args(arguments)
    if not parsed.run_dir.is_dir():
        print(f"Error: there is no folder {parsed.run_dir}.", file=sys.stderr)
        return 2
    from finetune.training.run import ALREADY_RUNNING, FAILED, run

    try:
        return run(parsed.run_dir, detached=parsed.detached, listener=_show)
    except AlreadyRunning as error:
        print(f"Error: {error}", file=sys.stderr)
        return ALREADY_RUNNING
    except (DamagedLog, OSError) as error:
        print(f"Error: {error}", file=sys.stderr)
        return FAILED


def _show(event: Event) -> None:
    """Print an event as one readable line."""
    text = event["message"]
    if event["type"] == "sample":
        text += f": {event['data']['reply']!r:.160}"
    try:
        print(f"{event['seq']:>5} {event['type']:<10} {text}", flush=True)
    except OSError:
        # Whoever read our output is gone. The run goes on to its checkpoint, and the log has
        # everything, so later lines go nowhere.
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115


def _new(arguments: list[str]) -> int:
    """Make a run folder from a preset and options named like the settings."""
    parser = argparse.ArgumentParser(
        prog="python -m finetune.training new",
        description="Make a run folder: a preset, and any setting on top of it as JSON or text.",
    )
    parser.add_argument("run_dir", type=Path, help="folder to make")
    parser.add_argument("--preset", choices=sorted(PRESETS), default="quick", help="start from")
    for name, text in help_texts().items():
        parser.add_argument(f"--{name.replace('_', '-')}", help=text.replace("%", "%%"))
    parsed = vars(parser.parse_args(arguments))
    folder: Path = parsed.pop("run_dir")
    given = {name: _value(text) for name, text in parsed.items() if text is not None}
    preset = str(given.pop("preset"))
    for name in ("train_file", "validation_file", "start_adapter"):
        if isinstance(given.get(name), str) and given[name]:
            given[name] = str(Path(given[name]).absolute())
    try:
        with Path(given.get("train_file", "")).open("rb") as lines:
            dialogues = sum(1 for _ in lines)
        config = RunConfig.from_dict({**preset_values(preset, dialogues), **given})
    except (BadConfig, OSError) as error:
        print(f"Error: {error}", file=sys.stderr)
        return 2
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(config.to_json(), encoding="utf-8")
    print(f"Made {folder / 'config.json'}. Start it: python -m finetune.training {folder}")
    return 0


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


if __name__ == "__main__":
    sys.exit(main())
