"""The web process may import descriptions without paying for torch; nothing imports Django."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def _loaded_after(statement: str) -> set[str]:
    code = f"{statement}\nimport sys\nprint(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "statement",
    [
        "import quantum",
        "import quantum.adapters",
        "import quantum.adapters.registry as r; r.get_adapter('qtha').circuit({'r': 4})",
        "import quantum.backends.registry",
        "import quantum.circuits.circuit, quantum.circuits.ansatz, quantum.exceptions",
        "import quantum.circuits.observables, quantum.adapters.qgs.spec",
    ],
)
def test_descriptions_bring_in_no_heavy_library(statement):
    heavy = {"torch", "peft", "transformers", "qiskit", "numpy", "django", "matplotlib"}
    assert not _loaded_after(statement) & heavy


def test_drawing_needs_no_torch():
    assert "torch" not in _loaded_after("import quantum.circuits.drawing")


def test_no_django_anywhere():
    for path in (ROOT / "quantum").rglob("*.py"):
        assert "django" not in path.read_text().lower().replace("no django", "")
