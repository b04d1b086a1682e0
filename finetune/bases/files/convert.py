"""Convert a GGUF file into a folder of safetensors, once.

Loading a GGUF file expands its 4-bit weights every time (some 30 s on two cores); the
converted folder loads in about a second. It says in `wukong.json` where the weights come
from and that they are 4-bit ones expanded, because that belongs beside every result.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .exceptions import BaseModelError


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
    progress(f"Converting {gguf.name} to safetensors (once, about 30 seconds on two cores).")
    started = time.monotonic()
    partial = target.parent / f".{target.name}.converting"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        note = _write(gguf, partial)
        note = {
            "name": name,
            "licence": licence,
            "source": origin,
            "upstream": upstream,
            "source_sha256": source_sha256,
            **note,
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


def _write(gguf: Path, folder: Path) -> dict[str, Any]:
    """Load, expand and save; return what `wukong.json` says about the weights."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
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
    quantisation = gguf.stem.rsplit(".", 1)[-1]
    return {
        "parameters": sum(tensor.numel() for tensor in model.parameters()),
        "dtype": "float32",
        "note": f"4-bit weights ({quantisation}) expanded to float32",
    }


def _sync(folder: Path) -> None:
    """Flush every file of `folder` to the disk before the rename makes it visible."""
    for path in folder.iterdir():
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
