"""`python -m finetune.explorer FOLDER SECONDS`: FOLDER/spec.json in, result.json and drawings out.

The process ends by itself after SECONDS, also where nobody waits for it any more.
"""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path

from quantum.exceptions import QuantumError
from quantum.threads import wait_passively

from .compute import MAX_DRAWN, compute
from .spec import Spec

THEMES = ("light", "dark")


def main(folder: Path, seconds: int) -> int:
    signal.alarm(seconds)
    wait_passively()
    values = json.loads((folder / "spec.json").read_text())
    try:
        found = compute(values)
        found["drawn"] = draw(folder, Spec.from_dict(values))
    except QuantumError as error:
        found = {"problem": str(error)}
    write(folder / "result.json", json.dumps(found))
    return 0


def draw(folder: Path, spec: Spec) -> bool:
    """Both drawings; none of a circuit that nobody could read."""
    from quantum.circuits.drawing import draw_svg

    if all((folder / f"circuit-{theme}.svg").is_file() for theme in THEMES):
        return True
    circuit = spec.circuit()
    if len(circuit.operations) > MAX_DRAWN:
        return False
    for theme in THEMES:
        write(folder / f"circuit-{theme}.svg", draw_svg(circuit, theme))
    return True


def write(path: Path, text: str) -> None:
    """Whole or not at all."""
    partial = path.with_suffix(path.suffix + ".part")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2])))
