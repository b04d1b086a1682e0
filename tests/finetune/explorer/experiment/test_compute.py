"""Exact beside sampled values, noise on a chip, hardware planned and read back, exports."""

import json
import subprocess
import sys
from dataclasses import asdict

import pytest

from finetune.explorer.experiment.compute import compute
from finetune.explorer.experiment.on_chip import OnChip, in_order
from finetune.explorer.experiment.spec import Spec
from finetune.hardware.chips import hardware_capabilities
from quantum.backends.base import Batch, Result
from quantum.chips.calibration import Calibration, Coupler, QubitFigures
from quantum.circuits.circuit import Circuit, Operation
from tests.conftest import ROOT

X_ON_0 = "QINIT 3\nCREG 3\nX q[0]\nH q[2]\nCNOT q[0],q[1]\n"
NOISELESS = Calibration(
    "toy",
    "2026-01-01",
    5,
    {q: QubitFigures(1.0, 1.0) for q in (0, 2, 3, 4)},
    (Coupler(0, 2, 1.0), Coupler(2, 3, 1.0), Coupler(3, 4, 1.0)),
)


def spec(**changes):
    return {**Spec(family="originir", text=X_ON_0).to_dict(), **changes}


def test_exact_and_sampled_agree_within_five_standard_errors():
    found = compute(spec(backends=["statevector", "aer"], shots=4000))
    assert found["exact"] == pytest.approx([-1, -1, 0], abs=1e-9)
    (aer,) = found["backends"]
    assert aer["state"] == "done"
    for value, error, exact in zip(aer["values"], aer["stderr"], found["exact"], strict=True):
        assert abs(value - exact) < 5 * error
    assert {bits for bits, _ in aer["counts"]} == {"011", "111"}  # qubit 0 on the right
    assert sum(times for _, times in aer["counts"]) == 4000
    assert found["circuit"]["qubits"] == 3


def test_a_backend_that_cannot_leaves_the_others_alone():
    wide = spec(backends=["aer-noise", "aer"], text="QINIT 6\nCREG 6\nH q[5]\n")
    wide["noise_figures"] = NOISELESS.to_json()
    noisy, ideal = compute(wide)["backends"]
    assert (noisy["state"], ideal["state"]) == ("failed", "done")
    assert "qubits" in noisy["message"]


def test_a_chip_without_noise_gives_the_exact_values_in_our_order():
    found = compute(spec(backends=["aer-noise"], noise_figures=NOISELESS.to_json(), shots=500))
    (noisy,) = found["backends"]
    assert noisy["state"] == "done", noisy
    assert noisy["values"][:2] == [-1.0, -1.0]
    assert {bits for bits, _ in noisy["counts"]} == {"011", "111"}


def test_counts_are_put_back_into_the_circuits_order():
    # On the chip: bit 0 holds qubit 1, bit 1 is a helper, bit 2 holds qubit 0.
    assert in_order({"100": 7, "110": 2, "001": 1}, [2, 0]) == {"01": 9, "10": 1}


def test_a_ring_is_routed_over_a_chain():
    ring = Circuit(3, tuple(Operation("cz", (i, (i + 1) % 3)) for i in range(3)))
    (counts,) = OnChip(NOISELESS).run(Batch((ring,), 50, 1)).counts
    assert counts == {"000": 50}


def test_hardware_is_planned_and_read_back():
    asked = spec(backends=["wukong"], shots=100, readout_mitigation=True)
    asked["hardware"] = asdict(hardware_capabilities("72"))
    planned = compute(asked)
    assert planned["backends"][0]["state"] == "waiting"
    (text,) = planned["batches"]
    batch = Batch.from_json(text)
    assert len(batch.circuits) == 3  # two for the readout
    counts = ({"000": 100}, {"111": 100}, {"011": 50, "111": 50})
    asked["results"] = {batch.fingerprint(): Result(counts).to_json()}
    done = compute(asked)
    assert done["backends"][0]["state"] == "done"
    assert done["backends"][0]["values"] == pytest.approx([-1.0, -1.0, 0.0])


def test_exports_are_read_back():
    from quantum.circuits.interchange.openqasm import from_openqasm
    from quantum.circuits.interchange.originir import from_originir

    texts = compute(spec())["exports"]
    assert from_openqasm(texts["openqasm"]).n_qubits == 3
    assert from_originir(texts["originir"]).n_qubits == 3
    names: dict = {}
    exec(texts["qiskit"], names)  # noqa: S102 (our own text)
    assert names["circuit"].num_qubits == 3


def test_the_process_writes_result_and_drawings(tmp_path):
    (tmp_path / "spec.json").write_text(json.dumps(spec()))
    command = [sys.executable, "-m", "finetune.explorer.experiment", str(tmp_path), "60"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "result.json").read_text())
    assert found["drawn"]
    for theme in ("light", "dark"):
        assert (tmp_path / f"circuit-{theme}.svg").read_text().startswith("<svg")


def test_a_text_nobody_can_read_is_a_problem_and_no_crash(tmp_path):
    bad = spec(
        family="openqasm", text='OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[1];\nfoo q[0];'
    )
    (tmp_path / "spec.json").write_text(json.dumps(bad))
    from pathlib import Path

    from finetune.explorer.experiment import __main__ as entry

    assert entry.main(Path(tmp_path), 0) == 0
    assert "4" in json.loads((tmp_path / "result.json").read_text())["problem"]
