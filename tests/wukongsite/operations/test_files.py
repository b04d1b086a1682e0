"""What stands in docs/operations names only settings, processes and files that there are."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import ROOT
from wukongsite.processes.service import command_of

FOLDER = ROOT / "docs" / "operations"
PROCESSES = re.findall(r"^(\w+):", (ROOT / "Procfile").read_text(), re.M)


def settings_documented() -> set[str]:
    return set(re.findall(r"^\| `(\w+)` \|", (ROOT / "docs/settings.md").read_text(), re.M))


def compose() -> dict[str, Any]:
    return yaml.safe_load((FOLDER / "compose.yaml").read_text())


def test_the_compose_file_names_settings_that_exist():
    services = compose()["services"]
    ours = {name: one for name, one in services.items() if one["image"] == "wukong-studio"}
    assert set(ours) == {*PROCESSES, "prepare"} - {"valkey"}
    for name, service in ours.items():
        assert set(service["environment"]) <= settings_documented(), name
        assert {"DATABASE_URL", "VALKEY_URL", "WUKONG_SECRET_KEY"} <= set(service["environment"])
    assert {"postgres", "valkey", "nginx"} == set(services) - set(ours)


def test_its_processes_are_those_of_the_procfile():
    for name, service in compose()["services"].items():
        if service["image"] == "wukong-studio" and name not in ("prepare", "engine"):
            assert service["command"] == [name]
            assert command_of(name)


def test_an_unknown_process_is_named():
    with pytest.raises(SystemExit, match="'wroker'.*worker"):
        command_of("wroker")


def test_the_environment_file_names_settings_that_exist():
    text = (FOLDER / "systemd" / "wukong.env").read_text()
    named = set(re.findall(r"^(\w+)=", text, re.M))
    assert named
    assert named <= settings_documented()


def test_the_image_copies_what_there_is():
    text = (FOLDER / "Dockerfile").read_text()
    copied = [word for line in re.findall(r"^COPY (.+)$", text, re.M) for word in line.split()[:-1]]
    assert {"finetune", "wukongsite", "Procfile", "requirements.txt"} <= set(copied)
    assert [name for name in copied if not (ROOT / name).exists()] == []


def test_systemd_takes_the_units(tmp_path: Path):
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd is not installed")
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\n")
    python.chmod(0o755)
    for unit in (FOLDER / "systemd").glob("wukong*"):
        if unit.suffix in (".service", ".target"):
            text = unit.read_text().replace("/srv/wukong/.venv/bin/python", str(python))
            (tmp_path / unit.name.replace("@", "@8000")).write_text(text)
    names = [str(path) for path in sorted(tmp_path.glob("wukong*"))]
    assert len(names) == 3
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *names],
        capture_output=True, text=True, check=False, env={**os.environ, "LC_ALL": "C"},
    )  # fmt: skip
    ours = [line for line in done.stderr.splitlines() if "wukong" in line]
    assert ours == []
