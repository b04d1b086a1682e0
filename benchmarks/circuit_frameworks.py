"""QTHA's circuit, forward and backward, by ours and by other frameworks.

8 qubits, 1 and 8 layers, 512 samples, gradients of inputs and angles, CPU. Each framework runs in a
process of its own interpreter, since their pins exclude one another. They take turns step by step,
so noise of the machine hits them alike. Before anything is timed, the values and both gradients of
each are compared with ours.

    python -m benchmarks.circuit_frameworks --setup /tmp/frameworks   # makes them if missing
    python -m benchmarks.circuit_frameworks --pennylane PYTHON --torchquantum PYTHON --qiskit PYTHON

Slow frameworks run on fewer samples and are scaled up in proportion, which the table tells; so does
it tell which are missing. "limit" is the machine's matrix product: the time of the dense real
products alone that a simulation with one shared unitary a layer would need, forward and backward.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.frame import ROOT
from quantum.circuits.ansatz import qtha_angle_count

BAR = 10
INSTALL_SECONDS = 900
LAYERS = (1, 8)
TITLES = {
    "ours": "**ours, as shipped** (the last states are kept)",
    "ours, keeping nothing": "ours, computing the states twice",
    "limit": "limit: the matrix products alone",
    "pennylane": "PennyLane default.qubit, backprop",
    "pennylane, float32": "PennyLane default.qubit, backprop, single precision",
    "lightning": "PennyLane lightning.qubit, adjoint",
    "torchquantum": "TorchQuantum",
    "qiskit": "Qiskit Machine Learning, EstimatorQNN",
}
OWN = ("ours", "ours, keeping nothing", "limit")
# Worker: environment, if not of its own name.
OTHERS = {"pennylane, float32": "pennylane", "lightning": "pennylane"}
SAMPLES = {"lightning": 64, "qiskit": 2}  # of 512; all others run on the whole batch
TOLERANCE = {"values": 1e-5, "of_inputs": 1e-4, "of_angles": 1e-3}  # float32; sums over 512 samples


class Worker:
    """One framework's process."""

    def __init__(self, name: str, python: str, threads: int) -> None:
        self.name = name
        environment = {**os.environ, "OMP_NUM_THREADS": str(threads), "OMP_WAIT_POLICY": "PASSIVE"}
        self.log = tempfile.TemporaryFile("w+")  # noqa: SIM115  (open as long as the process)
        self.process = subprocess.Popen(
            [python, "-m", "benchmarks.circuit_workers", name, str(threads)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.log,
            text=True,
            env=environment,
        )

    def ask(self, **request: Any) -> dict[str, Any]:
        """Send a request and wait for the answer."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        try:
            print(json.dumps(request), file=self.process.stdin, flush=True)
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            self.log.seek(0)
            raise SystemExit(f"{self.name} failed at {request}:\n{self.log.read()[-3000:]}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def close(self) -> None:
        """End the process."""
        self.process.communicate()


def environments(folder: Path) -> dict[str, str]:
    """Interpreters of the frameworks' environments, made from ``circuit_requirements/``.

    One that cannot be installed is told and left out; the others are measured all the same.
    """
    pythons = {}
    for requirements in sorted((ROOT / "benchmarks" / "circuit_requirements").glob("*.txt")):
        environment = folder / requirements.stem
        python, complete = environment / "bin" / "python", environment / "complete"
        if not complete.exists():  # missing, or its installation was interrupted
            print(f"making {environment} …", file=sys.stderr)
            subprocess.run([sys.executable, "-m", "venv", environment], check=True)
            pip = [python, "-m", "pip", "--timeout", "15", "--retries", "1"]
            try:
                subprocess.run(
                    [*pip, "install", "-q", "-r", requirements], check=True, timeout=INSTALL_SECONDS
                )
            except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
                print(
                    f"left out: {requirements.name} cannot be installed: {error}", file=sys.stderr
                )
                continue
            complete.touch()
        pythons[requirements.stem] = str(python)
    return pythons


def check(worker: Worker, truth: dict[str, Any], samples: int, folder: Path) -> float:
    """Compare values and gradients with ours; returns the largest difference of values."""
    path = folder / "found.npz"
    worker.ask(check=str(path), samples=samples)
    with np.load(path) as results:
        for name, tolerance in TOLERANCE.items():
            off = float(np.abs(results[name] - truth[name]).max())
            if not off < tolerance:
                raise SystemExit(f"{worker.name} differs from ours: {name} by {off:.2g}")
        return float(np.abs(results["values"] - truth["values"]).max())


def measure(
    workers: list[Worker], layers: int, args: argparse.Namespace, folder: Path
) -> dict[str, dict[str, Any]]:
    """Check all workers at one size, then time them in turn."""
    generator = np.random.default_rng(0)
    data = {
        "inputs": generator.normal(size=(args.batch, 8)),
        "angles": generator.normal(size=qtha_angle_count(8, layers)),
        "weights": generator.normal(size=(args.batch, 8)),
    }
    np.savez(folder / "data.npz", **data)
    rows: dict[str, dict[str, Any]] = {}
    for worker in workers:
        answer = worker.ask(load=layers, data=str(folder / "data.npz"))
        samples = min(SAMPLES.get(worker.name, args.batch), args.batch)
        rows[worker.name] = {"precision": answer["precision"], "samples": samples, "times": []}
    for worker in workers:
        if worker.name == "limit":
            worker.ask(run=args.batch, clock=args.clock)
            continue
        samples = rows[worker.name]["samples"]
        workers[0].ask(check=str(folder / "truth.npz"), samples=samples)
        with np.load(folder / "truth.npz") as truth:
            rows[worker.name]["off"] = check(worker, dict(truth), samples, folder)
    for _ in range(args.repeats):
        for worker in workers:
            row = rows[worker.name]
            seconds = worker.ask(run=row["samples"], clock=args.clock)["seconds"]
            row["times"].append(seconds * args.batch / row["samples"])
    return rows


def table(rows: dict[str, dict[str, Any]], layers: int, args: argparse.Namespace) -> str:
    """A markdown table with ratios of times that were taken in the same round."""
    ours, limit = rows["ours"]["times"], rows["limit"]["times"]

    def ratio(times: list[float], to: list[float]) -> float:
        return statistics.median(a / b for a, b in zip(times, to, strict=True))

    lines = [
        f"{layers} layer{'s' if layers > 1 else ''}, {args.batch} samples, "
        f"{args.threads} thread{'s' if args.threads > 1 else ''}, {args.clock}",
        "",
        "| | precision | time | times ours | times the limit |",
        "|---|---|---|---|---|",
    ]
    best = float("inf")
    for name, title in TITLES.items():
        if name not in rows:
            lines.append(f"| {title} | | not installed | | |")
            continue
        row = rows[name]
        milliseconds = 1000 * statistics.median(row["times"])
        scaled = "" if row["samples"] == args.batch else f", scaled from {row['samples']} samples"
        lines.append(
            f"| {title} | {row['precision']} | {milliseconds:,.1f} ms{scaled} "
            f"| {ratio(row['times'], ours):,.2f} | {ratio(row['times'], limit):,.2f} |"
        )
        if name not in OWN:
            best = min(best, ratio(row["times"], ours))
    if best < float("inf"):
        verdict = "met" if best >= BAR else "MISSED"
        lines += [
            "",
            f"Ours is {best:.1f} times as fast as the best of them (bar: {BAR}): {verdict}.",
        ]
    return "\n".join(lines)


def main() -> None:
    """Measure and print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--setup", type=Path, help="folder of the environments; made if missing")
    for name in ("pennylane", "torchquantum", "qiskit"):
        parser.add_argument(f"--{name}", help="interpreter of an environment with it")
    parser.add_argument("--layers", type=int, nargs="+", default=LAYERS)
    parser.add_argument("--batch", type=int, default=512)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument(
        "--clock",
        choices=("perf_counter", "process_time"),
        default="perf_counter",
        help="process_time counts a process's own time: for a machine that does other work",
    )
    args = parser.parse_args()
    pythons = environments(args.setup) if args.setup else {}
    for name in ("pennylane", "torchquantum", "qiskit"):
        if getattr(args, name):
            pythons[name] = getattr(args, name)
    workers = []
    for name in TITLES:
        python = sys.executable if name in OWN else pythons.get(OTHERS.get(name, name))
        if python:
            workers.append(Worker(name, python, args.threads))
    with tempfile.TemporaryDirectory() as folder:
        for layers in args.layers:
            print(table(measure(workers, layers, args, Path(folder)), layers, args), end="\n\n")
    for worker in workers:
        worker.close()


if __name__ == "__main__":
    main()
