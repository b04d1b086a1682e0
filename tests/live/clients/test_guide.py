"""OpenAI's own guide runs against a whole studio, unchanged but for address and key."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.api.conftest import dialogues
from tests.conftest import PATIENCE
from tests.live.conftest import TINY, Studio

pytestmark = pytest.mark.processes
GUIDE = Path(__file__).with_name("guide.py")
HOSTED = "gpt-4.1-nano-2025-04-14"


def test_the_guide_for_supervised_fine_tuning(studio: Studio, tmp_path: Path) -> None:
    (tmp_path / "mydata.jsonl").write_bytes(dialogues(12))
    done = subprocess.run(
        [sys.executable, str(GUIDE)],
        cwd=tmp_path,
        env={
            **os.environ,
            "OPENAI_BASE_URL": f"{studio.url}/v1",
            "OPENAI_API_KEY": studio.people["alice"]["key"],
        },
        capture_output=True,
        text=True,
        timeout=PATIENCE * 2,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout.splitlines()[-1])
    made, job = told["made"], told["job"]
    assert (job["status"], job["model"]) == ("succeeded", TINY), job
    assert job["wukong"]["model_asked"] == HOSTED
    assert (made["seed"], made["metadata"]) == (105, {"topic": "sleep"})
    assert job["hyperparameters"]["n_epochs"] == 2
    assert job["fine_tuned_model"].startswith(f"ft:{TINY}:")
    assert job["id"] in told["listed"]
    events = told["events"]
    assert any(HOSTED in text and TINY in text for _, text in events)
    assert any(level == "warn" and "wandb" in text for level, text in events)
    assert told["checkpoints"]
    assert told["checkpoints"][0].startswith(job["fine_tuned_model"])
    assert told["result"].startswith("step,train_loss,train_accuracy,valid_loss,")
    assert told["completion"]["model"] == job["fine_tuned_model"]
    assert told["completion"]["choices"][0]["message"]["content"]
    assert told["response"]
    assert told["before"] == TINY  # who named a hosted model is told who spoke
