"""The engine of this benchmark: says one sentence token by token, and has a real engine judge it.

It is asked like our own, at the address that the web process knows as the engine's. A draft that
follows a held sentence says the same sentence again: so the second chance is tried as well.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import httpx

from chat.engine.client import JUDGE_SECONDS
from chat.safety.fitting.cases import Case
from chat.safety.gate import judged, sentences
from tests.doubles.speaking_engine import SpeakingEngine

# For a sentence that answers nothing in particular, in the language of its talk.
NEUTRAL = {
    "en": "I had a long day and nobody to tell.",
    "zh": "今天过得很累，也没有人可以说。",
}


def reply_of(case: Case) -> str:
    """The reply that a case is the end of."""
    gap = " " if case.before.isascii() and case.before else ""
    return f"{case.before}{gap}{case.sentence}"


def pieces_of(case: Case) -> list[str]:
    """The sentences of the case, without the one before it, as the gate cuts them."""
    cut = sentences(reply_of(case))
    before = len(sentences(case.before)) if case.before else 0
    return [piece.strip() for piece in cut[before:]]


TOGETHER = 32


class SayingEngine(SpeakingEngine):
    """Says `case` to whoever asks, and forwards what it is to judge.

    `late` counts judgements that came after the site had given up and closed the gate: on a busy
    machine they say nothing about the gate's verdict, and the case is sent again.
    """

    def __init__(self) -> None:
        super().__init__()
        self.case: Case | None = None
        self.judge = httpx.Client(trust_env=False, timeout=600)

    def judged_by(self, url: str, key: str) -> None:
        """Name the engine that judges."""
        self.judge.base_url = httpx.URL(url)
        self.judge.headers["authorization"] = f"Bearer {key}"

    def texts_for(self, body: dict[str, Any]) -> list[str]:
        assert self.case is not None, "a client asks before it has said what is to be told"
        goes_on = body.get("continue_final_message")
        text = f" {self.case.sentence}" if goes_on else reply_of(self.case)
        return [text] * (body.get("n") or 1)

    def judgements(self, body: dict[str, Any]) -> list[dict[str, Any]]:
        began = time.monotonic()
        answer = self.judge.post("/v1/judgements", json=body)
        answer.raise_for_status()
        self.late += time.monotonic() - began > JUDGE_SECONDS
        data: list[dict[str, Any]] = answer.json()["data"]
        return data

    def judge_all(self, found: Sequence[Case]) -> None:
        """Have every sentence judged once before anybody waits for it: the judge remembers."""
        texts = []
        for case in found:
            cut = sentences(reply_of(case))
            texts += [judged(now, before) for before, now in zip(["", *cut], cut, strict=False)]
        for start in range(0, len(texts), TOGETHER):
            body = {"kind": "reply", "texts": texts[start : start + TOGETHER]}
            self.judge.post("/v1/judgements", json=body).raise_for_status()
