"""Asks a base and a tuned assistant sixty openings, counts, and sets out pairs to judge blind.

    python -m benchmarks.chat.assistant_replies ask OUT --base FOLDER [--adapter RUN/adapter]
    python -m benchmarks.chat.assistant_replies pairs OUT/base.jsonl OUT/tuned.jsonl --to OUT/pairs
    python -m benchmarks.chat.assistant_replies unblind OUT/pairs

`ask` starts a real engine, sends the system prompt that runs train with, samples as the chat does
and writes one line a reply. `pairs` writes `pairs.txt`, in which either reply may be A, and
`key.json`, which nobody opens before `judgements.txt` (a line `en-01 A`, `B` or `=` each) is done.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import socket
import tempfile
import time
from contextlib import aclosing
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # read when torch is loaded

from benchmarks.chat.assistant_replies.signs import counted
from benchmarks.frame import processes
from chat.engine.client import EngineClient, EngineUnavailable
from finetune.training.settings import DEFAULT_SYSTEM_PROMPT

OPENINGS = Path(__file__).with_name("openings.jsonl")
TOKENS = 220  # WUKONG_CHAT_MAX_TOKENS
START_SECONDS = 180
TOGETHER = 20
Row = dict[str, Any]


def rows_of(path: Path) -> list[Row]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


async def reply_to(client: EngineClient, model: str, opening: Row, options: Row) -> list[Row]:
    """The drafts of one reply, with the seconds until the first and the last of them ended."""
    messages = [
        {"role": "system", "content": DEFAULT_SYSTEM_PROMPT},
        {"role": "user", "content": opening["text"]},
    ]
    count = options.get("n", 1)
    texts, ends, began, first = [""] * count, ["stop"] * count, time.perf_counter(), 0.0
    async with aclosing(client.stream_chat(model, messages, **options)) as deltas:
        async for delta in deltas:
            first = first or (time.perf_counter() - began if delta.text else 0.0)
            texts[delta.index] += delta.text
            ends[delta.index] = delta.finish_reason or ends[delta.index]
    seconds = time.perf_counter() - began
    return [
        opening
        | {"model": model, "draft": place, "reply": text, "finish": end}
        | {"first_seconds": round(first, 3), "seconds": round(seconds, 3)}
        for place, (text, end) in enumerate(zip(texts, ends, strict=True))
    ]


async def ask(out: Path, models: list[str], openings: list[Row], options: Row, url: str) -> None:
    client = EngineClient(url)
    for _ in range(START_SECONDS):
        try:
            await client.health()
            break
        except EngineUnavailable:
            await asyncio.sleep(1)
    gate = asyncio.Semaphore(TOGETHER)

    async def one(model: str, opening: Row) -> list[Row]:
        async with gate:
            return await reply_to(client, model, opening, options)

    for model in models:
        answered = await asyncio.gather(*(one(model, opening) for opening in openings))
        with (out / f"{model}.jsonl").open("w", encoding="utf-8") as lines:
            for row in (row for rows in answered for row in rows):
                lines.write(json.dumps(row, ensure_ascii=False) + "\n")
        report(out / f"{model}.jsonl")


def report(path: Path) -> None:
    """Print how many of the replies show each sign, by language."""
    rows = rows_of(path)
    for language in sorted({row["language"] for row in rows}):
        signs = [counted(r, r["reply"], r["finish"]) for r in rows if r["language"] == language]
        print(f"{path.stem}, {language}, {len(signs)} replies")
        for name in signs[0]:
            print(f"  {name:28} {sum(sign[name] for sign in signs):3}")


def pairs(first: Path, second: Path, to: Path, seed: int) -> None:
    """Set the two replies to each opening side by side, in an order that the key alone knows."""
    to.mkdir(parents=True, exist_ok=True)
    chance, key, lines = random.Random(seed), {}, []
    others = {row["id"]: row for row in rows_of(second) if not row["draft"]}
    for row in (row for row in rows_of(first) if not row["draft"]):
        sides = [(first.stem, row["reply"]), (second.stem, others[row["id"]]["reply"])]
        chance.shuffle(sides)
        key[row["id"]] = {"A": sides[0][0], "B": sides[1][0]}
        lines += [f"## {row['id']}  {row['text']}", f"A: {sides[0][1]}", f"B: {sides[1][1]}", ""]
    (to / "pairs.txt").write_text("\n".join(lines), encoding="utf-8")
    (to / "key.json").write_text(json.dumps(key))


def unblind(folder: Path) -> dict[str, dict[str, int]]:
    """How often each side was preferred, by language; "=" where neither was."""
    key, totals = json.loads((folder / "key.json").read_text()), dict[str, dict[str, int]]()
    for line in (folder / "judgements.txt").read_text().splitlines():
        name, side = line.split()[:2]
        winner = "=" if side == "=" else key.pop(name)[side]
        total = totals.setdefault(name.split("-")[0], {})
        total[winner] = total.get(winner, 0) + 1
    return totals


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.chat.assistant_replies")
    commands = parser.add_subparsers(dest="command", required=True)
    asking = commands.add_parser("ask", help="ask the openings and count")
    asking.add_argument("out", type=Path)
    asking.add_argument("--base", type=Path, required=True, help="folder of a base model")
    asking.add_argument("--adapter", type=Path, help="folder of a trained adapter")
    asking.add_argument("--only-adapter", action="store_true", help="leave the base out")
    asking.add_argument("--language", choices=("en", "zh"), help="only these openings")
    asking.add_argument("--limit", type=int, help="only the first so many")
    asking.add_argument("--drafts", type=int, default=1)
    for name in ("temperature", "top_p", "repetition_penalty"):
        asking.add_argument(f"--{name.replace('_', '-')}", type=float, help="else the default")
    pairing = commands.add_parser("pairs", help="write pairs to judge blind")
    pairing.add_argument("first", type=Path)
    pairing.add_argument("second", type=Path)
    pairing.add_argument("--to", type=Path, required=True)
    pairing.add_argument("--seed", type=int, default=9)
    commands.add_parser("unblind", help="count the judgements").add_argument("folder", type=Path)
    commands.add_parser("report", help="count again").add_argument("replies", type=Path, nargs="+")
    return parser.parse_args()


def asked(given: argparse.Namespace) -> None:
    """Publish what is asked, start the engine on a free port, and ask."""
    given.out.mkdir(parents=True, exist_ok=True)
    names = {"base": None} if not given.only_adapter else {}
    if given.adapter:
        names["tuned"] = str(given.adapter.resolve())
    numbers = ("temperature", "top_p", "repetition_penalty")
    options = {name: getattr(given, name) for name in numbers if getattr(given, name) is not None}
    options |= {"n": given.drafts, "seed": 9, "max_tokens": TOKENS}
    openings = [r for r in rows_of(OPENINGS) if given.language in (None, r["language"])]
    with tempfile.TemporaryDirectory() as folder, socket.socket() as probe:
        for name, adapter in names.items():
            card = {"name": name, "base": str(given.base.resolve()), "adapter": adapter}
            (Path(folder) / f"{name}.json").write_text(json.dumps(card))
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        with processes(f"chat.engine --assistants {folder} --port {port} --active {4 * TOGETHER}"):
            url = f"http://127.0.0.1:{port}"
            asyncio.run(ask(given.out, list(names), openings[: given.limit], options, url))


def main() -> None:
    given = arguments()
    if given.command == "ask":
        asked(given)
    elif given.command == "pairs":
        pairs(given.first, given.second, given.to, given.seed)
    elif given.command == "report":
        for path in given.replies:
            report(path)
    else:
        for language, total in unblind(given.folder).items():
            print(language, total)


if __name__ == "__main__":
    main()
