"""Attention on a processor, there and back: float32 against bfloat16, by length.

    OMP_WAIT_POLICY=PASSIVE python -m benchmarks.attention_formats --threads 2

Decides `SHORT` of `finetune/training/computing/one_row.py`. Wall time, medians, in turn.
"""

from __future__ import annotations

import argparse
import statistics
import time

import torch
from torch.nn.functional import scaled_dot_product_attention

from benchmarks.frame import print_head, print_row

LENGTHS = (64, 96, 128, 160, 192, 224, 256, 384, 512)
SHAPES = {"SmolLM2 135M": (9, 64), "Qwen2.5 0.5B": (14, 64), "Qwen2.5 1.5B": (12, 128)}
SHARED = 44  # positions that every dialogue of the demo set begins with


def seconds(parts: list[torch.Tensor], mask: torch.Tensor) -> float:
    """One pass there and back."""
    began = time.perf_counter()
    scaled_dot_product_attention(*parts, attn_mask=mask).sum().backward()  # type: ignore[no-untyped-call]
    took = time.perf_counter() - began
    for part in parts:
        part.grad = None
    return took


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=25)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    print_head("model", "queries", "float32", "bfloat16", "bfloat16 takes")
    for name, (heads, width) in SHAPES.items():
        for length in LENGTHS:
            mask = torch.ones(length, SHARED + length, dtype=torch.bool).tril(SHARED)
            sizes = (length, SHARED + length, SHARED + length)
            kinds = {
                kind: [
                    torch.randn(1, heads, size, width, dtype=kind).requires_grad_()
                    for size in sizes
                ]
                for kind in (torch.float32, torch.bfloat16)
            }
            took: dict[torch.dtype, list[float]] = {kind: [] for kind in kinds}
            for _ in range(args.rounds):
                for kind, parts in kinds.items():
                    took[kind].append(seconds(parts, mask))
            exact, half = (statistics.median(took[kind]) for kind in kinds)
            print_row(
                name, length, f"{1e3 * exact:.2f} ms", f"{1e3 * half:.2f} ms", f"{half / exact:.2f}"
            )


if __name__ == "__main__":
    main()
