"""Every program that loads torch says first how its threads wait."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from finetune.explorer.experiment.spec import Spec
from tests.conftest import ROOT

# The first import of torch ends the process and tells how threads would wait.
WATCHED = """
import importlib.abc, os, runpy, sys
class Watch(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name in ("torch", "qiskit_aer"):
            print(name, os.environ.get("OMP_WAIT_POLICY"), flush=True)
            os._exit(0)
sys.meta_path.insert(0, Watch())
module, *sys.argv[1:] = sys.argv[1:]
runpy.run_module(module, run_name="__main__", alter_sys=True)
"""


def first_import(module: str, *arguments: str, policy: str = "") -> str:
    environment = {name: value for name, value in os.environ.items() if name != "OMP_WAIT_POLICY"}
    done = subprocess.run(
        [sys.executable, "-c", WATCHED, module, *arguments],
        cwd=ROOT,
        env={**environment, **({"OMP_WAIT_POLICY": policy} if policy else {})},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture
def arguments(tmp_path: Path) -> dict[str, list[str]]:
    spec = Spec(family="originir", text="QINIT 1\nCREG 1\nH q[0]\n").to_dict()
    import json

    (tmp_path / "spec.json").write_text(json.dumps({**spec, "backends": ["aer"]}))
    folder = str(tmp_path)
    model = ["--model", folder]
    return {
        "finetune.training": [folder],
        "finetune.explorer.experiment": [folder, "60"],
        "finetune.bases.files.inspect": [folder],
        "finetune.bases.files.tiny": [folder, "--tokenizer", folder],
        "chat.engine": ["--assistants", folder],
        "benchmarks.adapter_step": model,
        "benchmarks.chat.engine": [],
        "benchmarks.hardware_step": model,
        "benchmarks.circuit_workers": ["torch"],
    }


@pytest.mark.parametrize(
    "module",
    [
        "finetune.training",
        "finetune.explorer.experiment",
        "finetune.bases.files.inspect",
        "finetune.bases.files.tiny",
        "chat.engine",
        "benchmarks.adapter_step",
        "benchmarks.chat.engine",
        "benchmarks.hardware_step",
    ],
)
def test_it_waits_passively(module: str, arguments: dict[str, list[str]]) -> None:
    assert first_import(module, *arguments[module]).split() in (
        ["torch", "PASSIVE"],
        ["qiskit_aer", "PASSIVE"],
    )


def test_who_started_it_may_choose_otherwise(tmp_path: Path) -> None:
    assert first_import("finetune.training", str(tmp_path), policy="ACTIVE") == "torch ACTIVE"
