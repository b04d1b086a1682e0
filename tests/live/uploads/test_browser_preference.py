"""Pairs of replies as a person takes them: upload, see both replies, train, watch the rewards."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.finetune.training.preference.conftest import pair
from tests.live.browser import PATIENCE_MS, wait_state
from tests.live.conftest import TINY

pytestmark = [pytest.mark.browser, pytest.mark.processes]
SETTINGS = {
    "learning_rate": "0.005",
    "steps": "12",
    "batch_size": "2",
    "sequence_length": "96",
    "eval_every": "4",
    "eval_dialogues": "4",
    "save_every": "6",
    "beta": "0.2",
}


def test_from_a_file_of_pairs_to_rewards(window: Any, studio: Any, tmp_path: Path) -> None:
    path = tmp_path / "pairs.jsonl"
    path.write_text("".join(json.dumps(pair(number)) + "\n" for number in range(40)))
    with window("alice") as person:
        page = person.page
        person.go("/data/")
        page.locator("header").get_by_role("link", name="Upload data").click()
        page.set_input_files("[name=file]", path)
        page.get_by_role("button", name="Upload and check").click()
        page.wait_for_url("**/data/file-*/")
        page.get_by_role("link", name="Start a run with this").wait_for(timeout=PATIENCE_MS)
        first = page.locator(".preview .pair").first.inner_text()
        assert "What made day 0 so long?" in first
        assert "Just go to sleep on day 0." in first
        page.get_by_role("link", name="Start a run with this").click()
        assert page.input_value("[name=preset]") == "preference"
        page.select_option("[name=base]", TINY)
        page.evaluate(
            "document.querySelectorAll('#run-form details').forEach((one) => one.open = true)"
        )
        for name, value in SETTINGS.items():
            page.fill(f"[name={name}]", value)
        page.fill("[name=qtha-r]", "3")
        page.locator("#summary-kind").wait_for()
        page.get_by_role("button", name="Start the run").click()
        page.wait_for_url("**/runs/ftjob-*/")
        wait_state(page, "succeeded")
        for chart in ("rewards", "margins"):
            drawn = page.evaluate(f"() => window.testCharts.{chart}.series.map((s) => s.y.length)")
            assert drawn[0] == 12
            assert drawn[1] == 4  # before training, and after steps 4, 8 and 12
        assert page.get_by_text("preference (DPO)").is_visible()
        margins = page.evaluate("() => [...window.testCharts.margins.series[0].y]")
        assert margins[-1] > margins[0]
        assert page.locator("code", has_text="beta").count()
