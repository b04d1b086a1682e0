"""TEST PART: replies of the contract double of the cloud, in the words of the wire protocol."""

from __future__ import annotations

import json
from typing import Any

from quantum.chips.calibration import Calibration


def yes(content: Any) -> dict[str, Any]:
    """A reply of success."""
    return {"success": True, "code": 10000, "message": "success", "obj": content}


def no(message: str) -> dict[str, Any]:
    """A refusal."""
    return {"success": False, "code": 20001, "message": message}


def results(counts: list[dict[str, int]], shots: int, fault: str) -> dict[str, Any]:
    """The results of a finished task in the words of the wire."""
    widths = [len(next(iter(item))) for item in counts]
    if fault == "short":
        counts = counts[:-1]
    if fault == "wrong_width":
        widths = [width + 1 for width in widths]
    keys = [[hex(int(bits, 2)) for bits in item] for item in counts]
    found: dict[str, Any] = {
        "measureQubitSize": widths[: len(counts)],
        "taskResult": [
            json.dumps({"key": key, "value": [number / shots for number in item.values()]})
            for key, item in zip(keys, counts, strict=True)
        ],
    }
    if fault != "no_prob_count":
        found["probCount"] = [
            json.dumps({"key": key, "value": list(item.values())})
            for key, item in zip(keys, counts, strict=True)
        ]
    return found


def chip_info(chip: Calibration) -> dict[str, Any]:
    """A chip in the words of the wire."""
    neighbours: dict[str, list[dict[str, Any]]] = {}
    for coupler in chip.couplers:
        for first, second in (
            (coupler.first, coupler.second),
            (coupler.second, coupler.first),
        ):
            neighbours.setdefault(str(first), []).append({"v": second, "w": coupler.fidelity})
    return {
        "ChipID": chip.chip,
        "QubitCount": chip.n_qubits,
        "AvailableQubits": sorted(chip.qubits),
        "HighFrequencyQubit": [],
        "BasicQGate": ["RPhi", "CZ"],
        "CompensateAngle": {},
        "QGateClock": [
            {"gateType": "RPhi", "IntValue": int(chip.single_gate_ns)},
            {"gateType": "CZ", "IntValue": int(chip.two_gate_ns)},
        ],
        "adjMatrix": neighbours,
        "QubitParams": [
            {
                "qubitId": str(number),
                "SingleGateFidelity": item.single_fidelity,
                "ReadoutFidelity": item.readout_fidelity,
                "Frequency": 5000.0,
                "T1": item.t1_us,
                "T2": item.t2_us,
            }
            for number, item in chip.qubits.items()
        ],
    }
