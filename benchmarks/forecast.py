"""The forecast against what runs take: time and peak memory of ten settings that it has not seen.

    python -m benchmarks.forecast var/base-models/smollm2-135m-instruct

First it trains `LEARNT`, as a site's earlier runs, which the forecast learns from; then it says of
each of `UNSEEN` what it will take, and trains it. Each run is a trainer of its own, as the site
starts it, on the demo set. Results are kept in `--results` as they come: stop it at any time, and
start it again to go on. `--memory` makes runs of a few steps, whose peak does not depend on what
else the machine does; their times are not told then.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.frame import ROOT, print_head, print_row
from finetune.bases.catalogue.sizes import Sizes
from finetune.training.forecast.learned import Past
from finetune.training.forecast.lengths import DataSize
from finetune.training.forecast.machine import Machine
from finetune.training.forecast.outlook import Forecast, Surroundings
from finetune.training.settings import RunSettings
from finetune.training.use.meter import Use
from quantum.adapters.registry import get_adapter

BARS = {"time": 0.25, "memory": 0.15}
ALL = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
QV = ["q_proj", "v_proj"]
USUAL: dict[str, Any] = {"steps": 12, "eval_every": 0, "eval_dialogues": 8, "sample_tokens": 20}
LEARNT: dict[str, dict[str, Any]] = {
    "lora": {"adapter": "lora", "batch_size": 4, "sequence_length": 256},
    "qtha": {"adapter": "qtha", "batch_size": 4, "sequence_length": 256},
    "qgs": {"adapter": "qgs", "batch_size": 4, "sequence_length": 256},
    "gatenet": {"adapter": "gatenet", "batch_size": 4, "sequence_length": 256},
}
UNSEEN: dict[str, dict[str, Any]] = {
    "LoRA, one dialogue a step": {"adapter": "lora", "batch_size": 1, "steps": 24},
    "LoRA, eight a step": {"adapter": "lora", "batch_size": 8, "sequence_length": 384},
    "LoRA on all layers": {"adapter": "lora", "targets": ALL, "batch_size": 4},
    "LoRA r = 32, accumulated": {
        "adapter": "lora", "adapter_options": {"r": 32}, "batch_size": 2,
        "gradient_accumulation": 3, "steps": 8,
    },
    "LoRA, 96 tokens": {"adapter": "lora", "batch_size": 6, "sequence_length": 96},
    "QTHA, two layers": {"adapter": "qtha", "adapter_options": {"n_layers": 2}, "batch_size": 3},
    "QTHA r = 4, often evaluated": {
        "adapter": "qtha", "adapter_options": {"r": 4}, "eval_every": 4, "eval_dialogues": 16,
    },
    "QGS, six a step": {"adapter": "qgs", "batch_size": 6, "sequence_length": 192},
    "GateNet, two a step": {"adapter": "gatenet", "batch_size": 2, "steps": 18},
    "LoRA on o and down": {"adapter": "lora", "targets": ["o_proj", "down_proj"]},
}  # fmt: skip


def known_of(model: Path) -> dict[str, Any]:
    """Sizes and layers of the base, by a process of its own, as the site reads them."""
    code = "import sys; from finetune.bases.files.inspect import inspect; "
    code += "print(inspect(sys.argv[1]).to_json())"
    command = [sys.executable, "-c", code, str(model)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
    known: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return known


def data_of(model: Path, folder: Path) -> DataSize:
    """The demo set as the site's check counts and splits it."""
    from finetune.datasets import demo
    from finetune.datasets.doctor.examination import examine

    report = examine(demo.path(), folder, tokenizer_path=model / "tokenizer.json").to_dict()
    train, held = report["train"]["dialogues"], report["validation"]["dialogues"]
    return DataSize.of_report(report, learnt=train, held_out=held)


def train(settings: RunSettings, model: Path, data: Path) -> dict[str, Any]:
    """Train one run in a process of its own; return what it took."""
    with tempfile.TemporaryDirectory() as folder:
        config = {
            **settings.to_dict(),
            "base_model": str(model),
            "train_file": str(data / "train.jsonl"),
            "validation_file": str(data / "validation.jsonl"),
        }
        (Path(folder) / "config.json").write_text(json.dumps(config))
        command = [sys.executable, "-m", "finetune.training", folder]
        environment = {**os.environ, "OMP_WAIT_POLICY": "PASSIVE"}
        subprocess.run(command, check=True, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
        computing = json.loads((Path(folder) / "computing.json").read_text())
        return {**vars(Use.of(Path(folder))), "precision": computing["precision"]}


def forecast(settings: RunSettings, around: Surroundings) -> Forecast:
    trained = get_adapter(settings.adapter).count(around.shapes, settings.targets, settings.options)
    made = Forecast.of(settings, around, trained=trained)
    assert made is not None
    return made


def settings_of(values: dict[str, Any], quick: bool) -> RunSettings:
    settings = RunSettings.from_dict({**USUAL, **values})
    return settings.changed(steps=4, eval_dialogues=4, sample_tokens=4) if quick else settings


def main() -> None:
    """Learn from some runs, foresee ten others, measure them, print the errors."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("--results", type=Path, default=Path("var/forecast.json"))
    parser.add_argument("--memory", action="store_true", help="few steps, peak memory alone")
    args = parser.parse_args()
    results: dict[str, Any] = json.loads(args.results.read_text()) if args.results.exists() else {}
    model = args.model.absolute()
    known = known_of(model)
    mode = "memory" if args.memory else "whole"

    def took(name: str, settings: RunSettings, data: Path) -> dict[str, Any]:
        key = f"{mode}: {name}"
        if key not in results:
            results[key] = train(settings, model, data)
            args.results.write_text(json.dumps(results, indent=1))
        found: dict[str, Any] = results[key]
        return found

    with tempfile.TemporaryDirectory() as folder:
        files = Path(folder)
        data = data_of(model, files)
        around = Surroundings(
            base=model.name,
            sizes=Sizes(**known["sizes"]),
            shapes={name: (out, wide) for name, (out, wide) in known["linear_shapes"].items()},
            data=data,
            machine=Machine.here(Path(folder)),
        )
        past: list[Past] = []
        for name, values in LEARNT.items():
            settings = settings_of(values, args.memory)
            work = forecast(settings, around).work
            measured = took(name, settings, files)
            use = Use(**{n: value for n, value in measured.items() if n != "precision"})
            learnt = Past.of(
                work,
                use,
                base=around.base,
                adapter=settings.adapter,
                backend="",
                precision=measured["precision"],
            )
            assert learnt is not None, f"{name} made too few steps"
            past.append(learnt)
        around = replace(around, past=tuple(past))
        print_head(
            "settings", "time foreseen", "measured", "error", "memory foreseen", "measured", "error"
        )
        errors: dict[str, list[float]] = {"time": [], "memory": []}
        for name, values in UNSEEN.items():
            settings = settings_of(values, args.memory)
            made = forecast(settings, around)
            measured = took(name, settings, files)
            assert made.seconds is not None
            time = made.seconds.middle / measured["seconds"] - 1
            memory = made.memory.middle / measured["peak_bytes"] - 1
            errors["time"].append(abs(time))
            errors["memory"].append(abs(memory))
            print_row(
                name,
                *(
                    ("", "", "")
                    if args.memory
                    else (
                        f"{made.seconds.middle:.0f} s",
                        f"{measured['seconds']:.0f} s",
                        f"{time:+.0%}",
                    )
                ),
                f"{made.memory.middle / 2**20:.0f} MB",
                f"{measured['peak_bytes'] / 2**20:.0f} MB",
                f"{memory:+.1%}",
            )
    for what in ("memory",) if args.memory else ("time", "memory"):
        worst, bar = max(errors[what]), BARS[what]
        print(
            f"{what}: median error {statistics.median(errors[what]):.1%}, largest {worst:.1%}, "
            f"bar {bar:.0%}: {'held' if worst <= bar else 'MISSED'}"
        )


if __name__ == "__main__":
    main()
