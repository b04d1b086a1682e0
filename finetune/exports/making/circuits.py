"""A run's circuit for other programs: OpenQASM 3, the trained angles, the drawings."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from qiskit import qasm3

from quantum.adapters.host import CircuitHost
from quantum.circuits.circuit import Circuit
from quantum.circuits.drawing import draw_svg
from quantum.circuits.qiskit_bridge import to_qiskit

from .order import Order


def write(order: Order, model: Any, folder: Path) -> dict[str, Any] | None:
    """Write every circuit of a model that differs from the others, and all angles.

    Returns:
        What the card says of them; None without a circuit.
    """
    circuits: dict[str, Circuit] = {}
    angles: dict[str, dict[str, Any]] = {}
    for name, module in model.named_modules():
        hosted = module.hosted() if isinstance(module, CircuitHost) else None
        if hosted is None:
            continue
        program = qasm3.dumps(to_qiskit(hosted.circuit))
        circuits.setdefault(program, hosted.circuit)
        number = list(circuits).index(program) + 1
        values = hosted.angles.detach().float().flatten().tolist()
        angles[name] = {"circuit": f"circuit-{number}.qasm", "angles": values}
    if not circuits:
        return None
    folder.mkdir()
    for number, program in enumerate(circuits, start=1):
        (folder / f"circuit-{number}.qasm").write_text(program, encoding="utf-8")
    (folder / "angles.json").write_text(json.dumps(angles, indent=1) + "\n", encoding="utf-8")
    first = next(iter(circuits.values()))
    for theme in ("light", "dark"):
        target = folder / f"circuit-{theme}.svg"
        if (drawn := order.pictures.get(theme)) and Path(drawn).is_file():
            shutil.copyfile(drawn, target)
        else:
            target.write_text(draw_svg(first, theme), encoding="utf-8")
    return {
        "kinds": len(circuits),
        "copies": len(angles),
        "qubits": first.n_qubits,
        "depth": first.depth,
        "gates": first.gate_counts(),
        "angles": first.n_angles,
    }
