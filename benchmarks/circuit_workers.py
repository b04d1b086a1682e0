"""The workers of ``circuit_frameworks.py``: one framework each, in its own interpreter.

A worker reads one JSON request a line and answers with one line. It takes the circuit, which is
the same list of operations for all, from ``quantum.circuits.ansatz``, which needs no framework.

    {"load": layers, "data": "data.npz"}    build the circuit, answer {"name", "precision"}
    {"check": "out.npz"}                    write values and both gradients
    {"run": samples, "clock": name}         answer {"seconds"} of one forward and backward pass
"""

from __future__ import annotations

import json
import os
import sys
import time
import types
import warnings
from collections.abc import Callable
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", sys.argv[2] if len(sys.argv) > 2 else "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
warnings.filterwarnings("ignore")

import numpy as np  # noqa: E402

from quantum.circuits.ansatz import qtha_circuit  # noqa: E402
from quantum.circuits.circuit import Circuit, Input  # noqa: E402

N_QUBITS = 8
Step = Callable[[Any, Any, Any], tuple[Any, Any, Any]]  # data -> values, both gradients


def _torch_step(evaluate: Callable[[Any, Any], Any], dtype: str = "float32") -> Step:
    """Forward and backward through torch's autograd."""
    import torch

    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))

    def step(inputs: Any, angles: Any, weights: Any) -> tuple[Any, Any, Any]:
        x, a, w = (
            torch.as_tensor(v, dtype=getattr(torch, dtype)) for v in (inputs, angles, weights)
        )
        x.requires_grad_()
        a.requires_grad_()
        values = evaluate(x, a)
        return (values.detach(), *torch.autograd.grad((values * w).sum(), (x, a)))

    return step


def _parameter(operation: Any, columns: Any, angles: Any) -> Any:
    """The operation's angle; ``columns`` has one entry per input, of one sample or of all."""
    source = operation.source
    return (columns if isinstance(source, Input) else angles)[source.index]


def ours(recompute: bool | None) -> Callable[[Circuit], tuple[str, Step]]:
    """Ours, as QTHA uses it."""

    def build(circuit: Circuit) -> tuple[str, Step]:
        from quantum.backends.statevector import StatevectorBackend

        backend = StatevectorBackend(recompute=recompute)
        return "float32", _torch_step(lambda x, a: backend.expectations(circuit, x, a))

    return build


def limit(circuit: Circuit) -> tuple[str, Step]:
    """The matrix products alone of a simulation with one dense unitary a layer.

    Complex states times a shared complex matrix are four real products. The first layer's states
    are real. Each product has two more in its backward pass: for the states and for the matrix.
    """
    import torch

    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    dim = 2**circuit.n_qubits
    layers = sum(isinstance(op.source, Input) for op in circuit.operations) // circuit.n_qubits
    unitary = torch.ones(dim, dim)

    def step(inputs: Any, angles: Any, weights: Any) -> tuple[Any, Any, Any]:
        states = torch.ones(len(inputs), dim)
        for _ in range(2 + 4 * (layers - 1)):
            states @ unitary  # forward
            states @ unitary.T  # gradient of the states
            states.T @ states  # gradient of the unitary
        return states, states, unitary

    return "float32", step


def torchquantum(circuit: Circuit) -> tuple[str, Step]:
    """TorchQuantum by einsum, which is faster here than its default, bmm."""
    # Data sets that no circuit needs; they ask for a torchvision that fits the torch build.
    sys.modules["torchquantum.dataset"] = types.ModuleType("torchquantum.dataset")
    import torchquantum as tq
    import torchquantum.functional as gates

    def evaluate(inputs: Any, angles: Any) -> Any:
        device = tq.QuantumDevice(n_wires=N_QUBITS, bsz=len(inputs))
        for op in circuit.operations:
            apply = getattr(gates, op.gate)
            value = _parameter(op, inputs.T, angles)
            apply(device, wires=list(op.qubits), params=value, comp_method="einsum")
        return tq.MeasureAll(tq.PauliZ)(device)

    return "complex64", _torch_step(evaluate)


def _pennylane_operations(circuit: Circuit, columns: Any, angles: Any) -> list[Any]:
    import pennylane as qml

    gates = {"ry": qml.RY, "crz": qml.CRZ}
    return [
        gates[op.gate](_parameter(op, columns, angles), wires=list(op.qubits))
        for op in circuit.operations
    ]


def pennylane(dtype: str) -> Callable[[Circuit], tuple[str, Step]]:
    """default.qubit with backprop and broadcasting.

    Which precision of the inputs is faster depends on the circuit, so both are timed.
    """

    def build(circuit: Circuit) -> tuple[str, Step]:
        import pennylane as qml
        import torch

        @qml.qnode(
            qml.device("default.qubit", wires=N_QUBITS), interface="torch", diff_method="backprop"
        )
        def node(inputs: Any, angles: Any) -> Any:
            _pennylane_operations(circuit, inputs.T, angles)
            return [qml.expval(qml.PauliZ(i)) for i in range(N_QUBITS)]

        return f"{dtype} inputs", _torch_step(lambda x, a: torch.stack(node(x, a), 1), dtype)

    return build


def lightning(circuit: Circuit) -> tuple[str, Step]:
    """lightning.qubit with the adjoint method, sample by sample.

    The device is asked for vector-Jacobian products directly, which is several times faster than
    QNodes in a loop.
    """
    import pennylane as qml

    device = qml.device("lightning.qubit", wires=N_QUBITS, c_dtype=np.complex64)
    config = device.setup_execution_config(qml.devices.ExecutionConfig(gradient_method="adjoint"))
    measured = [qml.expval(qml.PauliZ(i)) for i in range(N_QUBITS)]
    is_input = np.array([isinstance(op.source, Input) for op in circuit.operations])
    place = np.array([op.source.index for op in circuit.operations])

    def step(inputs: Any, angles: Any, weights: Any) -> tuple[Any, Any, Any]:
        tapes = []
        for sample in inputs:
            operations = _pennylane_operations(circuit, sample, angles)
            tapes.append(qml.tape.QuantumScript(operations, measured))
        values, slopes = device.execute_and_compute_vjp(
            tapes, [tuple(row) for row in weights], config
        )
        slopes = np.array(slopes)  # (samples, operations)
        of_inputs, of_angles = np.zeros(inputs.shape), np.zeros(angles.shape)
        for column, (reads_input, index) in enumerate(zip(is_input, place, strict=True)):
            if reads_input:
                of_inputs[:, index] += slopes[:, column]
            else:
                of_angles[index] += slopes[:, column].sum()
        return np.array(values), of_inputs, of_angles

    return "complex64", step


def qiskit(circuit: Circuit) -> tuple[str, Step]:
    """EstimatorQNN with the reverse-mode gradient of qiskit-algorithms.

    That gradient is far faster than the default, parameter shift. Its own step that makes every
    parameter enter one gate fails with Qiskit 2, so the circuit is built that way: re-uploaded
    inputs are parameters of their own, and their gradients are added here.
    """
    from qiskit.circuit import ParameterVector, QuantumCircuit
    from qiskit.primitives import StatevectorEstimator
    from qiskit.quantum_info import SparsePauliOp
    from qiskit_algorithms.gradients import ReverseEstimatorGradient
    from qiskit_machine_learning.neural_networks import EstimatorQNN

    class Gradient(ReverseEstimatorGradient):
        def _run(
            self, circuits: Any, observables: Any, values: Any, parameters: Any, **_: Any
        ) -> Any:
            return self._run_unique(circuits, observables, values, parameters)

    encoding = [op for op in circuit.operations if isinstance(op.source, Input)]
    reads = np.array([op.source.index for op in encoding])
    inputs = ParameterVector("x", len(encoding))
    angles = ParameterVector("a", circuit.n_angles)
    built = QuantumCircuit(N_QUBITS)
    unused = iter(inputs)
    for op in circuit.operations:
        value = next(unused) if isinstance(op.source, Input) else angles[op.source.index]
        getattr(built, op.gate)(value, *op.qubits)
    network = EstimatorQNN(
        circuit=built,
        estimator=StatevectorEstimator(),
        observables=[
            SparsePauliOp.from_sparse_list([("Z", [i], 1)], N_QUBITS) for i in range(N_QUBITS)
        ],
        input_params=list(inputs),
        weight_params=list(angles),
        gradient=Gradient(),
        input_gradients=True,
        default_precision=0.0,
    )

    def step(inputs: Any, angles: Any, weights: Any) -> tuple[Any, Any, Any]:
        data = inputs[:, reads]
        values = network.forward(data, angles)
        by_input, by_angle = network.backward(data, angles)
        of_inputs = np.zeros(inputs.shape)
        np.add.at(of_inputs.T, reads, np.einsum("bo,boi->ib", weights, by_input))
        return values, of_inputs, np.einsum("bo,boa->a", weights, by_angle)

    return "complex128", step


WORKERS: dict[str, Callable[[Circuit], tuple[str, Step]]] = {
    "ours": ours(recompute=None),
    "ours, keeping nothing": ours(recompute=True),
    "limit": limit,
    "pennylane": pennylane("float64"),
    "pennylane, float32": pennylane("float32"),
    "lightning": lightning,
    "torchquantum": torchquantum,
    "qiskit": qiskit,
}


def main() -> None:
    """Answer requests until the input ends."""
    answers = os.fdopen(os.dup(1), "w")  # what a framework prints must not mix with answers
    os.dup2(2, 1)
    for line in sys.stdin:
        request = json.loads(line)
        reply: dict[str, Any] = {}
        if "load" in request:
            precision, step = WORKERS[sys.argv[1]](qtha_circuit(N_QUBITS, request["load"]))
            with np.load(request["data"]) as data:
                inputs, angles, weights = data["inputs"], data["angles"], data["weights"]
            reply["precision"] = precision
        elif "check" in request:
            k = request["samples"]
            names = ("values", "of_inputs", "of_angles")
            results = step(inputs[:k], angles, weights[:k])
            np.savez(request["check"], **dict(zip(names, map(np.asarray, results), strict=True)))
        else:
            k = request["run"]
            clock = getattr(time, request["clock"])
            start = clock()
            step(inputs[:k], angles, weights[:k])
            reply["seconds"] = clock() - start
        print(json.dumps(reply), file=answers, flush=True)


if __name__ == "__main__":
    main()
