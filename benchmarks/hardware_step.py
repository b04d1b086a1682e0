"""One optimizer step of QGS through the whole hardware path, against the cloud's contract double.

SmolLM2's 30 blocks, 72 qubits each, parameter shift in groups: the circuits are routed, posted as
OriginIR through the real SDK, sampled by a simulator that stands in for the chip, and fetched
through a ledger. Times of a simulator say nothing about a chip; what counts here are circuits,
batches, the modelled processor seconds, and that the gradient is the right one.

    python -m benchmarks.hardware_step --model var/base-models/smollm2-135m-instruct
"""

from __future__ import annotations

import argparse
import itertools
import os
import tempfile
import time
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # read when torch is loaded

import torch
from peft import get_peft_model
from transformers import AutoModelForCausalLM, AutoTokenizer

from benchmarks.frame import print_head, print_row
from quantum.adapters.circuits import circuit_cost, set_runner
from quantum.adapters.qgs.tuner import QGSConfig
from quantum.backends.wukong import WukongBackend
from quantum.chips.calibration import Calibration
from quantum.chips.published import published_72
from quantum.jobs.runner import LedgerRunner
from quantum.jobs.sqlite_ledger import FileLedger
from quantum.sampling.costs import sampling_cost
from tests.doubles.wukong_chips import patchy_72
from tests.doubles.wukong_cloud import WukongDouble

TEXT = "I keep waking up at four in the morning and cannot stop thinking about work."
SEED = 7


def snake(columns: int = 6, rows: int = 12) -> list[list[int]]:
    """A chain through every qubit of the lattice, along its couplers."""
    path = [
        row * columns + (column if row % 2 == 0 else columns - 1 - column)
        for row in range(rows)
        for column in range(columns)
    ]
    return [list(pair) for pair in itertools.pairwise(path)]


def adapted(model_path: str, blocks: int, backend: str, couplers: list[list[int]], **more: object):
    torch.manual_seed(SEED)
    base = AutoModelForCausalLM.from_pretrained(model_path, dtype=torch.float32)
    config = QGSConfig(
        task_type="CAUSAL_LM",
        target_modules=["q_proj", "v_proj"],
        layers_to_transform=list(range(blocks)),
        topology="chip",
        couplers=couplers,
        backend=backend,
        **more,
    )
    return get_peft_model(base, config)


def step(model, tokens: torch.Tensor) -> tuple[float, torch.Tensor]:
    """One step's loss and the gradient of all circuit angles."""
    model.train()
    loss = model(input_ids=tokens, labels=tokens).loss
    loss.backward()
    angles = [item.grad for name, item in model.named_parameters() if name.endswith(".angles")]
    return loss.item(), torch.cat(angles)


def measure(arguments: argparse.Namespace, name: str, chip: Calibration, couplers, n_qubits: int):
    tokenizer = AutoTokenizer.from_pretrained(arguments.model)
    tokens = tokenizer(TEXT, return_tensors="pt")["input_ids"]
    common = {"n_qubits": n_qubits, "shots": arguments.shots, "gradient": "shift"}
    exact = adapted(
        arguments.model,
        arguments.blocks,
        "statevector",
        couplers,
        **{**common, "gradient": "backprop"},
    )
    _, expected = step(exact, tokens)
    with tempfile.TemporaryDirectory() as folder, WukongDouble({"72": (chip, True)}) as double:
        backend = WukongBackend({"url": double.url}, key="a-key-of-the-double")
        model = adapted(
            arguments.model,
            arguments.blocks,
            "wukong",
            couplers,
            backend_options={"url": double.url},
            **common,
        )
        ledger = FileLedger(Path(folder) / "ledger.sqlite3")
        runner = LedgerRunner(backend, ledger, "benchmark", poll_seconds=0.2)
        set_runner(model, runner, backend.capabilities())
        cost = circuit_cost(model)
        started = time.monotonic()
        _, sampled = step(model, tokens)
        seconds = time.monotonic() - started
        sent = ledger.jobs("benchmark")
        model_of_cost = sampling_cost(cost.circuits, arguments.shots)
    cosine = torch.nn.functional.cosine_similarity(sampled, expected, dim=0).item()
    low, high = model_of_cost.seconds
    in_all = f"{sum(job.new.circuits for job in sent)} in {len(sent)}"
    time_range, took = f"{low:.0f} to {high:.0f} s", f"{seconds:.0f} s"
    print_row(name, cost.circuits, cost.batches, time_range, in_all, f"{cosine:.3f}", took)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="var/base-models/smollm2-135m-instruct")
    parser.add_argument("--blocks", type=int, default=30)
    parser.add_argument("--shots", type=int, default=1024)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    titles = ("modelled processor time", "sent in all", "cosine to the exact gradient")
    print_head("circuit", "circuits a step", "batches", *titles, "took here")
    measure(arguments, "72 qubits, chain", published_72(), snake(), 72)
    patchy = patchy_72()
    numbers = sorted(patchy.qubits)
    index = {qubit: place for place, qubit in enumerate(numbers)}
    live = [[index[a], index[b]] for a, b in patchy.live_couplers]
    measure(arguments, f"{len(numbers)} qubits, live couplers", patchy, live, len(numbers))


if __name__ == "__main__":
    main()
