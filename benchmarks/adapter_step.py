"""Step time and memory of every adapter of ours against LoRA r = 8.

One training step is forward, backward and an AdamW step on one batch of random tokens. The adapters
share one base model in memory and take turns step by step in one process, so noise of the machine
hits them alike; the ratio is the median over rounds of the ratio to LoRA in the same round. Peak
memory is taken in a fresh process for each adapter, weights included: resident memory (VmHWM) on a
CPU, torch's own peak of allocated memory on CUDA. ``--clock cpu`` counts this process's processor
time instead of the wall's, which is steadier on a machine that others use too.

    python -m benchmarks.adapter_step --model var/base-models/smollm2-135m-instruct
    python -m benchmarks.adapter_step --targets all --cases "lora r=8" gatenet
    python -m benchmarks.adapter_step --device cuda --config qwen2.5-1.5b --length 512

Without ``--model`` the weights are random: they do not matter for time or memory.
"""

from __future__ import annotations

import argparse
import copy
import json
import os
import statistics
import subprocess
import sys
import time
import warnings
from functools import partial
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")

import torch
from peft import get_peft_model
from transformers import AutoModelForCausalLM, LlamaConfig, Qwen2Config
from transformers.utils import logging

from benchmarks.frame import peak_mb, print_head, print_row
from quantum.adapters.registry import ADAPTERS, get_adapter

REFERENCE = "lora r=8"
ALL_CASES: dict[str, tuple[str, dict[str, Any]]] = {
    REFERENCE: ("lora", {"r": 8}),
    "qtha r=8 L=1": ("qtha", {"r": 8, "n_layers": 1}),
    "qtha r=8 L=2": ("qtha", {"r": 8, "n_layers": 2}),
    "qtha r=8 AB": ("qtha", {"r": 8, "variant": "AB"}),
    "qgs input": ("qgs", {"form": "input"}),
    "qgs output": ("qgs", {"form": "output"}),
    "gatenet": ("gatenet", {}),
    "gatenet orthogonal": ("gatenet", {"orthogonal": True}),
}
CASES = {case: entry for case, entry in ALL_CASES.items() if entry[0] in ADAPTERS}
TIME_BARS = {"qtha r=8 L=1": 1.10, "qgs input": 1.05, "qgs output": 1.05, "gatenet": 1.5}
MEMORY_BAR = 1.2
TARGETS = {
    "qv": ("q_proj", "v_proj"),
    "all": ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"),
}


def shape(kind: Any, hidden: int, inside: int, layers: int, heads: int, kv: int, words: int) -> Any:
    """A model's configuration; its head is its embedding, but for the largest."""
    return kind(
        hidden_size=hidden,
        intermediate_size=inside,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        num_key_value_heads=kv,
        vocab_size=words,
        tie_word_embeddings=hidden < 3000,
    )


CONFIGS = {
    "smollm2-135m": shape(LlamaConfig, 576, 1536, 30, 9, 3, 49152),
    "qwen2.5-1.5b": shape(Qwen2Config, 1536, 8960, 28, 12, 2, 151936),
    "qwen2.5-7b": shape(Qwen2Config, 3584, 18944, 28, 28, 4, 152064),
    "tiny": shape(Qwen2Config, 48, 96, 2, 4, 2, 256),
}


def base_model(args: argparse.Namespace) -> Any:
    """The frozen base: weights from a folder, or a known shape with random weights.

    On a CPU they are float32 whatever products are computed in, as in the trainer.
    """
    dtype = torch.float32 if args.device == "cpu" else getattr(torch, args.dtype)
    torch.manual_seed(0)
    if args.model:
        model = AutoModelForCausalLM.from_pretrained(args.model, dtype=dtype).to(args.device)
    else:
        with torch.device(args.device):
            model = AutoModelForCausalLM.from_config(CONFIGS[args.config], dtype=dtype)
    return model.requires_grad_(False)


class Stepper:
    """One adapter over the shared base, with its optimizer, stepping on one fixed batch."""

    def __init__(self, case: str, base: Any, args: argparse.Namespace) -> None:
        name, options = CASES[case]
        config = get_adapter(name).build_config(options, TARGETS[args.targets], seed=0)
        shared = {id(tensor): tensor for tensor in (*base.parameters(), *base.buffers())}
        self.model = get_peft_model(copy.deepcopy(base, memo=shared), config)
        self.model.train()
        trainable = [p for p in self.model.parameters() if p.requires_grad]
        self.parameters = sum(p.numel() for p in trainable)
        self.optimizer = torch.optim.AdamW(trainable, lr=1e-4)
        words = base.config.vocab_size
        self.ids = torch.randint(0, words, (args.batch, args.length), device=args.device)
        self.on_cuda = args.device == "cuda"
        bfloat16 = args.dtype == "bfloat16"
        self.autocast = partial(torch.autocast, args.device, torch.bfloat16, enabled=bfloat16)
        self.clock = time.process_time if args.clock == "cpu" else time.perf_counter

    def step(self) -> float:
        """Seconds of one training step."""
        self._wait()
        start = self.clock()
        with self.autocast():
            loss = self.model(self.ids, labels=self.ids).loss
        loss.backward()
        self.optimizer.step()
        self.optimizer.zero_grad()
        self._wait()
        return self.clock() - start

    def _wait(self) -> None:
        if self.on_cuda:
            torch.cuda.synchronize()


def measure_times(args: argparse.Namespace) -> dict[str, dict[str, float]]:
    """Median step time of each case and its ratio to LoRA."""
    base = base_model(args)
    steppers = {case: Stepper(case, base, args) for case in args.cases}
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
            "tokens_per_second": args.batch * args.length / statistics.median(values),
            "parameters": steppers[case].parameters,
        }
        for case, values in times.items()
    }


def measure_memory(case: str, args: argparse.Namespace) -> float:
    """Peak memory of two steps in a fresh process, in MB."""
    command = [sys.executable, "-m", "benchmarks.adapter_step", "--memory-of", case]
    for name in ("model", "config", "targets", "device", "dtype", "batch", "length", "threads"):
        if getattr(args, name) is not None:
            command += [f"--{name}", str(getattr(args, name))]
    result = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return float(result.stdout)


def print_table(table: dict[str, dict[str, float]], args: argparse.Namespace) -> None:
    """A Markdown table for docs/benchmarks.md; bars stand where one was set."""
    print(
        f"{args.model or args.config + ', random weights'}, {args.batch} × {args.length} tokens, "
        f"{args.dtype}, {args.device}, targets {args.targets}, {args.steps} rounds, "
        f"{args.clock} clock\n"
    )
    first_title = f"ratio to {args.cases[0]}"
    print_head("adapter", "step", first_title, "tokens/s", "trainable", "memory", "ratio")
    first = table[args.cases[0]]
    barred = TIME_BARS if args.targets == "qv" and args.config == "smollm2-135m" else {}
    for case, row in table.items():
        bar = f" (bar: {barred[case]:.2f})" if case in barred else ""
        memory = ["", ""]
        if "peak_mb" in row:
            share = row["peak_mb"] / first["peak_mb"]
            memory = [f"{row['peak_mb']:.0f} MB", f"{share:.3f} (bar: {MEMORY_BAR:.1f})"]
        step, speed = f"{row['seconds']:.2f} s", f"{row['tokens_per_second']:.0f}"
        ratio = f"{row['ratio']:.3f}{bar}"
        print_row(case, step, ratio, speed, f"{row['parameters']:,.0f}", *memory)


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", help="folder of a base model's weights; default: random weights")
    parser.add_argument("--config", choices=list(CONFIGS), default="smollm2-135m")
    parser.add_argument("--targets", choices=list(TARGETS), default="qv")
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument(
        "--dtype", choices=["float32", "bfloat16"], help="of products; default: bfloat16 on CUDA"
    )
    parser.add_argument("--steps", type=int, default=7)
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--length", type=int, default=128)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--clock", choices=["wall", "cpu"], default="wall")
    parser.add_argument("--cases", nargs="+", default=list(CASES), choices=list(CASES))
    parser.add_argument("--no-memory", action="store_true")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead")
    parser.add_argument("--memory-of", choices=list(CASES), help=argparse.SUPPRESS)
    args = parser.parse_args()
    args.dtype = args.dtype or ("bfloat16" if args.device == "cuda" else "float32")
    torch.set_num_threads(args.threads)
    logging.disable_progress_bar()
    warnings.filterwarnings("ignore", category=FutureWarning, module="transformers")
    if args.memory_of:
        stepper = Stepper(args.memory_of, base_model(args), args)
        for _ in range(2):
            stepper.step()
        on_cuda = args.device == "cuda"
        print(torch.cuda.max_memory_allocated() / 2**20 if on_cuda else peak_mb())
        return
    table = measure_times(args)
    if not args.no_memory:
        for case, row in table.items():
            row["peak_mb"] = measure_memory(case, args)
    if args.json:
        print(json.dumps(table))
    else:
        print_table(table, args)


if __name__ == "__main__":
    main()
