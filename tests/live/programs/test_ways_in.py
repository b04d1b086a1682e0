"""A run by tools, from its plan to its end, and one followed in a terminal: on a whole studio."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.api.programs.tools import told, tools_at
from tests.conftest import PATIENCE, ROOT
from tests.live.conftest import TINY, Studio

SETTINGS = {"steps": 3, "batch_size": 1, "sequence_length": 64, "eval_every": 3, "preset": "quick"}
STUDY = """
from finetune.models import BaseModel, Dataset, Run
from finetune.studies.form.matching import matched_settings
from finetune.studies.models import Study
run = Run.objects.get(public_id={run!r})
study = Study.objects.create(
    team=run.team, created_by=run.created_by, name="Hers", base=run.base, dataset=run.dataset,
    adapter="qtha", config=matched_settings(run.settings).model_dump(), state="stopped",
)
answer = study.public_id
"""


@pytest.mark.processes
async def test_the_whole_way_by_tools(studio: Studio, training_file: str) -> None:
    asked = {"model": TINY, "dataset": training_file, "settings": SETTINGS}
    async with tools_at(studio.url, studio.people["alice"]["key"]) as client:
        assert "start_run" in [tool.name for tool in (await client.list_tools()).tools]
        assert (await told(client, "plan_run", **asked))["refused"] is None
        made = await told(client, "start_run", **asked, name="tool")
        deadline = time.monotonic() + PATIENCE
        while not (run := await told(client, "read_run", run=made["id"], log=50))["finished"]:
            assert time.monotonic() < deadline, run
            await asyncio.sleep(1)
        assert (run["state"], run["step"]) == ("succeeded", 3)
        assert run["metrics"]["train_loss"] > 0
        assert run["log"]
        models = (await told(client, "list_models"))["data"]
        assert run["fine_tuned_model"] in [one["id"] for one in models]
        study = studio.manage(STUDY.format(run=made["id"]))
        assert (await told(client, "read_study", study=study))["table"]["rows"] is not None


@pytest.mark.processes
def test_a_run_is_started_and_followed(
    studio: Studio, training_file: str, job: Callable[[str], dict[str, Any]]
) -> None:
    pairs = [f"{name}={value}" for name, value in SETTINGS.items() if name != "preset"]
    done = subprocess.run(
        [
            *(sys.executable, "manage.py", "studio", "runs", "start", "--user", "alice"),
            *("--model", TINY, "--data", training_file, "--preset", "quick", "--follow", "--json"),
            *(part for pair in pairs for part in ("--set", pair)),
        ],
        cwd=ROOT,
        env=studio.env,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0, lines[-1:] or done.stderr
    assert lines[-1]["status"] == "succeeded"
    assert [one["data"]["step"] for one in lines if one.get("type") == "metrics"][-1] == 3
    assert job(lines[-1]["id"])["fine_tuned_model"] == lines[-1]["fine_tuned_model"]
