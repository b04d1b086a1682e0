"""How long until the first judged sentence of a reply, through web process and engine.

    python -m benchmarks.chat.first_sentence [--base FOLDER] [--encoders FOLDER] [--rounds 3]

Starts broker, web process and engine on free ports and a data folder of its own, and asks the base
for replies as server-sent events, one after the other. It counts from the request to the first
piece of text: the policy's decision, the engine's first sentence, its judgement. A page adds at
most 40 ms in which it gathers pieces. Without encoders nothing is judged by heads, and the time
to a reviewed reply would be measured: they are asked for.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path

import httpx

from benchmarks.chat.engine import BASE
from benchmarks.chat.studio import SLUG, studio
from benchmarks.frame import ROOT, print_spread

OPENINGS = (
    "I feel nervous before every exam.",
    "My friend moved away and I feel alone in the evenings. We used to cook together.",
    "How do I tell my manager that the work is too much?",
    "I cannot sleep because I keep thinking about tomorrow.",
    "My parents argue a lot and I do not know what to say. I sit in my room and listen to them.",
    "I have lost interest in the things that I used to like.",
    "I got angry at my children this morning, and I am ashamed of it.",
    "I started a new job and believe that everybody judges me.",
    "My dog is old and the vet says that it will not be long.",
    "I had a good day and nobody to tell.",
)
TOKENS = 64  # of a reply: more than its first sentence has


def measure(http: httpx.Client, text: str, user: str) -> tuple[float, str]:
    """Seconds to the first text, and how the reply ended."""
    body = {
        "model": SLUG,
        "messages": [{"role": "user", "content": text}],
        "stream": True,
        "max_tokens": TOKENS,
        "user": user,
    }
    begin, first, end = time.perf_counter(), 0.0, ""
    with http.stream("POST", "/v1/chat/completions", json=body) as answer:
        answer.raise_for_status()
        for line in answer.iter_lines():
            if not line.startswith("data: {"):
                continue
            (choice,) = json.loads(line[6:])["choices"]
            if choice["delta"].get("content") and not first:
                first = time.perf_counter() - begin
            end = choice["finish_reason"] or end
    return first, end


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", type=Path, default=BASE)
    parser.add_argument("--encoders", type=Path, default=ROOT / "var" / "encoders")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    with (
        studio(base=arguments.base, encoders=arguments.encoders) as running,
        running.http() as http,
    ):
        firsts, ends = [], []
        for count in range(arguments.rounds):
            for text in OPENINGS:
                first, end = measure(http, text, f"person-{count}")
                firsts.append(first)
                ends.append(end)
                print(f"{first:6.2f} s  {end:14} {text[:50]}", flush=True)
        print(f"{len(firsts)} replies; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
        print("seconds to the first judged sentence:")
        print_spread(firsts)
        stood_in = ends.count("content_filter")
        print(f"reviewed words stood in for {stood_in} of {len(ends)} replies")


if __name__ == "__main__":
    main()
