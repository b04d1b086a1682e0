"""Circuits and calibrations of settings, read once: forms and lists ask for the same few."""

from functools import lru_cache
from typing import Any

from quantum.adapters.registry import get_adapter
from quantum.chips.calibration import Calibration
from quantum.circuits.circuit import Circuit


@lru_cache(maxsize=64)
def calibration_read(text: str) -> Calibration:
    """Return a calibration from its JSON; kept, since lists of runs ask for the same ones."""
    return Calibration.from_json(text)


@lru_cache(maxsize=256)
def circuit_of(
    adapter: str, options: tuple[tuple[str, Any], ...], calibration: str
) -> Circuit | None:
    """The circuit of an adapter; kept, since forms and lists ask for the same few."""
    chip = calibration_read(calibration) if calibration else None
    return get_adapter(adapter).circuit(dict(options), chip)
