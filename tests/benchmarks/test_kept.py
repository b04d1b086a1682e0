"""A benchmark that was stopped goes on from what it had measured."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks.frame import Kept

WAYS = ["ours", "theirs"]


def rows(round_: int, steps: int, **more: Any) -> list[dict[str, Any]]:
    return [
        {"round": round_, "step": step, "way": way, "wall": 1.0 + step, **more}
        for step in range(steps)
        for way in WAYS
    ]


def test_only_whole_turns_of_the_same_question_count(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "results.jsonl"
    kept = Kept(path, {"batch": 4})
    assert kept.turns(WAYS) == []
    for row in rows(1, 3):
        kept.add(row)
    Kept(path, {"batch": 8}).add(rows(1, 2)[-1])
    kept.add({"round": 1, "step": 3, "way": "ours", "wall": 9.0})  # it was stopped in this turn
    with path.open("a") as file:
        file.write('{"asked": {"batch": 4}, "round": 1, "st')
    again = Kept(path, {"batch": 4})
    assert again.rows == kept.rows
    assert [turn["theirs"]["wall"] for turn in again.turns(WAYS)] == [2.0, 3.0]
    for row in rows(2, 2):
        again.add(row)
    assert Kept(path, {"batch": 4}).turns(list(reversed(WAYS)))[-1] == {
        "theirs": rows(2, 2)[-1],
        "ours": rows(2, 2)[-2],
    }
