"""Logs of runs that nobody trained, for `benchmarks.site.many_rows`: curves, replies, checkpoints.

Figures and words are drawn from one seed, so that two folders are alike.
"""

from __future__ import annotations

import json
import math
import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

LONG = {1: 100_000, 2: 25_000, 3: 25_000}  # number of a run: its steps
MIDDLE, MIDDLE_STEPS = 100, 5_000
SHORT_STEPS = (100, 170)
WORDS = ("calm", "rain", "early", "walk", "night", "friend", "exam", "work", "sleep", "quiet")
draw = random.Random(7)


def words(count: int) -> str:
    return " ".join(draw.choice(WORDS) for _ in range(count))


def steps_of(number: int) -> int:
    if number in LONG:
        return LONG[number]
    return MIDDLE_STEPS if number <= len(LONG) + MIDDLE else draw.randint(*SHORT_STEPS)


def metrics_of(step: int, total: int) -> dict[str, Any]:
    """A noisy curve that falls, in the fields that the trainer writes."""
    loss = 3.2 + math.exp(-4 * step / total) + draw.gauss(0, 0.12)
    return {
        "step": step,
        "total_steps": total,
        "epoch": round(step / 300, 4),
        "train_loss": loss,
        "train_accuracy": 0.3 + 0.1 * step / total + draw.gauss(0, 0.01),
        "learning_rate": 1e-2 * (1 - step / (total + 1)),
        "grad_norm": abs(draw.gauss(1.1, 0.3)),
        "tokens_per_second": round(draw.gauss(300, 30), 1),
        "trained_tokens": step * 640,
        "memory_mb": 1900 + step % 7,
        "seconds_left": float(total - step),
        "circuit_gradient_variance": abs(draw.gauss(2e-6, 1e-6)),
        "circuit_gradient_norm": abs(draw.gauss(0.02, 0.005)),
    }


def lines_of(steps: int) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """A run's log as (type, message, data)."""
    yield "state", "Waiting for a worker.", {"state": "queued"}
    yield "state", "Taken by a worker.", {"state": "running"}
    every = max(20, steps // 1_000)
    for step in range(steps + 1):
        if step:
            data = metrics_of(step, steps)
            yield "metrics", f"step {step} of {steps}: loss {data['train_loss']:.4f}", data
        if step % every == 0:
            loss = 3.3 + math.exp(-4 * step / steps)
            data = {"step": step, "validation_loss": loss, "validation_accuracy": 0.35}
            yield "evaluation", f"held-out loss {loss:.4f} after step {step}", data
            for index in range(2):
                reply = {"step": step, "index": index, "prompt": words(8), "reply": words(30)}
                yield "sample", f"sample reply after step {step}", reply
            if step:
                path = {"step": step, "path": f"checkpoints/step-{step}"}
                yield "checkpoint", f"checkpoint after step {step}", path
    yield "state", "Succeeded.", {"state": "succeeded"}


def events_insert(runs: list[Any]) -> int:
    """Fill the log's table directly: two million rows through the ORM would take many minutes."""
    from django.db import connection, transaction

    statement = (
        "INSERT INTO finetune_runevent (run_id, seq, source_seq, time, type, level, message, data) "
        "VALUES (%s, %s, %s, %s, %s, 'info', %s, %s)"
    )
    count = 0
    with transaction.atomic(), connection.cursor() as cursor:
        for run in runs:
            rows = [
                (run.pk, seq, seq, run.created_at + timedelta(seconds=seq), kind, message,
                 json.dumps(data))
                for seq, (kind, message, data) in enumerate(lines_of(run.total_steps), 1)
            ]  # fmt: skip
            for start in range(0, len(rows), 5_000):
                cursor.executemany(statement, rows[start : start + 5_000])
            run.last_seq = run.copied_seq = len(rows)
            count += len(rows)
    return count
