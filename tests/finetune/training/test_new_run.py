"""`new` reads an option as its setting's type, and answers hostile values in one line."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from finetune.training.__main__ import main
from finetune.training.config import RunConfig
from finetune.training.new_run import TYPES, option_of, value_of
from tests.conftest import ROOT
from tests.doubles.wukong_chips import patchy_72

HOSTILE = [
    "", " ", "2024", "-1", "0", "1.5", "1e999", "nan", "-inf", "9" * 5000, "null", "true", "false",
    "[]", "[1]", '["a", 2]', "{}", '{"r": 4}', '{"r": null}', '{"r": NaN}', '"quoted"', "{",
    "[" * 100_000, "x", "²", "٣", "a\0b", "\udc80", '["\\ud800"]', '{"\\ud800": "\\ud800"}', "--",
    "%s %d", "/", "../..", "/dev/null", "ä" * 300,
]  # fmt: skip
Write = Callable[..., Path]


def made(folder: Path, *arguments: str) -> RunConfig:
    assert main(["new", str(folder), "--base-model", "x", *arguments]) == 0
    return RunConfig.read(folder / "config.json")


@pytest.mark.parametrize("name", TYPES)
def test_no_value_of_any_option_ends_in_a_traceback(
    name: str, tmp_path: Path, write_dialogues: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    base = {"--base-model": "x", "--train-file": str(write_dialogues(3))}
    for number, text in enumerate(HOSTILE):
        folder = tmp_path / str(number)
        given = {**base, option_of(name): text}
        code = main(["new", str(folder), *(f"{key}={value}" for key, value in given.items())])
        errors = capsys.readouterr().err
        if code == 0:
            config = RunConfig.read(folder / "config.json")
            assert (
                TYPES[name] != "str"
                or name in ("calibration", "train_file")
                or text in str(getattr(config, name))
            )
        else:
            assert code == 2
            assert errors.startswith("Error: ")
            assert option_of(name) in errors
            assert errors.count("\n") == 1
            assert not (folder / "config.json").exists()


@pytest.mark.parametrize("text", ["2024", "42", "true", "null", "[1]", '"quoted"', "1e3", "ünï"])
def test_what_is_a_text_stays_one(text: str, tmp_path: Path, write_dialogues: Write) -> None:
    train = str(write_dialogues(3))
    config = made(tmp_path / "run", "--train-file", train, "--system-prompt", text)
    assert config.system_prompt == text
    assert value_of("train_file", text) == text


def test_a_file_may_be_named_like_a_number(
    tmp_path: Path, write_dialogues: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_dialogues(3, name="2024")
    config = made(tmp_path / "run", "--train-file", "2024", "--validation-file", "2024")
    assert config.train_file == config.validation_file == str(tmp_path / "2024")


def test_numbers_lists_and_objects(tmp_path: Path, write_dialogues: Write) -> None:
    config = made(
        tmp_path / "run", "--train-file", str(write_dialogues(3)), "--steps", "+5",
        "--learning-rate", "1", "--targets", '["o_proj"]', "--adapter", "lora",
        "--adapter-options", '{"r": 2}', "--sample-prompts", '["42", "null"]',
    )  # fmt: skip
    assert (config.steps, config.learning_rate, config.targets) == (5, 1.0, ["o_proj"])
    assert config.adapter_options == {"r": 2}
    assert config.sample_prompts == ["42", "null"]


@pytest.mark.parametrize(
    ("option", "text", "words"),
    [
        ("--sample-prompts", "x", "--sample-prompts: must be a list of texts as JSON, such as"),
        ("--targets", "q_proj,v_proj", "--targets: must be a list of texts as JSON"),
        ("--targets", "[1]", "--targets: must be a list of texts"),
        ("--adapter-options", "r=4", "--adapter-options: must be an object as JSON"),
        ("--steps", "many", "--steps: must be a whole number, not 'many'"),
        ("--steps", "true", "--steps: must be a whole number, not 'true'"),
        ("--learning-rate", "fast", "--learning-rate: must be a number, not 'fast'"),
        ("--learning-rate", "nan", "--learning-rate: must be a finite number"),
        ("--seed", "-1", "--seed: must be at least 0"),
        ("--seed", str(2**32), "--seed: must be at most"),
        ("--train-file", "nowhere", "nowhere cannot be read: No such file"),
        ("--train-file", "", "--train-file: is required"),
        ("--calibration", "nowhere", "--calibration: nowhere cannot be read"),
        ("--system-prompt", "\udc80", "--system-prompt: must be valid text"),
    ],
)
def test_the_option_is_named(
    option: str, text: str, words: str, tmp_path: Path, write_dialogues: Write,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    given = {"--train-file": str(write_dialogues(3)), "--base-model": "x", option: text}
    arguments = [f"{name}={value}" for name, value in given.items()]
    assert main(["new", str(tmp_path / "run"), *arguments]) == 2
    assert words in capsys.readouterr().err


def test_every_wrong_option_is_told_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["new", str(tmp_path / "run"), "--steps", "x", "--targets", "y"]) == 2
    errors = capsys.readouterr().err
    assert all(f"{name}: " in errors for name in ("--steps", "--targets", "--train-file"))


def test_a_folder_that_cannot_be_made(
    tmp_path: Path, write_dialogues: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    train = write_dialogues(3)
    for folder in (train, train / "inside", Path("a\0b")):
        assert main(["new", str(folder), "--train-file", str(train), "--base-model", "x"]) == 2
        assert "the folder cannot be made" in capsys.readouterr().err


def test_a_calibration_is_read_from_its_file(
    tmp_path: Path, write_dialogues: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    chip, binary = tmp_path / "chip.json", tmp_path / "binary"
    chip.write_text(patchy_72().to_json())
    binary.write_bytes(b"\xff\xfe\x00")
    train = ("--train-file", str(write_dialogues(3)))
    assert made(tmp_path / "run", *train, "--calibration", str(chip)).calibration
    arguments = ["new", str(tmp_path / "other"), *train, "--calibration", str(binary)]
    assert main([*arguments, "--base-model", "x"]) == 2
    assert "is not UTF-8 text" in capsys.readouterr().err


def test_blank_lines_are_no_dialogues(tmp_path: Path, write_dialogues: Write) -> None:
    train = write_dialogues(64)
    train.write_text("\n" + train.read_text().replace("\n", "\n \n\n"), encoding="utf-8")
    config = made(tmp_path / "run", "--train-file", str(train), "--preset", "paper")
    assert config.steps == 6  # three passes over 64 dialogues, 32 a step


def test_the_command_reads_its_options_too(tmp_path: Path, write_dialogues: Write) -> None:
    """Bytes that are not UTF-8 come as half surrogates from the system."""
    arguments: list[str | bytes] = [
        sys.executable, "-m", "finetune.training", "new", str(tmp_path / "run"),
        "--train-file", str(write_dialogues(3)), "--base-model", b"\xff\xfe",
    ]  # fmt: skip
    done = subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "--base-model: must be valid text" in done.stderr


def test_every_setting_has_its_option() -> None:
    assert set(TYPES) == set(RunConfig.model_fields)
    assert set(TYPES.values()) == {"str", "int", "float", "list[str]", "dict[str, Any]"}
    json.dumps(TYPES)
