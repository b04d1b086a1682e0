"""A training worker tells with its sign of life how many devices one run may take."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.conf import LazySettings

from finetune.runs.worker.devices import devices_reported
from wukongsite.processes import signs


def test_a_training_worker_tells_of_its_devices(
    settings: LazySettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DATA_DIR = tmp_path
    monkeypatch.setattr(signs, "devices_here", lambda: 2)
    signs.sign_write("tasks@here")
    assert devices_reported() == 1
    signs.sign_write("train@here")
    assert devices_reported() == 2
    assert "devices" not in json.loads((tmp_path / "workers" / "tasks@here.json").read_text())
    assert {sign.name for sign in signs.signs_read()} == {"tasks@here", "train@here"}
