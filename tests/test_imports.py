"""Imports point one way, libraries know no Django, and the web process stays free of torch."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

ORDER = [
    "quantum",
    "finetune",
    "chat",
    "wukongsite",
]  # each may import itself and what is before it
LIBRARIES = [
    "quantum",
    "finetune/training",
    "finetune/datasets/reading",
    "finetune/datasets/doctor",
    "finetune/bases/files",
    "finetune/explorer",
    "chat/engine",
]
HEAVY = [
    "torch",
    "transformers",
    "peft",
    "qiskit",
    "qiskit_aer",
    "pyqpanda3",
    "matplotlib",
    "accelerate",
]


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names.add(node.module)
    return names


@pytest.mark.parametrize("package", ORDER)
def test_nothing_points_back(package):
    later = set(ORDER[ORDER.index(package) + 1 :])
    for path in (ROOT / package).rglob("*.py"):
        roots = {name.split(".")[0] for name in imported(path)}
        assert not roots & later, f"{path} imports {roots & later}"


@pytest.mark.parametrize("folder", LIBRARIES)
def test_libraries_know_no_django(folder):
    files = list((ROOT / folder).rglob("*.py"))
    assert files
    for path in files:
        roots = {name.split(".")[0] for name in imported(path)}
        assert not roots & {"django", "channels", "celery", "ninja"}, path


def test_only_the_helper_process_imports_the_sdk():
    """The SDK holds the interpreter's lock while it waits and keeps one key per process."""
    users = {
        path.relative_to(ROOT).as_posix()
        for package in ORDER
        for path in (ROOT / package).rglob("*.py")
        if "pyqpanda3" in {name.split(".")[0] for name in imported(path)}
        or re.search(r'import_module\(f?"pyqpanda3', path.read_text())
    }
    assert users == {"quantum/backends/sdk/helper.py"}


def test_web_process_loads_no_torch(tmp_path):
    code = (
        "import os, sys, wukongsite.asgi\n"
        "from django.urls import get_resolver\n"
        "get_resolver().url_patterns\n"
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={
            "PATH": "/usr/bin",
            "WUKONG_DATA_DIR": str(tmp_path),
            "DJANGO_SETTINGS_MODULE": "wukongsite.settings",
        },
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"
