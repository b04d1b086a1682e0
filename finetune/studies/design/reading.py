"""What one run of a study came to, read from the log that its trainer wrote."""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import Any

from finetune.training.log.events import read_events
from finetune.training.use.meter import Use

from .cells import Result

LAST_SHARE = 0.1  # of the steps, over which the train loss is averaged


def result_of(folder: Path) -> Result | None:
    """A run folder's result; None while its run has neither succeeded nor failed.

    Raises:
        DamagedLog: the log cannot be read.
    """
    log = folder / "events.jsonl"
    if not log.exists():
        return None
    ended, steps, facts, latest = "", [], {}, {}
    result: dict[str, Any] = {}
    failure = ""
    for event in read_events(log):
        data = event["data"]
        if event["type"] == "metrics":
            steps.append(data)
        elif event["type"] == "model":
            facts = data
        elif event["type"] == "evaluation":
            latest = data
        elif event["type"] == "result":
            result = data
        elif event["type"] == "error":
            failure = event["message"]
        elif event["type"] == "state" and data.get("state") in ("succeeded", "failed"):
            ended = data["state"]
    if not ended:
        return None
    if ended == "failed":
        return Result(
            failed=failure or "The run failed.", parameters=facts.get("trainable_parameters")
        )
    counted = {**latest, **(steps[-1] if steps else {})}
    return Result(
        base_loss=result.get("base_validation_loss"),
        best_loss=result.get("best_validation_loss"),
        best_step=result.get("best_step"),
        last_loss=result.get("validation_loss"),
        train_loss=_train_loss(steps),
        parameters=facts.get("trainable_parameters"),
        step_seconds=_step_seconds(folder),
        processor_seconds=result.get("processor_seconds"),
        peak_memory_mb=result.get("peak_memory_mb"),
        joules=result.get("energy_joules"),
        circuits=counted.get("circuits_run"),
        shots=counted.get("shots_run"),
        precision=str(facts.get("precision", "")),
        failed="" if result.get("best_validation_loss") is not None else "It was not evaluated.",
    )


def _train_loss(steps: list[dict[str, Any]]) -> float | None:
    count = max(1, round(LAST_SHARE * len(steps)))
    losses = [one["train_loss"] for one in steps[-count:] if one.get("train_loss") is not None]
    return statistics.fmean(losses) if losses else None


def _step_seconds(folder: Path) -> float | None:
    measured = Use.of(folder).measured or {}
    steps = measured.get("steps", 0)
    return round(measured.get("step_seconds", 0.0) / steps, 3) if steps else None
