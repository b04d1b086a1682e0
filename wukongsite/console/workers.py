"""The workers on the console: each that the Procfile names is expected, and named if missing."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime

from django.conf import settings

from wukongsite.celery import app as celery_app
from wukongsite.processes.signs import Sign, signs_read

from .parts import Part

ANSWER_SECONDS = 1.0
SILENT_SECONDS = 10.0
WAITS = {  # what waits while a worker is missing
    "train": "runs and evaluations wait and do not go on",
    "tasks": "no data is checked, no lost run is newest, no circuit is drawn",
    "quantum": "jobs on quantum machines are neither sent nor asked for",
    "explorer": "experiments wait",
    "errands": "no base model is downloaded, no run exported, neither webhook nor e-mail sent",
}
ADVICE = (
    "The studio starts a worker again by itself within half a minute. If it stays away, look at "
    "its lines in the output of “make run”, and end its process where that is stopped or hangs; a "
    "worker on a host of its own is started there."
)


def expected_workers() -> list[str]:
    """The names of the workers in the Procfile, as `train`."""
    text = (settings.BASE_DIR / "Procfile").read_text()
    return re.findall(r"^\w+:.*-A wukongsite worker .*--hostname (\w+)@", text, re.MULTILINE)


def workers_part(*, broker: bool) -> Part:
    """Every expected worker: ready, busy, silent or missing.

    Args:
        broker: whether Valkey answers; if not, only the workers' own signs are looked at.
    """
    now = time.time()
    newest = newest_signs()
    alive = {name: sign for name, sign in newest.items() if now - sign.heard < SILENT_SECONDS}
    answered: set[str] = set()
    problem = "" if broker else "not asked: no broker"
    if broker:
        try:
            answered = workers_answering(expecting=sum(not sign.busy for sign in alive.values()))
        except Exception as error:  # whatever the broker's client raises in mid-question
            problem = f"cannot be asked: {error}"
    facts, missing, silent = {}, [], []
    for name in dict.fromkeys([*expected_workers(), *alive, *answered]):
        sign = newest.get(name)
        if name in alive and alive[name].busy:
            facts[name] = busy_words(alive[name], now)
        elif name in answered:
            facts[name] = "ready"
        elif name in alive:
            facts[name] = "is there, not asked" if problem else "is there, but does not answer"
            silent += [] if problem else [name]
        else:
            facts[name] = f"missing: {heard_words(sign, now)}"
            missing.append(name)
    sentences = [problem.capitalize() + "."] if problem else []
    for name in missing:
        waits = f"; {WAITS[name]}" if name in WAITS else ""
        sentences.append(f"{name} is missing{waits}.")
    if silent:
        sentences.append(
            f"No answer within {ANSWER_SECONDS:g} s from {', '.join(silent)}: just started, "
            "hanging, or on a very busy machine. Look again in a moment."
        )
    if missing:
        sentences.append(ADVICE)
    text = " ".join(sentences) or f"all {len(facts)} are there"
    return Part("Workers", not sentences, text, facts)


def newest_signs() -> dict[str, Sign]:
    """Of each kind of worker the one heard last, on whatever host."""
    newest: dict[str, Sign] = {}
    for sign in sorted(signs_read(), key=lambda sign: sign.heard):
        newest[sign.name.partition("@")[0]] = sign
    return newest


def workers_answering(*, expecting: int) -> set[str]:
    """Ask on the broker; stop waiting when as many as expected have answered."""
    if not expecting:
        return set()
    answers = celery_app.control.ping(timeout=ANSWER_SECONDS, limit=expecting) or []
    return {name.partition("@")[0] for answer in answers for name in answer}


def busy_words(sign: Sign, now: float) -> str:
    task, since = sign.busy[0]
    more = f" and {len(sign.busy) - 1} more" if len(sign.busy) > 1 else ""
    return f"busy: {task} for {max(0.0, now - since):.0f} s{more}"


def heard_words(sign: Sign | None, now: float) -> str:
    if sign is None:
        return "never heard of"
    at = datetime.fromtimestamp(sign.heard, tz=UTC)
    return f"process {sign.pid} not heard since {at:%H:%M:%S} UTC ({now - sign.heard:.0f} s ago)"
