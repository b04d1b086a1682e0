"""`python -m finetune.evaluation.process FOLDER [PARENT]`: order.json in, result.json out.

Where the worker PARENT is gone, nobody waits for it: it ends.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from finetune.evaluation.scoring.exceptions import EvaluationError
from finetune.evaluation.scoring.subject import Subject, base_subject, run_subject
from finetune.files import write_whole
from finetune.training.exceptions import TrainingError
from quantum.exceptions import QuantumError
from quantum.threads import wait_passively

from .order import (
    DATA,
    EXAMPLES,
    FEW_SHOT,
    RESULT,
    Order,
    Terms,
    cases_of,
    progress_write,
)

Told = Callable[[float], None]


def evaluated(order: Order, data: Path, told: Told) -> dict[str, Any]:
    """Compute one evaluation.

    Returns:
        What a file of results says.

    Raises:
        EvaluationError, TrainingError, QuantumError: it cannot be computed.
    """
    terms = Terms.model_validate(order.terms)
    subject = subject_of(order)
    if order.kind == "replies":
        from finetune.evaluation.replies.results import replies

        return replies(subject, data, limit=terms.limit, longest=terms.tokens, told=told)
    if order.kind == "arithmetic":
        from finetune.evaluation.arithmetic import results

        put = results.Terms(
            prompt=terms.prompt,
            examples=data.with_name(EXAMPLES) if terms.prompt == FEW_SHOT else None,
            shots=terms.examples,
            limit=terms.limit,
            longest=terms.tokens,
        )
        return results.arithmetic(subject, data, put, told)
    if order.kind == "imported":
        from finetune.evaluation.imported.results import imported

        cases = cases_of(data.parent)
        if cases is None:
            raise EvaluationError("The cases are gone from the server.")
        return imported(
            subject,
            cases,
            limit=terms.limit,
            longest=terms.tokens,
            run_prompt=terms.run_prompt,
            alone=True,
            told=told,
        )
    if order.kind == "harness":
        from finetune.evaluation.harness.results import harness

        return harness(
            subject,
            Path(order.tasks),
            tasks=[terms.task],
            limit=terms.limit,
            chat=terms.chat,
            told=told,
        )
    if order.kind == "ladder":
        return climbed(order, subject, data, terms, told)
    from finetune.evaluation.scoring.score import Options, score

    return score(subject, data, Options(terms.circuit, terms.seed, terms.limit), told)


def climbed(order: Order, subject: Subject, data: Path, terms: Terms, told: Told) -> dict[str, Any]:
    """Climb a ladder; circuits of a chip go through the folder beside the data."""
    from finetune.evaluation.scoring.ladder import CHIP, EXACT, NOISE, SHOTS, Climb, ladder_climb
    from finetune.training.circuits.backends import cloud_limits
    from finetune.training.circuits.exchange import FOLDER
    from quantum.sampling.costs import Tariff

    from .asking import Asking

    rungs: tuple[str, ...] = (EXACT, SHOTS, NOISE)
    chip, share = None, 0.0

    def told_rung(done: float, found: list[dict[str, Any]]) -> None:
        nonlocal share
        share = done
        told(share)

    if order.chip is not None:
        rungs = (*rungs, CHIP)
        asking = Asking(data.with_name(FOLDER), lambda: told(share))
        chip = asking, cloud_limits(CHIP, {"chip": order.chip} if order.chip else {})
    climb = Climb(
        rungs=rungs,
        shots=terms.shots,
        chip=chip,
        tariff=Tariff(*order.price) if order.price else None,
    )
    return ladder_climb(subject, data, climb, terms.limit, told_rung)


def subject_of(order: Order) -> Subject:
    """Return what is evaluated."""
    if order.base:
        return base_subject(order.base, None)
    return run_subject(Path(order.run), order.checkpoint)


def without_places(result: dict[str, Any]) -> None:
    """Leave out where things lie on this server: the result may be downloaded."""
    for part, name in (
        ("model", "run"),
        ("model", "base_model"),
        ("data", "file"),
        ("data", "folder"),
    ):
        if place := result.get(part, {}).get(name):
            result[part][name] = Path(place).name
    result.get("computing", {}).pop("machine", None)


def main(folder: Path, parent: int | None = None) -> int:
    """Compute the evaluation in `folder`; a refusal is its result, too."""
    wait_passively()

    def told(share: float) -> None:
        if parent is not None and os.getppid() != parent:
            sys.exit("The worker that wanted it is gone.")
        progress_write(folder, share)

    try:
        result = evaluated(Order.read(folder), folder / DATA, told)
    except (EvaluationError, TrainingError, QuantumError) as error:
        result = {"problem": str(error)}
    without_places(result)
    write_whole(folder / RESULT, json.dumps(result, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else None))
