"""QGS from rung to rung: on exact values, then with a chip's noise, then on the cloud's double.

    python -m benchmarks.reproduction.rungs

Each rung is a run that goes on from the one below, and beside it stands one that makes the same
steps on exact values: the difference is what shots and noise did. The chip is the contract double
of Origin's cloud (`tests/doubles/`), which samples with the 72-qubit chip's published noise or, for
circuits too wide for that, without noise; its seconds are modelled, not measured. Stopped at any
time it goes on where it was; results go to `docs/reproduction/qgs-rungs.json` as they come.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from finetune.evaluation.scoring.score import processor
from finetune.files import write_whole
from finetune.studies.design.reading import result_of
from finetune.training.config import RunConfig
from quantum.chips.published import published_72
from quantum.sampling.costs import sampling_cost
from quantum.threads import wait_passively
from tests.doubles.wukong_cloud import WukongDouble

from .data import prepare
from .places import KEPT, WORK, base_folder

FILE = KEPT / "qgs-rungs.json"
SEEDS = (1, 2, 3)
SETTINGS: Mapping[str, Any] = {
    "adapter": "qgs",
    "learning_rate": 0.03,
    "batch_size": 4,
    "sequence_length": 256,
    "eval_every": 100,  # at the beginning and at the end
    "eval_dialogues": 32,
    "save_every": 10,
    "keep_checkpoints": 1,
    "sample_prompts": [],
    "sample_tokens": 0,
    "precision": "float32",
    "threads": 1,
}


@dataclass(frozen=True)
class Rung:
    """A run, and the one it goes on from.

    Attributes:
        name: of the rung.
        below: the rung that it goes on from; empty for the first.
        steps: that it learns.
        backend: what runs its circuits.
        options: of the backend.
    """

    name: str
    below: str
    steps: int
    backend: str = "statevector"
    options: Mapping[str, Any] | None = None


EXACT = Rung("exact", "", 40)
NOISE = Rung("noise", "exact", 8, "aer", {"noise": "chip72", "seed": 1})
# Noise on more than 12 qubits would take hours a step: 72 go to the double without it.
WAYS: Mapping[int, tuple[Rung, ...]] = {
    8: (
        EXACT,
        NOISE,
        Rung("noise-exact", "exact", 8),
        Rung("double", "noise", 3, "wukong"),
        Rung("double-exact", "noise-exact", 3),
    ),
    72: (EXACT, Rung("double", "exact", 3, "wukong"), Rung("double-exact", "exact", 3)),
}


@contextmanager
def cloud(noisy: bool) -> Iterator[dict[str, Any]]:
    """The double of Origin's cloud, and the backend's options that lead to it."""
    with WukongDouble({"72": (published_72(), True)}, noisy=noisy) as double:
        yield {"url": double.url, "chip": "72"}


def called(*words: object, **more: Any) -> subprocess.Popen[bytes]:
    """Start one of the project's commands."""
    return subprocess.Popen([sys.executable, "-m", *map(str, words)], **more)


def made(folder: Path, rung: Rung, qubits: int, seed: int, data: Mapping[str, Path]) -> None:
    """Make a rung's run folder."""
    values = {
        **SETTINGS,
        "adapter_options": {"n_qubits": qubits},
        "steps": rung.steps,
        "seed": seed,
        "backend": rung.backend,
        "backend_options": dict(rung.options or {}),
        "base_model": str(base_folder("smollm2-135m-instruct")),
        "train_file": str(data["train"]),
        "validation_file": str(data["validation"]),
        "start_adapter": str(folder.parent / rung.below / "adapter") if rung.below else "",
    }
    folder.mkdir(parents=True)
    write_whole(folder / "config.json", RunConfig.from_dict(values).to_json())


def climbed(folder: Path, rung: Rung, qubits: int, seed: int, data: Mapping[str, Path]) -> None:
    """Bring a rung's run to its end, with a carrier of its circuits where it needs one.

    The run below is made again where its weights are gone, as on another machine.
    """
    if rung.below and not (folder.parent / rung.below / "adapter").exists():
        below = next(one for one in WAYS[qubits] if one.name == rung.below)
        climbed(folder.parent / rung.below, below, qubits, seed, data)
    if rung.backend != "wukong":
        if not folder.exists():
            made(folder, rung, qubits, seed, data)
        if called("finetune.training", folder).wait():
            raise SystemExit(f"{folder} failed; its events.jsonl says why.")
        return
    with cloud(noisy=qubits <= 12) as options:
        if not folder.exists():
            double = Rung(rung.name, rung.below, rung.steps, rung.backend, options)
            made(folder, double, qubits, seed, data)
        config = folder / "config.json"  # the double of an earlier try stood elsewhere
        values = {**json.loads(config.read_text("utf-8")), "backend_options": options}
        write_whole(config, json.dumps(values, indent=2, ensure_ascii=False) + "\n")
        trainer = called("finetune.training", folder)
        key = {**os.environ, "WUKONG_API_KEY": "a-key-of-the-double"}
        carrier = called("finetune.training", "carry", folder, "--agree-circuits", 100_000, env=key)
        try:
            if trainer.wait():
                raise SystemExit(f"{folder} failed; its events.jsonl says why.")
        finally:
            trainer.terminate()
            carrier.terminate()
            trainer.wait()
            carrier.wait()


def scored(folder: Path, data: Path) -> dict[str, Any]:
    """Score a run's last weights on the test dialogues, its circuit computed exactly."""
    out = folder / "test.json"
    if not out.exists():
        words = ("score", folder, "--checkpoint", "last", "--data", data, "--out", out)
        if called("finetune.evaluation", *words).wait():
            raise SystemExit(f"{folder} could not be scored.")
    values = json.loads(out.read_text(encoding="utf-8"))
    return {name: values[name] for name in ("loss", "accuracy")}


def entry(folder: Path, rung: Rung, test: Mapping[str, Any]) -> dict[str, Any]:
    """What is kept of a rung."""
    result = result_of(folder)
    assert result is not None
    seconds: list[float] = []
    if rung.backend == "wukong" and result.circuits and result.shots:
        cost = sampling_cost(result.circuits, result.shots // result.circuits)
        seconds = [round(one, 1) for one in cost.seconds]
    return {
        **asdict(rung),
        "options": {name: value for name, value in (rung.options or {}).items() if name != "url"},
        "validation_at_start": result.base_loss,
        "validation": result.last_loss,
        "test_exact": test["loss"],
        "test_accuracy_exact": test["accuracy"],
        "circuits": result.circuits or 0,
        "shots": result.shots or 0,
        "modelled_chip_seconds": seconds,
        "step_seconds": result.step_seconds,
        "parameters": result.parameters,
    }


def main() -> int:
    """Climb every way with every seed."""
    wait_passively()
    data = prepare("counsel_chat", WORK / "data")
    kept = json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {"runs": {}}
    for seed in SEEDS:
        for qubits, rungs in WAYS.items():
            for rung in rungs:
                name = f"{qubits}-qubits~{rung.name}~seed-{seed}"
                if name in kept["runs"]:
                    continue
                folder = WORK / "qgs-rungs" / f"{qubits}-qubits-seed-{seed}" / rung.name
                folder.parent.mkdir(parents=True, exist_ok=True)
                climbed(folder, rung, qubits, seed, data)
                kept["runs"][name] = entry(folder, rung, scored(folder, data["test"]))
                kept |= {
                    "settings": dict(SETTINGS),
                    "processor": processor(),
                    "date": time.strftime("%Y-%m-%d", time.gmtime()),
                }
                write_whole(FILE, json.dumps(kept, indent=1, ensure_ascii=False) + "\n")
                found = kept["runs"][name]
                print(f"{name}: test {found['test_exact']:.4f}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
