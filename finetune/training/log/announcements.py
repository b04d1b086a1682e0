"""What a run's log says before its first step: the model, the data, the circuit.

Knows nothing of the training loop.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from finetune.training.circuits.pictures import picture_of
from finetune.training.config import RunConfig
from finetune.training.dialogues.data import Loaded
from finetune.training.dialogues.left_out import KINDS
from finetune.training.model import Facts
from finetune.training.preference.settings import PREFERENCE
from quantum.adapters.registry import get_adapter

from .events import EventLog

TOLD = 3  # reasons written out in the warning


def announce(
    folder: Path,
    config: RunConfig,
    log: EventLog,
    known: Facts,
    train: Loaded,
    validation: Loaded | None,
) -> dict[str, Any]:
    """Write the events about model, data and circuit; return the counts of the data."""
    log.emit(
        "model",
        f"{known.trainable_parameters:,} trainable parameters, "
        f"{known.ratio:.1%} of LoRA r = 8 on q_proj and v_proj.",
        {**asdict(known), "ratio": known.ratio},
    )
    parts = {"train": train, **({"validation": validation} if validation else {})}
    counts = {part: counts_of(loaded) for part, loaded in parts.items()}
    given = counts["train"]
    what = "pairs of replies" if config.kind == PREFERENCE else "dialogues"
    message = f"{given['used']:,} {what} to learn from."
    if given["not_needed"]:
        message += f" The seed chose them; {given['not_needed']:,} others are not needed."
    log.emit("data", message, counts)
    for part, loaded in parts.items():
        _warn(part, loaded, config, log)
    _draw(folder, config, log)
    return counts


def counts_of(loaded: Loaded) -> dict[str, Any]:
    """Return what became of a file's dialogues, as the log, the result and the run's page have it.

    `skipped` is the sum of those refused, changed, too long, without a reply to learn and not
    readable. `not_needed` were never looked at: the run's steps, or its evaluations, take fewer.
    """
    return {
        "dialogues": loaded.dialogues,
        "used": loaded.used,
        "not_needed": loaded.dialogues - loaded.looked_at,
        "skipped": loaded.skipped,
        **{kind: getattr(loaded, kind) for kind in KINDS},
        "truncated": loaded.truncated,
        "tool_turns": loaded.tool_turns,
        "reasons": loaded.reasons,
        "tokens": loaded.tokens,
        "label_tokens": loaded.label_tokens,
    }


def _warn(part: str, loaded: Loaded, config: RunConfig, log: EventLog) -> None:
    """Say what a part of the data lost: dialogues left out, and dialogues that lost turns."""
    if loaded.skipped:
        counts = counts_of(loaded)
        kinds = "; ".join(
            f"{counts[kind]:,} {words}" for kind, words in KINDS.items() if counts[kind]
        )
        first = "; ".join(loaded.reasons[:TOLD])
        longest = f" ({config.sequence_length} tokens at most)" if loaded.too_long else ""
        log.emit(
            "warning",
            f"{loaded.skipped:,} of {loaded.dialogues:,} {part} dialogues are left out"
            + (f": {kinds}{longest}." if kinds else ".")
            + (f" The first: {first}." if first else ""),
            {"part": part, **counts},
        )
    if loaded.truncated:
        log.emit(
            "warning",
            f"{loaded.truncated} of {len(loaded.examples)} {part} dialogues are longer than "
            f"{config.sequence_length} tokens: their last turns are left out.",
            {"truncated": loaded.truncated, "part": part},
        )
    if loaded.tool_turns:
        log.emit(
            "warning",
            f"The base's chat template has no words for tools: {loaded.tool_turns:,} calls, "
            f"results and lists of tools of the {part} dialogues are left out. Replies that rest "
            "on a result are learned without it.",
            {"tool_turns": loaded.tool_turns, "part": part},
        )


def _draw(folder: Path, config: RunConfig, log: EventLog) -> None:
    """Draw the run's circuit, if its adapter has one."""
    circuit = config.circuit()
    picture = picture_of(config.adapter, config.options, config.chip)
    named = get_adapter(config.adapter).circuit_options
    if circuit is None or picture is None or named is None:
        return
    from quantum.circuits.drawing import draw_svg

    files = []
    for theme in ("light", "dark"):
        path = folder / f"circuit-{theme}.svg"
        path.write_text(draw_svg(picture.circuit, theme), encoding="utf-8")
        files.append(path.name)
    data = {
        "qubits": circuit.n_qubits,
        "layers": int(config.options.get(named.layers, 1)),
        "depth": circuit.depth,
        "gates": circuit.gate_counts(),
        "parameters": circuit.n_angles,
        "files": files,
        "backend": config.backend,
    }
    log.emit("circuit", f"A circuit of {circuit.n_qubits} qubits, depth {circuit.depth}.", data)
