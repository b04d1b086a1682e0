"""What to change in a new run: words for people, settings for the form that is filled in with them.

Knows nothing of torch, or of what went wrong.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from finetune.training.log.sentences import sentence
from finetune.training.settings import RunSettings
from quantum.adapters.registry import get_adapter

SHORTEST = 64  # tokens; below that dialogues are hardly dialogues


@dataclass(frozen=True)
class Advice:
    """One sentence, and the settings that it names."""

    words: str
    changes: dict[str, Any] = field(default_factory=dict)


def lower_rate(settings: RunSettings) -> Advice:
    rate = settings.learning_rate / 3
    return _rate(settings, rate) if settings.max_grad_norm else _limited(settings, rate)


def higher_rate(settings: RunSettings) -> Advice:
    return _rate(settings, min(1.0, settings.learning_rate * 3))


def _rate(settings: RunSettings, wanted: float) -> Advice:
    rate, now = float(f"{wanted:.2g}"), settings.learning_rate
    words = sentence(
        "Start a new run with a learning rate of %(rate)s instead of %(now)s.",
        rate=f"{rate:g}",
        now=f"{now:g}",
    )
    return Advice(words, {"learning_rate": rate})


def _limited(settings: RunSettings, wanted: float) -> Advice:
    rate, now = float(f"{wanted:.2g}"), settings.learning_rate
    words = sentence(
        "Start a new run with a learning rate of %(rate)s instead of %(now)s, and limit the "
        "gradient to 1 (max_grad_norm).",
        rate=f"{rate:g}",
        now=f"{now:g}",
    )
    return Advice(words, {"learning_rate": rate, "max_grad_norm": 1.0})


def less_memory(settings: RunSettings) -> Advice:
    """Smaller passes of the same steps; shorter dialogues where a pass is one dialogue already."""
    batch, added = settings.batch_size, settings.gradient_accumulation
    if batch > 1:
        smaller, more = -(-batch // 2), min(1024, added * 2)
        return Advice(
            sentence(
                "Start a new run with batch size %(smaller)s instead of %(batch)s and gradient "
                "accumulation %(more)s instead of %(added)s: a step learns from as many "
                "dialogues, in passes of half the size.",
                smaller=smaller,
                batch=batch,
                more=more,
                added=added,
            ),
            {"batch_size": smaller, "gradient_accumulation": more},
        )
    if settings.sequence_length > SHORTEST:
        length = max(SHORTEST, settings.sequence_length // 2)
        return Advice(
            sentence(
                "Start a new run with a sequence length of %(length)s instead of %(now)s, or with "
                "a smaller base model.",
                length=length,
                now=settings.sequence_length,
            ),
            {"sequence_length": length},
        )
    return Advice(
        sentence("Start a new run with a smaller base model, or on a machine with more memory.")
    )


def livelier_circuit(settings: RunSettings) -> Advice:
    """Fewer layers: gradients of deep random circuits vanish (McClean et al., 2018)."""
    named = get_adapter(settings.adapter).circuit_options
    layers = int(settings.options.get(named.layers, 1)) if named else 1
    if named and layers > 1:
        return Advice(
            sentence(
                "Start a new run with %(fewer)s circuit layers (%(option)s) instead of "
                "%(layers)s, or a narrower circuit.",
                fewer=layers - 1,
                option=named.layers,
                layers=layers,
            ),
            {"adapter_options": {named.layers: layers - 1}},
        )
    return Advice(sentence("Start a new run with a narrower circuit, or another seed."))
