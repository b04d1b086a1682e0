"""Plays talks through a running studio: each a person of its own, each turn one request.

The way is that of any client of the API: policy, gate, engine, library. What the policy made of a
turn is read from the database afterwards; no answer tells it.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

import httpx

from benchmarks.chat.crisis_talks.talks import Talk
from benchmarks.chat.studio import Studio
from chat.safety.library.replies import replies_in

Row = dict[str, Any]
REVIEWED = {words.id: words.text.strip() for name in ("en", "zh") for words in replies_in(name)}


def rows_of(path: Path) -> list[Row]:
    if not path.is_file():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def play(
    found: Sequence[Talk], running: Studio, transcript: Path, *, about: str, together: int
) -> list[str]:
    """Append the rows of each talk once it is over; returns what failed, in words."""
    writing = threading.Lock()
    failed: list[str] = []

    def one(talk: Talk) -> int:
        rows = [row | {"assistant": about} for row in talk_rows(talk, running)]
        lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        with writing, transcript.open("a", encoding="utf-8") as file:
            file.write(lines)
        return len(rows)

    with ThreadPoolExecutor(together) as threads:
        waiting = {threads.submit(one, talk): talk for talk in found}
        for done, future in enumerate(as_completed(waiting), 1):
            talk = waiting[future]
            try:
                end = f"{future.result()} turns"
            except httpx.HTTPError as error:
                end = f"failed: {error}"
                failed.append(f"{talk.id}: {error}")
            told = f"{talk.id}  {talk.category}, {talk.kind}: {end}"
            print(f"{done:3} of {len(found)}  {told}", flush=True)
    return failed


def talk_rows(talk: Talk, running: Studio) -> list[Row]:
    """A talk from its first turn to its last, with the replies that it got."""
    from django.db import connections

    head = {"talk": talk.id, "language": talk.language}
    head |= {"category": talk.category, "kind": talk.kind}
    said: list[dict[str, str]] = []
    rows: list[Row] = []
    cards = 0
    try:
        with running.http() as http:
            for number, turn in enumerate(talk.turns, 1):
                said.append({"role": "user", "content": turn.text})
                began = time.perf_counter()
                answer = http.post(
                    "/v1/chat/completions",
                    json={"model": running.assistant.id, "messages": said, "user": talk.id},
                )
                answer.raise_for_status()
                row, reply = answer_row(answer.json())
                state, shown = state_of(running, talk.id)
                # The key of a card stands in the log alone: the answer has its words.
                card = shown[-1] if row.pop("has_card") and len(shown) > cards else ""
                cards = len(shown)
                said.append({"role": "assistant", "content": reply})
                rows.append(
                    {
                        "talk": talk.id,
                        "language": talk.language,
                        "category": talk.category,
                        "kind": talk.kind,
                        "turn": number,
                        "mark": turn.mark,
                        "asked": turn.text,
                        **row,
                        "card": card,
                        **state,
                        "seconds": round(time.perf_counter() - began, 2),
                    }
                )
    finally:
        connections.close_all()  # of this thread
    return rows


def answer_row(body: Row) -> tuple[Row, str]:
    """What an answer says of its reply, and the reply."""
    (choice,) = body["choices"]
    (found,) = body["moderation"]["output"]["results"]
    (asked,) = body["moderation"]["input"]["results"]
    reply = choice["message"]["content"]
    reviewed = [words["id"] for words in found["reviewed"]]
    row = {
        "reply": reply,
        "writer": writer_of(reply, reviewed),
        "reviewed": reviewed,
        "held": found["held"],
        "finish": choice["finish_reason"],
        "quiet_line": bool(asked["quiet_line"]),
        "has_card": bool(asked["card"]),
    }
    return row, reply


def writer_of(reply: str, reviewed: Sequence[str]) -> str:
    """As the chat page has it: the library's is what holds no word of the assistant's."""
    whole = "\n\n".join(REVIEWED[name] for name in reviewed)
    return "library" if reviewed and reply.strip() == whole else "assistant"


def state_of(running: Studio, user: str) -> tuple[Row, list[str]]:
    """What the policy holds of this person now, and the cards that it has shown so far."""
    from chat.policy.models import RiskState, SafetyEntry
    from chat.policy.person import person_of_key
    from finetune.teams.models import ApiKey

    key = ApiKey.objects.get(name="benchmark")
    state = RiskState.objects.filter(mark=person_of_key(key, user).mark).first()
    if state is None:
        return {"level": 0, "state": ""}, []
    entries = SafetyEntry.objects.filter(person=state.pseudonym, action=SafetyEntry.Action.CARD)
    cards = list(entries.order_by("pk").values_list("category", flat=True))
    return {"level": int(state.level), "state": state.category}, cards
