"""What a run's log says before its first step: the model, the data, the circuit.

Knows nothing of the training loop.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from finetune.training.args import RunConfig
from finetune.training.data import Loaded
from finetune.training.events import EventLog
from finetune.training.model import Facts
from finetune.training.pictures import picture_of
from quantum.adapters.registry import get_adapter


def announce(
    folder: Path,
    config: RunConfig,
    log: EventLog,
    known: Facts,
    train: Loaded,
    validation: Loaded | None,
) -> None:
    log.emit(
        "model",
        f"{known.trainable_parameters:,} trainable parameters, "
        f"{known.ratio:.1%} of LoRA r = 8 on q_proj and v_proj.",
        {**asdict(known), "ratio": known.ratio},
    )
    data: dict[str, Any] = {}
    for part, loaded in (("train", train), ("validation", validation)):
        if loaded is not None:
            data[part] = {
                "dialogues": loaded.dialogues,
                "used": len(loaded.examples),
                "skipped": loaded.skipped,
                "truncated": loaded.truncated,
                "tokens": loaded.tokens,
                "label_tokens": loaded.label_tokens,
            }
    log.emit("data", f"{len(train.examples)} dialogues to learn from.", data)
    for part, loaded in (("train", train), ("validation", validation)):
        if loaded is not None and loaded.truncated:
            log.emit(
                "warning",
                f"{loaded.truncated} of {len(loaded.examples)} {part} dialogues are longer than "
                f"{config.sequence_length} tokens: their last turns are left out.",
                {"truncated": loaded.truncated, "part": part},
            )
    _draw(folder, config, log)


def _draw(folder: Path, config: RunConfig, log: EventLog) -> None:
    """Draw the run's circuit, if its adapter has one."""
    circuit = get_adapter(config.adapter).circuit(config.options, config.chip)
    picture = picture_of(config.adapter, config.options, config.chip)
    if circuit is None or picture is None:
        return
    from quantum.drawing import draw_svg

    files = []
    for theme in ("light", "dark"):
        path = folder / f"circuit-{theme}.svg"
        path.write_text(draw_svg(picture.circuit, theme), encoding="utf-8")
        files.append(path.name)
    data = {
        "qubits": circuit.n_qubits,
        "layers": int(config.options.get("n_layers", 1)),
        "depth": circuit.depth,
        "gates": circuit.gate_counts(),
        "parameters": circuit.n_angles,
        "files": files,
        "backend": config.backend,
    }
    log.emit("circuit", f"A circuit of {circuit.n_qubits} qubits, depth {circuit.depth}.", data)
