"""Going on from another run's adapter: its weights become this run's first ones.

Knows nothing of where that run was, or of the site: it reads the adapter's folder.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from peft import get_peft_model_state_dict, set_peft_model_state_dict
from safetensors import SafetensorError
from safetensors.torch import load_file

from finetune.training.config import RunConfig
from finetune.training.exceptions import BadConfig
from finetune.training.loop.finite_files import WEIGHTS, adapter_problem
from finetune.training.problems import Problem

# Of circuits: counts of what ran, and where the start was measured. Another run counts anew, and
# measures the start again, since its backend, noise, chip or shots may be others.
FRESH = ("has_run", "start_name")


def load_start(model: Any, config: RunConfig, run_folder: Path) -> int:
    """Put the weights of `config.start_adapter` into a model that has the same adapter.

    Args:
        model: base with adapter.
        config: the run's settings.
        run_folder: what a relative path starts from.

    Returns:
        How many numbers were loaded.

    Raises:
        BadConfig: there is no such adapter, it is of another kind, its shapes differ, or it holds
            numbers that are not finite.
    """
    folder = run_folder / config.start_adapter  # an absolute path stays as it is
    about = _about(folder)
    kind = about.get("adapter", config.adapter)
    if kind != config.adapter:
        raise _refused(f"it is an adapter of kind {kind}, and this run trains {config.adapter}")
    _check_couplers(folder, model)
    try:
        weights = load_file(folder / WEIGHTS)
    except (OSError, SafetensorError) as error:
        raise _refused(f"{folder / WEIGHTS} cannot be read ({error})") from error
    if problem := adapter_problem(folder):
        raise _refused(f"{problem}; choose another run's adapter, or start without one")
    if problem := _difference(get_peft_model_state_dict(model), weights):
        raise _refused(problem)
    for name, tensor in weights.items():
        if name.endswith(FRESH):
            weights[name] = torch.zeros_like(tensor)
    set_peft_model_state_dict(model, weights)
    return sum(item.numel() for item in weights.values())


def _check_couplers(folder: Path, model: Any) -> None:
    """Refuse an adapter whose circuit joins other qubits: its shapes may be the same."""
    own = getattr(model.peft_config["default"], "couplers", None)
    if own is None:
        return
    try:
        about = json.loads((folder / "adapter_config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _refused(f"{folder / 'adapter_config.json'} cannot be read ({error})") from error
    other = about.get("couplers", own)
    if len(own) == len(other) and own != other:
        raise _refused("its circuit is built on other couplers; give this run its calibration")


def _about(folder: Path) -> dict[str, Any]:
    """Return what the trainer that wrote the adapter said about it; nothing if it said nothing."""
    if not folder.is_dir():
        raise _refused(f"there is no folder {folder}")
    try:
        about: dict[str, Any] = json.loads((folder / "wukong.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}  # a checkpoint, or an adapter from elsewhere: the shapes decide
    except ValueError as error:
        raise _refused(f"{folder / 'wukong.json'} is not JSON ({error})") from error
    return about


def _difference(own: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> str:
    """Return the first difference between two adapters' names and shapes, in words."""
    missing, extra = sorted(own.keys() - other.keys()), sorted(other.keys() - own.keys())
    if missing or extra:
        name = (missing or extra)[0]
        where = "is missing in it" if missing else "is not in this run's adapter"
        return f"{name} {where}; base, layers and options must be the same"
    for name, tensor in own.items():
        if tensor.shape != other[name].shape:
            return (
                f"{name} has shape {tuple(other[name].shape)} in it and {tuple(tensor.shape)} "
                "here; base, layers and options must be the same"
            )
    return ""


def _refused(problem: str) -> BadConfig:
    return BadConfig(Problem("start_adapter", f"cannot be taken: {problem}"))
