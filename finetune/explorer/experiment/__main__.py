"""`python -m finetune.explorer.experiment FOLDER SECONDS`: spec.json in, result and drawings out.

The process ends by itself after SECONDS, also where nobody waits for it any more.
"""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path

from finetune.files import write_whole
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
        result = compute(values)
        result["drawn"] = draw(folder, Spec.from_dict(values))
    except QuantumError as error:
        result = {"problem": str(error)}
    write_whole(folder / "result.json", json.dumps(result))
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
        write_whole(folder / f"circuit-{theme}.svg", draw_svg(circuit, theme))
    return True


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2])))
