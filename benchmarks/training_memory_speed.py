"""Logits everywhere, at labelled positions, and a few rows at a time: seconds and peak memory.

    python -m benchmarks.training_memory_speed var/base-models/smollm2-135m-instruct

Each way runs in a process of its own, so that peak memory is its own; seconds are processor time.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time

from benchmarks.frame import peak_mb

WAYS = ("everywhere", "labels", "rows")

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


def measure(model_dir: str, way: str, length: int, batch: int, steps: int) -> None:
    """Train LoRA for a few steps on the demo set; print seconds a step and peak memory."""
    from transformers import AutoTokenizer

    from finetune.datasets import demo
    from finetune.training.config import RunConfig
    from finetune.training.dialogues.data import load
    from finetune.training.dialogues.order import collate
    from finetune.training.loop import head
    from finetune.training.loop.metrics import token_loss
    from finetune.training.model import attach_adapter, load_base

    config = RunConfig(base_model=model_dir, train_file=str(demo.path()), adapter="lora")
    tokenizer = AutoTokenizer.from_pretrained(model_dir)
    loaded = load(
        demo.path(),
        tokenizer,
        system_prompt=config.system_prompt,
        sequence_length=length,
        limit=batch * (steps + 1),
    )
    model = attach_adapter(load_base(model_dir), config)
    if way == "labels":
        head.LOGITS = 2**60  # all rows at once
    before = peak_mb()
    seconds, share = [], []
    for step in range(steps + 1):
        data = collate(loaded.examples[step * batch : (step + 1) * batch], pad=2)
        started = time.process_time()
        everywhere = way == "everywhere"
        loss = token_loss(model, data["input_ids"], data["labels"], at_labels=not everywhere)
        (loss.total / loss.count).backward()
        seconds.append(time.process_time() - started)
        share.append(loss.count / data["input_ids"].numel())
        model.zero_grad()
    peak = peak_mb()
    print(
        json.dumps(
            {
                "way": way,
                "seconds_per_step": round(statistics.median(seconds[1:]), 3),
                "peak_mb": round(peak),
                "step_mb": round(peak - before),
                "labelled": round(statistics.mean(share), 3),
            }
        )
    )


def main() -> None:
    """Run all ways and print their ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model")
    parser.add_argument("--way", choices=WAYS)
    parser.add_argument("--length", type=int, default=384)
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--steps", type=int, default=5)
    parsed = parser.parse_args()
    if parsed.way:
        measure(parsed.model, parsed.way, parsed.length, parsed.batch, parsed.steps)
        return
    results = []
    for way in WAYS:
        command = [sys.executable, "-m", "benchmarks.training_memory_speed", parsed.model]
        for name in ("length", "batch", "steps"):
            command += [f"--{name}", str(getattr(parsed, name))]
        command += ["--way", way]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        results.append(json.loads(done.stdout.strip().splitlines()[-1]))
        print(results[-1])
    plain = results[0]
    for ours in results[1:]:
        print(
            f"{ours['way']}: time {ours['seconds_per_step'] / plain['seconds_per_step']:.2f} of "
            f"plain, step memory {ours['step_mb'] / plain['step_mb']:.2f} of plain"
        )


if __name__ == "__main__":
    main()
