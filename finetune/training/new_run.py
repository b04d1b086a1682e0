"""A run folder from a preset and options named like the settings: `finetune.training new`.

An option's text is read as its setting's type: what is a text stays one, so 2024 may be a file's
name. Knows nothing of training; it loads no torch before a file of dialogues is counted.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path
from typing import Any

from finetune.training.config import RunConfig, help_texts
from finetune.training.dialogues.positions import positions_in, positions_problem
from finetune.training.exceptions import BadConfig
from finetune.training.presets import PRESETS, preset_values
from finetune.training.problems import Problem

PATHS = ("train_file", "validation_file", "start_adapter")
NAMES = {str: "str", int: "int", float: "float", list[str]: "list[str]"}
TYPES = {
    name: NAMES.get(field.annotation, "dict[str, Any]")  # type: ignore[arg-type]
    for name, field in RunConfig.model_fields.items()
}
SHAPES = {  # of the types that are written as JSON: how it must begin in Python, and words
    "list[str]": (list, """a list of texts as JSON, such as '["one", "two"]'"""),
    "dict[str, Any]": (dict, """an object as JSON, such as '{"name": 1}'"""),
}


def new(arguments: list[str]) -> int:
    """Make a run folder; return the exit code: 0, or 2 where an option cannot be used."""
    parser = argparse.ArgumentParser(
        prog="python -m finetune.training new",
        description="Make a run folder: a preset, and any setting on top of it. Texts and numbers "
        "are taken as they are, lists and objects as JSON.",
    )
    parser.add_argument("run_dir", type=Path, help="folder to make")
    parser.add_argument("--preset", choices=sorted(PRESETS), default="quick", help="start from")
    for name, text in help_texts().items():
        parser.add_argument(
            option_of(name), help=text.replace("%", "%%").replace("as JSON", "as a JSON file")
        )
    parsed = vars(parser.parse_args(arguments))
    folder: Path = parsed.pop("run_dir")
    preset: str = parsed.pop("preset")
    try:
        config = _config(preset, {name: text for name, text in parsed.items() if text is not None})
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "config.json").write_text(config.to_json(), encoding="utf-8")
    except BadConfig as error:
        problems = (f"{option_of(one.field)}: {one.words}" for one in error.problems)
        print(f"Error: {'; '.join(problems)}", file=sys.stderr)
        return 2
    except (OSError, ValueError) as error:  # a path with a null character is a ValueError
        print(f"Error: the folder cannot be made: {error}", file=sys.stderr)
        return 2
    print(f"Made {folder / 'config.json'}. Start it: python -m finetune.training {folder}")
    return 0


def option_of(name: str) -> str:
    """Return the option that gives a setting."""
    return f"--{name.replace('_', '-')}"


def value_of(name: str, text: str) -> Any:
    """Read an option's text as its setting's type.

    Raises:
        ValueError: with a sentence about what is wanted.
    """
    kind = TYPES[name]
    if kind == "int":
        if not re.fullmatch(r"[+-]?[0-9]{1,4000}", text.strip()):
            raise ValueError(f"must be a whole number, not {text!r:.60}")
        return int(text)
    if kind == "float":
        try:
            return float(text)
        except ValueError:
            raise ValueError(f"must be a number, not {text!r:.60}") from None
    if kind in SHAPES:
        wanted, words = SHAPES[kind]
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, wanted):
            raise ValueError(f"must be {words}, not {text!r:.60}")
        return value
    return text


def _config(preset: str, texts: dict[str, Any]) -> RunConfig:
    """Return the settings of a new run.

    Raises:
        BadConfig: with one sentence for each option that cannot be used.
    """
    problems: list[Problem] = []
    given: dict[str, Any] = {}
    for name, text in texts.items():
        try:
            if not isinstance(text, str):  # argparse makes a list of `--name=--`
                raise ValueError("needs a value")
            given[name] = _file_text(text) if name == "calibration" else value_of(name, text)
            if name in PATHS and text:
                given[name] = str(Path(text).absolute())
        except ValueError as error:
            problems.append(Problem(name, str(error)))
    dialogues = 0
    try:
        dialogues = _dialogues(given.get("train_file", ""))
    except ValueError as error:
        problems.append(Problem("train_file", str(error)))
    if problems:
        raise BadConfig(*problems)
    config = RunConfig.from_dict({**preset_values(preset, dialogues), **given})
    positions = positions_in(Path(config.base_model))
    if problem := positions_problem(config.base_model, positions, config.sequence_length):
        raise BadConfig(Problem("sequence_length", problem))
    return config


def _dialogues(path: str) -> int:
    """Count the dialogues of a file. Raises ValueError: it cannot be read or holds none."""
    from finetune.training.dialogues.lines import count_dialogues

    if not path:
        raise ValueError("is required")
    try:
        count = count_dialogues(Path(path))
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror or error}") from error
    if not count:
        raise ValueError(f"{path} holds no dialogue")
    return count


def _file_text(path: str) -> str:
    """Return what a file says. Raises ValueError: it cannot be read."""
    if not path:
        return ""
    try:
        return Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not UTF-8 text") from error
