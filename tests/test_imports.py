"""Imports point one way, libraries know no Django, and the web process stays free of torch."""

import ast
import graphlib
import re
import subprocess
import sys
from collections.abc import Iterator
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
    "finetune/datasets/formats",
    "finetune/datasets/doctor",
    "finetune/datasets/findings/process",
    "finetune/datasets/findings/checks",
    "finetune/datasets/findings/personal",
    "finetune/bases/files",
    "finetune/explorer/experiment",
    "finetune/exports/making",
    "finetune/studies/design",
    "finetune/studies/statistics",
    "finetune/evaluation/scoring",
    "finetune/evaluation/replies",
    "finetune/evaluation/arithmetic",
    "finetune/evaluation/process",
    "finetune/evaluation/harness",
    "finetune/evaluation/imported",
    "chat/engine",
    "chat/safety",
]
# finetune's domains: each may import itself and what is before it
DOMAINS = [
    "outside",
    "teams",
    "operations",
    "bases",
    "datasets",
    "hardware",
    "runs",
    "explorer",
    "exports",
    "evaluation",
    "studies",
    "lineage",
    "alerts",
    "home",
    "api",
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
    "pyarrow",
    "openpyxl",
    "mcp",  # at the first request for tools
]


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names.add(node.module)
    return names


def modules() -> dict[str, Path]:
    """Dotted name of every module of ours."""
    paths = [path for package in ORDER for path in (ROOT / package).rglob("*.py")]
    names = (".".join(path.relative_to(ROOT).with_suffix("").parts) for path in paths)
    return {name.removesuffix(".__init__"): path for name, path in zip(names, paths, strict=True)}


def run_nodes(tree: ast.AST) -> Iterator[ast.AST]:
    """Everything but what stands under `if TYPE_CHECKING:`, functions' bodies included."""
    for node in ast.iter_child_nodes(tree):
        if not (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"):
            yield node
            yield from run_nodes(node)


def own_imports(name: str, path: Path, known: dict[str, Path]) -> set[str]:
    """Modules of ours that a module imports when it runs, relative imports resolved."""
    package = name.split(".") if path.name == "__init__.py" else name.split(".")[:-1]
    found: set[str] = set()
    for node in run_nodes(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            parents = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*parents, *([node.module] if node.module else [])])
            names = (f"{base}.{alias.name}" for alias in node.names)
            found |= {name if name in known else base for name in names}
    return (found & known.keys()) - {name}


def test_no_module_imports_itself_through_others():
    known = modules()
    assert len(known) > 300
    graph = {name: own_imports(name, path, known) for name, path in known.items()}
    assert "quantum.adapters.spec" in graph["quantum.adapters.registry"]
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        pytest.fail(" -> ".join(reversed(error.args[1])))


@pytest.mark.parametrize("package", ORDER)
def test_nothing_points_back(package):
    later = set(ORDER[ORDER.index(package) + 1 :])
    for path in (ROOT / package).rglob("*.py"):
        roots = {name.split(".")[0] for name in imported(path)}
        assert not roots & later, f"{path} imports {roots & later}"


@pytest.mark.parametrize("domain", DOMAINS)
def test_no_domain_points_up(domain):
    later = set(DOMAINS[DOMAINS.index(domain) + 1 :])
    for path in (ROOT / "finetune" / domain).rglob("*.py"):
        parts = [name.split(".") for name in imported(path) if name.startswith("finetune.")]
        assert not {part[1] for part in parts} & later, path
        assert ["finetune", "models"] not in parts, f"{path}: import rows from their domain"


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


def test_web_process_and_command_line_load_no_torch(tmp_path):
    code = (
        "import importlib, os, pkgutil, sys, wukongsite.asgi, wukongsite.commandline\n"
        "from django.urls import get_resolver\n"
        "get_resolver().url_patterns\n"
        "for module in pkgutil.iter_modules(wukongsite.commandline.__path__):\n"
        "    importlib.import_module(f'wukongsite.commandline.{module.name}')\n"
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
