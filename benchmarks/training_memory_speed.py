"""Logits at labelled positions against logits everywhere: seconds a step and peak memory.

    python benchmarks/training_memory_speed.py var/base-models/smollm2-135m-instruct

Each way runs in a process of its own, so that peak memory is its own.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))


def measure(model_dir: str, way: str, length: int, batch: int, steps: int) -> None:
    """Train LoRA for a few steps on the demo set; print seconds a step and peak memory."""
    from transformers import AutoTokenizer

    from finetune.datasets import demo
    from finetune.training.config import RunConfig
    from finetune.training.dialogues.data import load
    from finetune.training.dialogues.order import collate
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
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    seconds, share = [], []
    for step in range(steps + 1):
        data = collate(loaded.examples[step * batch : (step + 1) * batch], pad=2)
        started = time.perf_counter()
        loss = token_loss(model, data["input_ids"], data["labels"], at_labels=way == "labels")
        (loss.total / loss.count).backward()
        seconds.append(time.perf_counter() - started)
        share.append(loss.count / data["input_ids"].numel())
        model.zero_grad()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(
        json.dumps(
            {
                "way": way,
                "seconds_per_step": round(statistics.median(seconds[1:]), 3),
                "peak_mb": peak // 1024,
                "step_mb": (peak - before) // 1024,
                "labelled": round(statistics.mean(share), 3),
            }
        )
    )


def main() -> None:
    """Run both ways and print their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model")
    parser.add_argument("--way", choices=("labels", "everywhere"))
    parser.add_argument("--length", type=int, default=384)
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--steps", type=int, default=5)
    parsed = parser.parse_args()
    if parsed.way:
        measure(parsed.model, parsed.way, parsed.length, parsed.batch, parsed.steps)
        return
    results = []
    for way in ("everywhere", "labels"):
        command = [sys.executable, __file__, parsed.model, "--way", way]
        command += ["--length", str(parsed.length), "--batch", str(parsed.batch)]
        command += ["--steps", str(parsed.steps)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        results.append(json.loads(done.stdout.strip().splitlines()[-1]))
        print(results[-1])
    plain, ours = results
    print(
        f"time: {ours['seconds_per_step'] / plain['seconds_per_step']:.2f} of plain, "
        f"step memory: {ours['step_mb'] / plain['step_mb']:.2f} of plain"
    )


if __name__ == "__main__":
    main()
