"""What an export is to hold, as the site writes it, and how far it has come, as the site reads it.

FOLDER/order.json      in: an `Order`
FOLDER/metrics.csv     in: every step
FOLDER/progress.json   out: a phase and the share of the work that is done
FOLDER/result.json     out: the archive's name, size, hash and files, or why there is none
FOLDER/ARCHIVE.zip     out
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Self

from finetune.files import write_whole

PARTS = ("adapter", "merged", "gguf")
LOADING, MERGING, WRITING, CHECKING, PACKING = (
    "loading", "merging", "writing", "checking", "packing",
)  # fmt: skip
GGUF_KINDS = ("llama", "qwen2", "qwen3")  # as a base's config calls its architecture


@dataclass(frozen=True)
class Order:
    """One export.

    Attributes:
        name: of the archive, without its ending.
        parts: of `PARTS`; the adapter comes along always.
        base: folder of the base model on this machine.
        base_id: what the base is called elsewhere: a hub's name, or the studio's.
        licence: of the base, as SPDX has it or its owners do.
        source: folder with the weights: a run's adapter, or a checkpoint.
        adapter: the adapter's name in the registry.
        pictures: drawings of the circuit that are there already, by file name.
        facts: what the card tells.
    """

    name: str
    parts: tuple[str, ...]
    base: str
    base_id: str
    licence: str
    source: str
    adapter: str
    pictures: dict[str, str]
    facts: dict[str, Any]

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read the order in an export's folder."""
        values = json.loads((folder / "order.json").read_text(encoding="utf-8"))
        known = {one.name: values[one.name] for one in fields(cls)}
        return cls(**{**known, "parts": tuple(known["parts"])})

    def write(self, folder: Path) -> None:
        """Put the order into an export's folder."""
        write_whole(folder / "order.json", json.dumps(asdict(self), ensure_ascii=False))


def progress_write(folder: Path, phase: str, share: float) -> None:
    """Say what is being done, and which share of all of it is done."""
    write_whole(folder / "progress.json", json.dumps({"phase": phase, "share": round(share, 3)}))


def base_kind(base: Path) -> str:
    """Return what a base's config calls its architecture; empty where that cannot be read."""
    try:
        values = json.loads((base / "config.json").read_text(encoding="utf-8"))
        return str(values["model_type"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""
