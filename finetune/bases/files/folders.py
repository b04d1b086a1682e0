"""Whether a folder holds a base model that can be loaded here: nothing of it is run, nothing of it
but headers is read. What is wrong is said with what to do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from .exceptions import BaseModelError

INDEX, WEIGHTS = "model.safetensors.index.json", "model.safetensors"
PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl")


def folder_check(folder: Path) -> int:
    """Look at config, tokenizer and weights.

    Returns:
        How many numbers the weights hold.

    Raises:
        BaseModelError: the first thing that is wrong.
    """
    if not folder.is_dir():
        raise BaseModelError(f"There is no folder {folder}.", code="folder")
    config = json_of(folder / "config.json", "Bring the whole folder of the model")
    if quantised := config.get("quantization_config"):
        method = quantised.get("quant_method", "?") if isinstance(quantised, dict) else "?"
        raise BaseModelError(
            f"{folder} holds weights that are quantised ({method}), which cannot be trained on "
            "here. Bring the model's own weights (float32, float16 or bfloat16).",
            code="folder",
        )
    json_of(folder / "tokenizer.json", "A fast tokenizer is needed; save one with transformers")
    return sum(numbers_of(folder / name) for name in weight_files(folder))


def json_of(path: Path, advice: str) -> dict[str, Any]:
    if not path.is_file():
        raise BaseModelError(f"{path.parent} has no {path.name}. {advice}.", code="folder")
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BaseModelError(f"{path} cannot be read: {error}. {advice}.", code="folder") from error
    if not isinstance(value, dict):
        raise BaseModelError(f"{path} is no JSON object. {advice}.", code="folder")
    return value


def weight_files(folder: Path) -> list[str]:
    """The files that hold the weights, all of which are there.

    Where there are both, transformers loads the single file and not the pieces.
    """
    if (folder / WEIGHTS).is_file():
        names = [WEIGHTS]
    elif (folder / INDEX).is_file():
        listed = json_of(folder / INDEX, "Bring the whole folder of the model").get("weight_map")
        values = list(listed.values()) if isinstance(listed, dict) else []
        inside = [name for name in values if isinstance(name, str) and Path(name).name == name]
        names = sorted(set(inside))
        if not names or len(inside) < len(values):
            raise BaseModelError(
                f"{folder / INDEX} does not list files beside itself. Bring the whole folder of "
                "the model again.",
                code="folder",
            )
    else:
        pickles = [path.name for pattern in PICKLES for path in sorted(folder.glob(pattern))]
        ggufs = [path.name for path in sorted(folder.glob("*.gguf"))]
        advice = f"Name the file itself ({folder / ggufs[0]}) to have it expanded" if ggufs else (
            "Bring a folder with model.safetensors"
        )  # fmt: skip
        if pickles:
            advice = (
                f"{pickles[0]} is a pickle, which can run code, so it is not opened. Save the "
                "model elsewhere with save_pretrained, which writes safetensors, and bring that"
            )
        raise BaseModelError(f"{folder} has no {WEIGHTS}. {advice}.", code="folder")
    if missing := [name for name in names if not (folder / name).is_file()]:
        raise BaseModelError(
            f"{folder} lacks {missing[0]}, one of {len(missing)} missing files of weights. Copy "
            "the folder again, whole.",
            code="folder",
        )
    return names


def numbers_of(path: Path) -> int:
    """How many numbers a file holds, by its header; the header says how long the file must be."""
    try:
        with safe_open(path, framework="numpy") as weights:
            total = 0
            for name in weights.keys():  # noqa: SIM118 - it is no dict
                numbers = 1
                for length in weights.get_slice(name).get_shape():
                    numbers *= length
                total += numbers
    except (SafetensorError, OSError) as error:
        raise BaseModelError(
            f"{path} is not a whole safetensors file ({error}). Copy it again.", code="folder"
        ) from error
    return total
