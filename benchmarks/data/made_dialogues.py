"""A JSONL file of made-up dialogues, as large as wanted, none like another.

    python -m benchmarks.data.made_dialogues /tmp/million.jsonl --dialogues 1000000

A line has about a kilobyte: a system text in every third dialogue, one to four exchanges, some
escapes, and Chinese in a share of them. The same seed writes the same file.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_TEXT = (
    "today I feel tired and my work is too much for one person so what would you do in my place "
    "maybe we talk about sleep first because nights were short since the move to another town my "
    "sister calls every evening she is worried but kind what helps you rest when thoughts go round "
    'she said "yes" and then nothing more it was 20 past nine [sic] <3 the plan: walk, eat, write\n'
)
WORDS = _TEXT.split(" ")
SIGNS = "今天我觉得很累工作太多了晚上睡不好想和你聊一聊朋友说应该休息但是心里总是放不下这件事"
SYSTEM = "You listen, and answer in a few plain sentences."


def text(chance: random.Random, letters: int, chinese: bool) -> str:
    if chinese:
        return "".join(chance.choices(SIGNS, k=letters // 3))
    return " ".join(chance.choices(WORDS, k=letters // 5))


def dialogue(chance: random.Random, chinese_share: float) -> dict[str, Any]:
    chinese = chance.random() < chinese_share
    messages = [{"role": "system", "content": SYSTEM}] if chance.random() < 1 / 3 else []
    exchanges = chance.randint(1, 4)
    for _ in range(exchanges):
        messages.append({"role": "user", "content": text(chance, 240 // exchanges, chinese)})
        answer = text(chance, 600 // exchanges, chinese)
        messages.append({"role": "assistant", "content": answer})
    return {"messages": messages}


def lines(dialogues: int, *, seed: int = 7, chinese_share: float = 0.2) -> Iterator[bytes]:
    chance = random.Random(seed)
    for _ in range(dialogues):
        one = dialogue(chance, chinese_share)
        yield json.dumps(one, ensure_ascii=False).encode() + b"\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", type=Path)
    parser.add_argument("--dialogues", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--chinese", type=float, default=0.2, help="share of Chinese dialogues")
    given = parser.parse_args()
    with given.path.open("wb") as handle:
        for line in lines(given.dialogues, seed=given.seed, chinese_share=given.chinese):
            handle.write(line)
    print(f"{given.path}: {given.path.stat().st_size / 1e6:,.0f} MB")


if __name__ == "__main__":
    main()
