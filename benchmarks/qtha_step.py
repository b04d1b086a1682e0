"""Step time and memory of QTHA against LoRA on SmolLM2's shape.

One training step is forward, backward and an AdamW step on 4 x 128 tokens, one thread, float32.
Adapters take turns step by step in one process, so noise of the machine hits them alike; the ratio
is the median of pairwise ratios. Peak memory is measured in a fresh process per adapter.

    python benchmarks/qtha_step.py [--model PATH] [--steps 7] [--json]

Without ``--model`` the weights are random: they do not matter for time or memory.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import torch
from peft import get_peft_model
from transformers import AutoModelForCausalLM, LlamaConfig, LlamaForCausalLM

from quantum.adapters.registry import get_adapter

CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "lora r=8": ("lora", {"r": 8}),
    "qtha r=8 L=1": ("qtha", {"r": 8, "n_layers": 1}),
    "qtha r=8 L=2": ("qtha", {"r": 8, "n_layers": 2}),
    "qtha r=8 AB": ("qtha", {"r": 8, "variant": "AB"}),
}
TARGETS = ("q_proj", "v_proj")


def base_model(path: str | None) -> Any:
    """SmolLM2-135M from a folder, or its shape with random weights."""
    if path:
        return AutoModelForCausalLM.from_pretrained(path, dtype=torch.float32)
    torch.manual_seed(0)
    config = LlamaConfig(
        hidden_size=576,
        intermediate_size=1536,
        num_hidden_layers=30,
        num_attention_heads=9,
        num_key_value_heads=3,
        vocab_size=49152,
        tie_word_embeddings=True,
    )
    return LlamaForCausalLM(config)


class Stepper:
    """One adapted model with its optimizer, stepping on one fixed batch."""

    def __init__(self, case: str, args: argparse.Namespace) -> None:
        name, options = CASES[case]
        spec = get_adapter(name)
        config = spec.build_config(spec.validate(options), TARGETS, seed=0)
        self.model = get_peft_model(base_model(args.model), config)
        self.model.train()
        trainable = [p for p in self.model.parameters() if p.requires_grad]
        self.parameters = sum(p.numel() for p in trainable)
        self.optimizer = torch.optim.AdamW(trainable, lr=1e-4)
        self.ids = torch.randint(0, 49152, (args.batch, args.length))

    def step(self) -> float:
        """Seconds of one training step."""
        start = time.perf_counter()
        self.model(self.ids, labels=self.ids).loss.backward()
        self.optimizer.step()
        self.optimizer.zero_grad()
        return time.perf_counter() - start


def measure_times(args: argparse.Namespace) -> dict[str, dict[str, float]]:
    """Median step time of each case and its ratio to the first one."""
    steppers = {case: Stepper(case, args) for case in args.cases}
    for stepper in steppers.values():
        stepper.step()
    times: dict[str, list[float]] = {case: [] for case in steppers}
    for _ in range(args.steps):
        for case, stepper in steppers.items():
            times[case].append(stepper.step())
    first = times[args.cases[0]]
    return {
        case: {
            "seconds": statistics.median(values),
            "ratio": statistics.median(v / f for v, f in zip(values, first, strict=True)),
            "parameters": steppers[case].parameters,
        }
        for case, values in times.items()
    }


def measure_memory(case: str, args: argparse.Namespace) -> float:
    """Peak resident memory of two steps in a fresh process, in MB."""
    command = [sys.executable, __file__, "--memory-of", case]
    command += ["--batch", str(args.batch), "--length", str(args.length)]
    command += ["--model", args.model] if args.model else []
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def peak_resident_mb() -> float:
    """This process's peak resident memory; ``ru_maxrss`` would include the parent's at the fork."""
    status = Path("/proc/self/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", help="folder of SmolLM2's weights; default: random weights")
    parser.add_argument("--steps", type=int, default=7)
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--length", type=int, default=128)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--cases", nargs="+", default=list(CASES), choices=list(CASES))
    parser.add_argument("--no-memory", action="store_true")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead")
    parser.add_argument("--memory-of", choices=list(CASES), help=argparse.SUPPRESS)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    if args.memory_of:
        stepper = Stepper(args.memory_of, args)
        for _ in range(2):
            stepper.step()
        print(peak_resident_mb())
        return
    table = measure_times(args)
    if not args.no_memory:
        for case, row in table.items():
            row["peak_mb"] = measure_memory(case, args)
    if args.json:
        print(json.dumps(table))
        return
    for case, row in table.items():
        memory = f"  {row['peak_mb']:7.0f} MB" if "peak_mb" in row else ""
        print(
            f"{case:14} {row['seconds']:7.2f} s  {row['ratio']:5.3f} x  "
            f"{row['parameters']:8.0f} parameters{memory}"
        )


if __name__ == "__main__":
    main()
