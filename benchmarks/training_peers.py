"""This trainer against TRL's SFTTrainer: tokens a second, peak memory and loss of the same steps.

    python -m venv /tmp/trl
    /tmp/trl/bin/pip install -r requirements.txt -r benchmarks/peer_requirements/trl.txt
    python -m benchmarks.training_peers MODEL --trl /tmp/trl/bin/python

LoRA r = 8 on q and v with the same start, the same dialogues in the same batches, AdamW at a
constant rate. Each way is a process of its own, so that peak memory is its own, and they take turns
step by step, so that noise of the machine hits them alike; the first step of each is left out. Ours
is the whole trainer, with its log, its checks and its folder. `--clock cpu` counts processor time
instead of the wall's, for a machine that others use too.

Each step is kept in `--results` as it comes: stop it at any time, and start it again to go on with
as many steps as are missing. For a new measurement, of changed code say, name another file.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.frame import ROOT, Kept, Turn, peak_mb, print_head, print_row

OURS = "ours"
DEFAULTS = "TRL, its defaults"
WAYS: dict[str, dict[str, Any]] = {  # what SFTConfig is told; ours is told the precision
    OURS: {},
    DEFAULTS: {},
    "TRL, bf16, no checkpointing": {"gradient_checkpointing": False},
    "TRL, float32, no checkpointing": {"bf16": False, "gradient_checkpointing": False},
    "TRL, float32, checkpointing": {"bf16": False},
}
RATE = 1e-3
TOLD = "step: "
ASKED = ("model", "data", "length", "batch", "steps", "threads", "precision")
LOSS_BARS = {"float32": 1e-4, "bfloat16": 1e-2}  # largest relative difference to ours


# -- one way, in a process of its own -------------------------------------------------------------


class Turns:
    """Waits for its turn, and tells what a step took."""

    def __init__(self) -> None:
        self._wall = self._cpu = 0.0

    def begin(self) -> None:
        """Wait until the parent says to go on."""
        if not sys.stdin.readline():
            raise SystemExit  # the parent has seen enough
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def end(self, loss: float, precision: str) -> None:
        """Tell about the step that has just been made."""
        took = {"wall": time.perf_counter() - self._wall, "cpu": time.process_time() - self._cpu}
        told = {**took, "loss": loss, "peak_mb": peak_mb(), "precision": precision}
        print(f"{TOLD}{json.dumps(told)}", flush=True)


def config_of(args: argparse.Namespace) -> Any:
    """The settings of the run, for both."""
    from finetune.datasets import demo
    from finetune.training.config import RunConfig

    return RunConfig(
        base_model=str(Path(args.model).absolute()),
        train_file=str(Path(args.data).absolute() if args.data else demo.path()),
        adapter="lora",
        adapter_options={"r": 8},
        steps=args.steps + 1,
        batch_size=args.batch,
        sequence_length=args.length,
        learning_rate=RATE,
        scheduler="constant",
        save_every=10**6,
        sample_tokens=0,
        precision=args.precision,
        threads=args.threads,
    )


def examples_of(config: Any) -> list[Any]:
    """What our trainer learns from, in its order."""
    from finetune.training.dialogues.data import load
    from finetune.training.dialogues.order import RunOrder
    from finetune.training.model import load_tokenizer

    count = config.steps * config.dialogues_per_step
    loaded = load(
        Path(config.train_file),
        load_tokenizer(config.base_model)[0],
        system_prompt=config.system_prompt,
        sequence_length=config.sequence_length,
        limit=count,
        seed=config.seed,
    )
    order = RunOrder(loaded.examples, count=count, batch_size=config.batch_size, seed=config.seed)
    return [order[index] for index in range(count)]


def train_ours(args: argparse.Namespace, turns: Turns) -> None:
    """The trainer as the site starts it, on a folder of its own."""
    from finetune.training.run import run

    precision = ""

    def listen(event: dict[str, Any]) -> None:
        nonlocal precision
        if event["type"] == "model":
            precision = event["data"]["precision"]
        elif event["type"] == "state" and event["data"]["state"] == "training":
            turns.begin()
        elif event["type"] == "metrics":
            turns.end(event["data"]["train_loss"], precision)
            turns.begin()
        elif event["type"] == "error":
            raise SystemExit(event["message"])

    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "config.json").write_text(config_of(args).to_json())
        run(Path(folder), detached=True, listener=listen)


def train_peer(args: argparse.Namespace, turns: Turns) -> None:
    """SFTTrainer on tokens and labels of ours."""
    import torch
    from datasets import Dataset
    from transformers import TrainerCallback
    from trl import SFTConfig, SFTTrainer

    from finetune.training.model import attach_adapter, load_base, load_tokenizer

    config = config_of(args)
    torch.set_num_threads(config.threads)
    rows = [
        {"input_ids": list(example.input_ids), "labels": list(example.labels)}
        for example in examples_of(config)
    ]
    told = WAYS[args.way]

    class Reports(TrainerCallback):
        def on_train_begin(self, *_: Any, **__: Any) -> None:
            turns.begin()

        def on_log(self, _: Any, __: Any, ___: Any, logs: Any = None, **____: Any) -> None:
            if "loss" in logs:
                turns.end(logs["loss"], "float32" if told.get("bf16") is False else "bfloat16")
                turns.begin()

    with tempfile.TemporaryDirectory() as folder:
        SFTTrainer(
            model=attach_adapter(load_base(config.base_model), config),
            args=SFTConfig(
                output_dir=folder,
                per_device_train_batch_size=config.batch_size,
                max_steps=config.steps,
                learning_rate=RATE,
                lr_scheduler_type="constant",
                max_length=None,
                logging_steps=1,
                save_strategy="no",
                report_to="none",
                disable_tqdm=True,
                train_sampling_strategy="sequential",
                use_cpu=not torch.cuda.is_available(),
                **told,
            ),
            train_dataset=Dataset.from_list(rows),
            processing_class=load_tokenizer(config.base_model)[0],
            callbacks=[Reports()],
        ).train()


# -- all of them, in turn -------------------------------------------------------------------------


@dataclass
class Way:
    """One process."""

    name: str
    process: subprocess.Popen[str]

    def step(self) -> dict[str, Any]:
        """Let it make one step; return what that took."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(file=self.process.stdin, flush=True)
        for line in self.process.stdout:
            if line.startswith(TOLD):
                told: dict[str, Any] = json.loads(line.removeprefix(TOLD))
                return told
        raise SystemExit(f"{self.name} ended: see above")


def start(name: str, args: argparse.Namespace) -> Way:
    """Start the process of one way."""
    command = [sys.executable if name == OURS else args.trl, "-m", "benchmarks.training_peers"]
    command += [args.model, "--way", name]
    for option in ASKED[1:]:
        command += [f"--{option}", str(getattr(args, option))]
    environment = {
        **os.environ,
        "OMP_NUM_THREADS": str(args.threads),
        "OMP_WAIT_POLICY": "PASSIVE",
        "TOKENIZERS_PARALLELISM": "false",
        "TRANSFORMERS_VERBOSITY": "error",
    }
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    return Way(name, subprocess.Popen(command, cwd=ROOT, env=environment, text=True, **pipes))


def measure(names: list[str], kept: Kept, missing: int, args: argparse.Namespace) -> None:
    """Let all ways make the steps that are missing, in turn."""
    round_ = 1 + max((row["round"] for row in kept.rows), default=0)
    ways = [start(name, args) for name in names]
    try:
        for step in range(missing + 1):
            for way in ways:
                told = way.step()
                kept.add({"round": round_, "step": step, "way": way.name, **told})
                print(f"{step} {way.name}: {told[args.clock]:.2f} s", file=sys.stderr, flush=True)
    finally:
        for way in ways:
            way.process.communicate()  # the end of its input ends it


def compare(turns: list[Turn], tokens: list[int], args: argparse.Namespace) -> None:
    """Print the table; a loss that is not ours ends the program."""
    print(
        f"{args.model}, {args.batch} dialogues of at most {args.length} tokens, "
        f"{statistics.mean(tokens):.0f} tokens a step, {args.threads} thread(s), {len(turns)} "
        f"steps, {args.clock} clock\n"
    )
    print_head(
        "trainer", "a step", "tokens/s", "ours is faster by", "peak memory", "loss differs by"
    )
    clock = args.clock
    for name in turns[0]:
        pairs = [(turn[name], turn[OURS]) for turn in turns]
        apart = max(abs(one["loss"] - own["loss"]) / own["loss"] for one, own in pairs)
        formats = {row["precision"] for pair in pairs for row in pair}
        print_row(
            f"{name} ({pairs[-1][0]['precision']})",
            f"{statistics.median(one[clock] for one, _ in pairs):.2f} s",
            f"{statistics.median(tokens[one['step']] / one[clock] for one, _ in pairs):.0f}",
            f"{statistics.median(one[clock] / own[clock] for one, own in pairs):.2f}",
            f"{max(one['peak_mb'] for one, _ in pairs):.0f} MB",
            f"{apart:.1e}",
        )
        if apart > LOSS_BARS["bfloat16" if "bfloat16" in formats else "float32"]:
            raise SystemExit(f"{name} does not learn the same: its loss differs by {apart:.1e}")


def main() -> None:
    """Measure all ways in turn, or be one of them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", help="folder of the base model")
    parser.add_argument("--trl", help="python of the environment with TRL")
    parser.add_argument("--data", default="", help="JSONL of dialogues; default: the demo set")
    parser.add_argument("--length", type=int, default=384)
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--steps", type=int, default=7)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--precision", default="auto", help="ours; TRL's are what its names say")
    parser.add_argument("--clock", choices=("wall", "cpu"), default="wall")
    parser.add_argument("--ways", nargs="+", choices=list(WAYS), default=list(WAYS))
    parser.add_argument("--results", type=Path, default=Path("var/training-peers.jsonl"))
    parser.add_argument("--way", choices=list(WAYS), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.way:
        train: Callable[[argparse.Namespace, Turns], None]
        train = train_ours if args.way == OURS else train_peer
        train(args, Turns())
        return
    if not args.trl:
        parser.error("--trl: name the python of an environment with TRL (see the top of this file)")
    config = config_of(args)
    sizes = [len(example.input_ids) for example in examples_of(config)]
    tokens = [sum(sizes[at : at + args.batch]) for at in range(0, len(sizes), args.batch)]
    names = [OURS, *(way for way in args.ways if way != OURS)]
    kept = Kept(args.results, {"ways": names, **{name: getattr(args, name) for name in ASKED}})
    if (missing := args.steps - len(kept.turns(names))) > 0:
        measure(names, kept, missing, args)
    compare(kept.turns(names), tokens, args)


if __name__ == "__main__":
    main()
