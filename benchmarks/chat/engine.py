"""Measures the inference engine: first token, tokens a second, memory per assistant.

    python -m benchmarks.chat.engine [--base FOLDER] [--tokens 48]

Starts a real engine process on a free port, with the base and with LoRA and QTHA assistants (r = 8,
q and v) made on the spot, and talks to it through `chat.engine.client`.
"""

import argparse
import asyncio
import json
import os
import statistics
import tempfile
import time
from contextlib import aclosing
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # read when torch is loaded

from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM

from benchmarks.frame import free_port, processes
from chat.engine.client import EngineClient, EngineUnavailable
from quantum.adapters.qtha.tuner import QTHAConfig

BASE = Path("var/base-models/smollm2-135m-instruct").resolve()
QUESTIONS = (
    "I feel nervous before every exam. What could help?",
    "My friend moved away and I feel alone in the evenings.",
    "How do I tell my manager that the work is too much?",
    "I cannot sleep because I keep thinking about tomorrow.",
    "My parents argue a lot and I do not know what to say.",
    "I have lost interest in the things that I used to like.",
    "How can I calm down when I get angry at my children?",
    "I started a new job and believe that everybody judges me.",
)


ADAPTERS = {
    "lora": LoraConfig(r=8, target_modules=["q_proj", "v_proj"], task_type="CAUSAL_LM"),
    "lora-2": LoraConfig(r=8, target_modules=["q_proj", "v_proj"], task_type="CAUSAL_LM"),
    "qtha": QTHAConfig(r=8, target_modules=["q_proj", "v_proj"], task_type="CAUSAL_LM"),
}


def publish(folder: Path, base: Path, adapters: dict[str, Any] = ADAPTERS) -> None:
    """Writes assistant files for the base and for untrained adapters (no-ops cost the same)."""
    for name, config in ({"base": None} | adapters).items():
        adapter = None
        if config is not None:
            model = AutoModelForCausalLM.from_pretrained(base)
            adapter = str(folder / f"adapter-{name}")
            get_peft_model(model, config).save_pretrained(adapter)
        card = {"name": name, "base": str(base), "adapter": adapter}
        (folder / f"{name}.json").write_text(json.dumps(card))


async def stream(client: EngineClient, model: str, question: str, tokens: int) -> tuple[float, int]:
    """One reply that does not end early; returns seconds to the first text and token count."""
    begin, first, count = time.perf_counter(), 0.0, 0
    messages = [{"role": "user", "content": question}]
    deltas = client.stream_chat(model, messages, max_tokens=tokens, seed=1, temperature=0.7)
    async with aclosing(deltas):
        async for delta in deltas:
            if delta.text and not first:
                first = time.perf_counter() - begin
            if delta.usage:
                count = delta.usage.completion_tokens
    return first, count


async def together(client: EngineClient, models: list[str], tokens: int, say: str) -> None:
    begin = time.perf_counter()
    jobs = [stream(client, name, QUESTIONS[i], tokens) for i, name in enumerate(models)]
    results = await asyncio.gather(*jobs)
    seconds = time.perf_counter() - begin
    firsts = [first for first, _ in results]
    rate = sum(count for _, count in results) / seconds
    print(
        f"{say:<34} first token {statistics.mean(firsts):5.2f} s (last {max(firsts):5.2f})"
        f"  {rate:6.1f} tokens/s in all"
    )


async def ready(client: EngineClient) -> None:
    while True:
        try:
            if (await client.health())["ready"]:
                return
        except EngineUnavailable:
            pass
        await asyncio.sleep(0.1)


async def measure(client: EngineClient, tokens: int) -> None:
    begin = time.perf_counter()
    await ready(client)
    print(f"ready after {time.perf_counter() - begin:.1f} s")
    await together(client, ["base"], tokens, "1 stream, base")
    await together(client, ["base"] * 8, tokens, "8 streams, base")
    await together(client, ["base"] * 8, tokens, "8 streams, base, prompts known")
    memory = (await client.health())["memory_bytes"]
    print(f"memory with the base: {memory / 2**20:.0f} MiB")
    for name in ADAPTERS:
        begin = time.perf_counter()
        await stream(client, name, QUESTIONS[0], 2)
        now = (await client.health())["memory_bytes"]
        seconds = time.perf_counter() - begin
        print(
            f"  + {name}: {(now - memory) / 2**20:+.1f} MiB, loaded and answered in {seconds:.1f} s"
        )
        memory = now
    for name in ("lora", "qtha"):
        await together(client, [name], tokens, f"1 stream, {name}")
        await together(client, [name] * 8, tokens, f"8 streams, {name}")
    await together(client, ["base", "qtha"], tokens, "base and qtha side by side")
    await together(client, ["base", "qtha"] * 4, tokens, "4 base and 4 qtha streams")
    long = " ".join(QUESTIONS) * 6
    for say in ("long prompt, new", "long prompt, known"):
        first, _ = await stream(client, "base", long, 4)
        print(f"{say:<34} first token {first:5.2f} s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", type=Path, default=BASE)
    parser.add_argument("--tokens", type=int, default=48)
    arguments = parser.parse_args()
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        publish(Path(folder), arguments.base)
        with processes(f"chat.engine --assistants {folder} --port {port}"):
            client = EngineClient(f"http://127.0.0.1:{port}")
            asyncio.run(measure(client, arguments.tokens))


if __name__ == "__main__":
    main()
