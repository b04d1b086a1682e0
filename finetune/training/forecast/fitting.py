"""What to change in a run that does not fit its machine: each change is checked by the forecast.

Knows nothing of pages: a change is its settings, and what they would take.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from finetune.training.settings import RunSettings

from .outlook import Forecast

OFFERED = 3
SHORTEST = 64  # a sequence length below which dialogues lose too much
PLAIN_TARGETS = ["q_proj", "v_proj"]

Foresee = Callable[[RunSettings, str], Forecast | None]
"""(settings, name of a base or empty for the run's own) -> its forecast."""


@dataclass(frozen=True)
class Change:
    """Settings under which a run fits.

    Attributes:
        values: what changes, by the setting's name; `base` is another base model.
        forecast: what the run would take.
    """

    values: Mapping[str, Any]
    forecast: Forecast


def changes_that_fit(
    settings: RunSettings, lacks: str, bases: Iterable[str], foresee: Foresee
) -> tuple[Change, ...]:
    """Find changes under which a run fits, those that change least of what it learns first.

    Args:
        settings: of the run that does not fit.
        lacks: what there is too little of: `memory` or `disk`.
        bases: other bases to take, the largest first.
        foresee: forecasts a run.
    """
    ways = [memory_ways(settings)] if lacks == "memory" else [disk_ways(settings)]
    ways.append([{"base": base}] for base in bases)
    if lacks == "memory":
        ways.append([{"base": base, **smallest(settings)}] for base in bases)
    return tuple(islice(fitting(settings, ways, foresee), OFFERED))


def fitting(
    settings: RunSettings, ways: Iterable[Iterable[Iterable[Mapping[str, Any]]]], foresee: Foresee
) -> Iterator[Change]:
    """Of each way the first step that fits."""
    seen: list[Mapping[str, Any]] = []
    for way in (way for group in ways for way in group):
        for values in way:
            if values in seen:
                continue
            own = {name: value for name, value in values.items() if name != "base"}
            forecast = foresee(settings.changed(**own), values.get("base", ""))
            if forecast is not None and not forecast.lacks:
                seen.append(values)
                yield Change(values, forecast)
                break


def memory_ways(settings: RunSettings) -> Iterator[Iterable[Mapping[str, Any]]]:
    """Smaller batches that learn the same, shorter dialogues, both, fewer layers."""
    yield smaller_batches(settings)
    yield shorter(settings)
    if settings.batch_size > 1:
        yield ({**smallest(settings), **step} for step in shorter(settings))
    if set(settings.targets) > set(PLAIN_TARGETS):
        yield [{"targets": PLAIN_TARGETS}, {"targets": PLAIN_TARGETS, **smallest(settings)}]
    half = settings.sequence_length // 2
    yield (
        {**smallest(settings), **step}
        for step in shorter(settings)
        if step["sequence_length"] <= half
    )


def disk_ways(settings: RunSettings) -> Iterator[Iterable[Mapping[str, Any]]]:
    """Fewer checkpoints that are kept, fewer layers, both."""
    fewer = [{"keep_checkpoints": keep} for keep in halved(settings.keep_checkpoints)]
    yield fewer
    if set(settings.targets) > set(PLAIN_TARGETS):
        yield [{"targets": PLAIN_TARGETS}]
        yield [{"targets": PLAIN_TARGETS, **step} for step in fewer]
    yield ({"steps": steps} for steps in halved(settings.steps))
    yield ({"keep_checkpoints": 1, "steps": steps} for steps in halved(settings.steps))


def smaller_batches(settings: RunSettings) -> Iterator[Mapping[str, Any]]:
    """As many dialogues a step, in more passes."""
    for size in halved(settings.batch_size):
        passes = -(-settings.dialogues_per_step // size)
        if size * passes == settings.dialogues_per_step and passes <= 1024:
            yield {"batch_size": size, "gradient_accumulation": passes}


def smallest(settings: RunSettings) -> Mapping[str, Any]:
    """A dialogue at a time, as many of them a step."""
    passes = min(1024, settings.dialogues_per_step)
    return {"batch_size": 1, "gradient_accumulation": passes}


def shorter(settings: RunSettings) -> Iterator[Mapping[str, Any]]:
    """Shorter sequences, in steps of an eighth."""
    for eighth in range(7, 0, -1):
        length = settings.sequence_length * eighth // 8 // 16 * 16
        if length >= SHORTEST:
            yield {"sequence_length": length}


def halved(number: int) -> Iterator[int]:
    """The halves of a number down to 1, without it."""
    while number > 1:
        number //= 2
        yield number
