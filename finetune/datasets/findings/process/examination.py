"""All checks over one reading of a split."""

from __future__ import annotations

import time
from pathlib import Path

from finetune.datasets.findings.checks.registry import CHECKS

from .dialogue import dialogues
from .finding import Check, Finding, Told
from .order import Order

READING = 0.6  # of the whole: the rest is what checks do behind it
SAY_SECONDS = 0.5


def examine(order: Order, out: Path, told: Told = lambda share: None) -> list[Finding]:
    """Read a split once and return what the checks find.

    Args:
        order: what is to be examined.
        out: folder for the files of places; is there.
        told: takes the share of the work that is done, twice a second.
    """
    checks = [check(order, out, order.dialogues) for check in CHECKS]
    said = time.monotonic()
    for number, dialogue in enumerate(dialogues(Path(order.data))):
        for check in checks:
            if number % check.step == 0:
                check.read += 1
                check.feed(dialogue)
        if time.monotonic() - said > SAY_SECONDS:
            said = time.monotonic()
            told(READING * min(1.0, number / max(1, order.dialogues)))
    findings: list[Finding] = []
    for number, check in enumerate(checks):
        findings += check.result(rest(told, number, checks))
    told(1.0)
    return findings


def rest(told: Told, number: int, checks: list[Check]) -> Told:
    """How far all is when the check of this number is so far with the rest of its work."""

    def tell(share: float) -> None:
        told(READING + (1 - READING) * (number + share) / len(checks))

    return tell
