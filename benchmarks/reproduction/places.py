"""Where bases are looked for, and where work and results of the reproduction lie."""

from __future__ import annotations

from pathlib import Path

from benchmarks.frame import ROOT

WORK = ROOT / "var" / "reproduction"
KEPT = ROOT / "docs" / "reproduction"


def base_folder(name: str) -> Path:
    """Where a base model is."""
    places = [ROOT / "var" / place / name for place in ("qwen", "base-models")]
    found = next((place for place in places if place.is_dir()), None)
    if found is None:
        raise SystemExit(f"{name} is not here: {' or '.join(map(str, places))}")
    return found
