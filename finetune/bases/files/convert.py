"""Convert a GGUF file into a folder of safetensors, once.

    python -m finetune.bases.files.convert FILE.gguf TARGET

Loading a GGUF file expands its weights every time (some 30 s on two cores for 135 million); the
converted folder loads in about a second. It says in `wukong.json` where the weights come
from and which format they were expanded from, because that belongs beside every result.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import psutil

from quantum.threads import wait_passively

from .exceptions import BaseModelError
from .inspect import sizes_of, weights_check
from .wheels import file_sha256

FLOAT32 = 4
PLAIN = {"F32", "F16", "BF16"}
PIECE = re.compile(r"-\d{5}-of-\d{5}$")


def convert(
    gguf: Path,
    target: Path,
    *,
    name: str,
    licence: str,
    origin: str,
    upstream: str = "",
    source_sha256: str = "",
    progress: Callable[[str], None] = print,
) -> Path:
    """Expand `gguf` to float32 and write model and tokenizer to the folder `target`.

    Args:
        gguf: the file to read.
        target: the folder to make; it appears whole, by one rename.
        name: what people call the model.
        licence: SPDX name of the weights' licence.
        origin: where this file was taken from.
        upstream: the model's own page.
        source_sha256: hash of the GGUF file, kept for the record.
        progress: called with one line at the start and at the end.

    Returns:
        `target`.

    Raises:
        BaseModelError: the file is not a GGUF file that transformers can expand.
        OSError: the disk is full or the folder cannot be written.
    """
    numbers, kind = gguf_numbers(gguf)
    target.parent.mkdir(parents=True, exist_ok=True)
    room_check(gguf, target.parent, numbers * FLOAT32)
    progress(f"Converting {gguf.name} to safetensors (once, about 30 seconds on two cores).")
    started = time.monotonic()
    partial = target.parent / f".{target.name}.converting"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        note = {
            "name": name,
            "licence": licence,
            "source": origin,
            "upstream": upstream,
            "source_sha256": source_sha256,
            "parameters": _write(gguf, partial, numbers),
            "dtype": "float32",
            "note": expanded_note(kind),
        }
        (partial / "wukong.json").write_text(json.dumps(note, indent=2) + "\n")
        _sync(partial)
        if target.exists():
            target.rmdir()  # an empty folder; a full one raises OSError, which is right
        os.rename(partial, target)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    progress(f"Converted in {time.monotonic() - started:.0f} s: {target}")
    return target


def gguf_numbers(gguf: Path) -> tuple[int, str]:
    """How many numbers a GGUF file holds, and in which format most of them are.

    Raises:
        BaseModelError: it is not there, is no whole GGUF file, or one piece of several.
    """
    from gguf import GGUFReader

    if not gguf.is_file():
        raise BaseModelError(f"There is no file {gguf}.", code="folder")
    if PIECE.search(gguf.stem):
        raise BaseModelError(
            f"{gguf.name} is one piece of several. Join them with llama.cpp's llama-gguf-split "
            "--merge, then name the whole file.",
            code="folder",
        )
    kinds: Counter[str] = Counter()
    try:
        for tensor in GGUFReader(str(gguf)).tensors:
            kinds[tensor.tensor_type.name] += int(tensor.n_elements)
    except (OSError, ValueError, KeyError, IndexError) as error:
        raise BaseModelError(
            f"{gguf} is no whole GGUF file ({error}). Copy it again.", code="folder"
        ) from error
    if not kinds:
        raise BaseModelError(f"{gguf} holds no weights.", code="folder")
    return kinds.total(), kinds.most_common(1)[0][0]


def expanded_note(kind: str) -> str:
    """What a reader of results must know about weights that were in this format."""
    if kind in PLAIN:
        return f"Its weights were {kind} in a GGUF file"
    bits = re.search(r"Q(\d)", kind)
    return f"{f'{bits[1]}-bit' if bits else 'Quantised'} weights ({kind}) expanded to float32"


def room_check(gguf: Path, folder: Path, needed: int) -> None:
    """Refuse what fits neither on the disk nor into memory, where it is once before it is saved."""
    for place, free in (
        (f"in {folder}", shutil.disk_usage(folder).free),
        ("of memory", psutil.virtual_memory().available),
    ):
        if free < needed:
            raise BaseModelError(
                f"Expanded, {gguf.name} needs {needed / 1e9:.2f} GB {place}, where "
                f"{free / 1e9:.2f} GB are free. Make room, then start again.",
                code="disk",
            )


def _write(gguf: Path, folder: Path, numbers: int) -> int:
    """Load, expand and save; return how many numbers the model has."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer, GgufConfig
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        # A file without its description would become a model of the default size, at random.
        config = AutoConfig.from_pretrained(str(gguf.parent), gguf_file=gguf.name)
        with torch.device("meta"):
            network = AutoModelForCausalLM.from_config(config)  # type: ignore[no-untyped-call]
        sizes = sizes_of(network)
        weights_check(
            str(gguf), numbers, sizes["parameters"], sizes["vocabulary"] * sizes["hidden"]
        )
        model = AutoModelForCausalLM.from_pretrained(
            str(gguf.parent),
            gguf_file=gguf.name,
            dtype=torch.float32,
            quantization_config=GgufConfig(dequantize=True),
        )
        tokenizer = AutoTokenizer.from_pretrained(str(gguf.parent), gguf_file=gguf.name)
    except (ValueError, KeyError, NotImplementedError) as error:
        raise BaseModelError(f"{gguf} cannot be read as a GGUF model: {error}") from error
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config  # else save_pretrained refuses, and loading too
    model.save_pretrained(str(folder))
    tokenizer.save_pretrained(str(folder))
    return sum(tensor.numel() for tensor in model.parameters())


def _sync(folder: Path) -> None:
    """Flush every file of `folder` to the disk before the rename makes it visible."""
    for path in folder.iterdir():
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def main(arguments: list[str] | None = None) -> int:
    """Command line: expand a file; print `{"error": "..."}` and return 1 on failure."""
    wait_passively()
    parser = argparse.ArgumentParser(
        prog="python -m finetune.bases.files.convert", description="Expand a GGUF file, once."
    )
    parser.add_argument("gguf", type=Path, help="the file")
    parser.add_argument("target", type=Path, help="folder to make")
    parser.add_argument("--name", default="", help="what people call it")
    parser.add_argument("--licence", default="", help="its licence")
    parsed = parser.parse_args(arguments)
    name = parsed.name or parsed.gguf.stem
    origin = str(parsed.gguf.absolute())
    try:
        gguf_numbers(parsed.gguf)
        sha256 = file_sha256(parsed.gguf)
        target = parsed.target.absolute()
        convert(
            parsed.gguf, target,
            name=name, licence=parsed.licence, origin=origin, source_sha256=sha256,
        )  # fmt: skip
    except (BaseModelError, OSError) as error:
        print(json.dumps({"error": str(error)}, ensure_ascii=False))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
