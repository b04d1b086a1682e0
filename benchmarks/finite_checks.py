"""What it costs a training step to look whether loss, gradient and weights are finite.

Steps with and without the looks take turns on the same model and batch, so that other work on the
machine meets both; the ratio is of the medians.

    python -m benchmarks.finite_checks --model var/base-models/smollm2-135m-instruct
"""

from __future__ import annotations

import argparse
import os
import statistics
import time

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # read when torch is loaded

import torch

from finetune.training.config import RunConfig
from finetune.training.loop.finite import FiniteChecks
from finetune.training.loop.metrics import token_loss
from finetune.training.model import attach_adapter, load_base
from quantum.adapters.registry import ADAPTERS

LAYERS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


def measure(model_dir: str, adapter: str, rounds: int, batch: int, length: int) -> str:
    """Return one row: seconds of a step with and without the looks, and their ratio."""
    config = RunConfig(base_model=model_dir, train_file="-", adapter=adapter, targets=LAYERS)
    model = attach_adapter(load_base(model_dir), config)
    weights = [item for item in model.parameters() if item.requires_grad]
    optimizer = torch.optim.AdamW(weights, lr=1e-4)
    checks = FiniteChecks(model, config)
    ids = torch.randint(100, 10_000, (batch, length))

    def step(looks: bool) -> float:
        started = time.perf_counter()
        loss = token_loss(model, ids, ids)
        mean = loss.total / loss.count
        mean.backward()
        if looks:
            checks.loss(mean, 1)
        norm = torch.nn.utils.clip_grad_norm_(weights, 1.0)
        if looks:
            checks.gradient(float(norm), 1)
        optimizer.step()
        if looks:
            checks.weights(1)
        optimizer.zero_grad()
        return time.perf_counter() - started

    step(True)
    seconds: dict[bool, list[float]] = {True: [], False: []}
    for number in range(2 * rounds):
        looks = number % 4 in (0, 3)  # neither goes first more often
        seconds[looks].append(step(looks))
    started = time.perf_counter()
    checks.weights(1)
    alone = time.perf_counter() - started
    with_looks, without = (statistics.median(seconds[looks]) for looks in (True, False))
    count = sum(item.numel() for item in weights)
    return (
        f"| {adapter} | {count:,} in {len(weights)} | {without:.3f} s | {with_looks:.3f} s | "
        f"{with_looks / without:.3f} | {alone * 1e3:.2f} ms |"
    )


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", required=True, help="folder of a base model's weights")
    parser.add_argument("--adapters", nargs="+", default=["lora"], choices=list(ADAPTERS))
    parser.add_argument("--rounds", type=int, default=10, help="steps of each kind")
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--length", type=int, default=128)
    args = parser.parse_args()
    print("| adapter | trainable numbers | step | with the looks | ratio | weights alone |")
    print("|---|---|---|---|---|---|")
    for adapter in args.adapters:
        print(measure(args.model, adapter, args.rounds, args.batch, args.length), flush=True)


if __name__ == "__main__":
    main()
