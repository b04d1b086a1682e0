"""Our preference run beside TRL's DPOTrainer: the same pairs, adapter, batches and rate.

    /tmp/trlenv/bin/python -m benchmarks.preference_peer BASE PAIRS.jsonl [--steps 20]

TRL is no dependency of the studio: run this with a Python that has it beside ours
(`benchmarks/peer_requirements/`). Pairs are lines of `{"messages", "chosen", "rejected"}`. TRL
gets our
token ids, since it would learn the line break behind a reply's end as well; loss, reference,
optimizer and metrics are its own. Prints both curves, their largest difference, and both times.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

import torch

NAMES = ("loss", "rewards/chosen", "rewards/rejected", "rewards/margins", "rewards/accuracies")


def ours(folder: Path, values: dict[str, Any]) -> tuple[list[dict[str, float]], float, Any]:
    """Train our way; return each step's numbers, the seconds, and the config."""
    from finetune.training.config import RunConfig
    from finetune.training.log.events import read_events
    from finetune.training.run import run

    config = RunConfig.from_dict(values)
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(config.to_json())
    started = time.monotonic()
    if code := run(folder, detached=True):
        raise SystemExit(f"our run ended with {code}: see {folder / 'events.jsonl'}")
    spent = time.monotonic() - started
    steps = [e["data"] for e in read_events(folder / "events.jsonl") if e["type"] == "metrics"]
    return [{"loss": one["train_loss"], **one} for one in steps], spent, config


def theirs(folder: Path, config: Any) -> tuple[list[dict[str, float]], float]:
    """Train TRL's way, on the same ids in the same order."""
    from datasets import Dataset
    from transformers import TrainerCallback
    from trl import DPOConfig, DPOTrainer

    from finetune.training.dialogues.order import RunOrder
    from finetune.training.model import attach_adapter, load_base, load_tokenizer
    from finetune.training.preference.kinds import data_loaded

    tokenizer, _ = load_tokenizer(config.base_model)
    count = config.steps * config.dialogues_per_step
    loaded = data_loaded(folder, config, config.train_file, tokenizer, count, config.seed)
    order = RunOrder(loaded.examples, count=count, batch_size=config.batch_size, seed=config.seed)
    rows = []
    for pair in order:
        start = pair.chosen.length - pair.chosen.label_count
        rows.append(
            {
                "prompt_ids": list(pair.chosen.input_ids[:start]),
                "chosen_ids": list(pair.chosen.input_ids[start:]),
                "rejected_ids": list(pair.rejected.input_ids[start:]),
            }
        )

    class Prepared(DPOTrainer):  # type: ignore[misc]
        def _prepare_dataset(self, dataset: Any, *args: Any, **kwargs: Any) -> Any:
            return dataset

    told: list[dict[str, float]] = []

    class Keep(TrainerCallback):
        def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
            if "loss" in logs:
                told.append({name: float(logs[name]) for name in NAMES})

    model = attach_adapter(load_base(config.base_model), config)
    arguments = DPOConfig(
        output_dir=str(folder / "trl"),
        per_device_train_batch_size=config.batch_size,
        gradient_accumulation_steps=config.gradient_accumulation,
        max_steps=config.steps,
        learning_rate=config.learning_rate,
        lr_scheduler_type="constant",
        max_grad_norm=config.max_grad_norm,
        weight_decay=config.weight_decay,
        beta=config.beta,
        max_length=config.sequence_length,
        seed=config.seed,
        train_sampling_strategy="sequential",
        gradient_checkpointing=False,
        bf16=False,
        use_cpu=not torch.cuda.is_available(),
        logging_steps=1,
        save_strategy="no",
        report_to="none",
        disable_tqdm=True,
        precompute_ref_log_probs=False,
    )
    trainer = Prepared(
        model=model,
        args=arguments,
        train_dataset=Dataset.from_list(rows),
        processing_class=tokenizer,
        callbacks=[Keep()],
    )
    started = time.monotonic()
    trainer.train()
    return told, time.monotonic() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("base", type=Path)
    parser.add_argument("pairs", type=Path)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--rate", type=float, default=2e-5)
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--length", type=int, default=256)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    values = {
        "base_model": str(asked.base),
        "train_file": str(asked.pairs.absolute()),
        "kind": "preference",
        "adapter": "lora",
        "learning_rate": asked.rate,
        "scheduler": "constant",
        "steps": asked.steps,
        "batch_size": asked.batch,
        "sequence_length": asked.length,
        "precision": "float32",
        "system_prompt": "",
        "sample_tokens": 0,
        "save_every": asked.steps,
        "threads": 1,
    }
    with tempfile.TemporaryDirectory() as scratch:
        our_steps, our_seconds, config = ours(Path(scratch) / "run", values)
        their_steps, their_seconds = theirs(Path(scratch), config)
    print(f"{'step':>4} {'ours':>10} {'TRL':>10} {'margin':>10} {'TRL':>10}")
    for number, (one, other) in enumerate(zip(our_steps, their_steps, strict=True), 1):
        print(
            f"{number:>4} {one['loss']:>10.6f} {other['loss']:>10.6f}"
            f" {one['rewards/margins']:>10.6f} {other['rewards/margins']:>10.6f}"
        )
    worst = {
        name: max(abs(a[name] - b[name]) for a, b in zip(our_steps, their_steps, strict=True))
        for name in NAMES[:-1]
    }
    print(json.dumps({"largest differences": worst, "seconds": [our_seconds, their_seconds]}))


if __name__ == "__main__":
    main()
