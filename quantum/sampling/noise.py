"""A noise model for Qiskit Aer from a chip's calibration: a model, not hardware.

Gates get depolarizing noise that reproduces the reported mean fidelity F, p = d(1 - F)/(d - 1).
Relaxation (T1, T2) acts while a qubit waits for another one. It is added to a gate only where F is
below what relaxation alone allows; mostly it is above, because the reported T2 is a Ramsey T2*, and
adding it there would count the same error twice. Readout errors come from the readout fidelity,
asymmetric where both sides are known. Cross-talk, leakage and drift are not in the model.

Circuits are first written in the chip's own gates (any one-qubit gate, CZ), so that noise counts
the gates that the chip would run. This module knows nothing about shots or backends.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache

from qiskit import QuantumCircuit
from qiskit.circuit.equivalence_library import SessionEquivalenceLibrary
from qiskit.transpiler import PassManager
from qiskit.transpiler.passes import BasisTranslator, Optimize1qGatesDecomposition
from qiskit_aer.noise import NoiseModel, QuantumError, ReadoutError
from qiskit_aer.noise.errors import depolarizing_error, thermal_relaxation_error

from quantum.chips.calibration import Calibration, QubitFigures
from quantum.circuits.circuit import Circuit
from quantum.circuits.qiskit_bridge import to_qiskit
from quantum.exceptions import UnsupportedCircuitError

_NATIVE = ["u", "cz"]


def noise_model(calibration: Calibration, qubits: Sequence[int]) -> NoiseModel:
    """Gate and readout noise; waiting times are in ``native_circuit``.

    Args:
        calibration: The chip's figures.
        qubits: The chip's qubit that each qubit of the circuit sits on.

    Raises:
        UnsupportedCircuitError: A qubit is not available.
    """
    model = NoiseModel(basis_gates=_NATIVE)
    place = {chip: number for number, chip in enumerate(qubits)}
    for chip, number in place.items():
        figures = _figures(calibration, chip)
        error = _gate_error(figures.single_fidelity, calibration.single_gate_ns, [figures])
        model.add_quantum_error(error, "u", [number], warnings=False)
        model.add_readout_error(_readout(figures), [number], warnings=False)
    for pair in calibration.live_couplers:
        for first, second in (pair, pair[::-1]):
            if first in place and second in place:
                error = _gate_error(
                    calibration.coupler_fidelity(first, second),
                    calibration.two_gate_ns,
                    [calibration.qubits[first], calibration.qubits[second]],
                )
                places = [place[first], place[second]]
                model.add_quantum_error(error, "cz", places, warnings=False)
    return model


def native_circuit(
    circuit: Circuit,
    calibration: Calibration,
    qubits: Sequence[int],
    measured: Sequence[int] | None = None,
) -> QuantumCircuit:
    """The bound circuit in the chip's gates, with relaxation where a qubit waits, measured.

    Gates start as early as they can. A qubit that waits for its first gate is still in |0> and
    loses nothing; from then on it waits for partners and for the common readout at the end.

    Args:
        circuit: What to run.
        calibration: The chip's figures.
        qubits: The chip's qubit that each qubit of the circuit sits on.
        measured: The circuit's qubit that classical bit i reads; qubit i where left out.

    Raises:
        UnsupportedCircuitError: A gate joins qubits without a live coupler.
    """
    source = _to_native().run(to_qiskit(circuit))
    measured = range(circuit.n_qubits) if measured is None else measured
    target = QuantumCircuit(circuit.n_qubits, len(measured), name=circuit.name)
    clock = [0.0] * circuit.n_qubits
    for item in source.data:
        places = [source.find_bit(bit).index for bit in item.qubits]
        start = max(clock[place] for place in places)
        for place in places:
            _wait(target, place, clock[place], start, _figures(calibration, qubits[place]))
        if len(places) == 2:
            _check_coupler(circuit, calibration, qubits, places)
            end = start + calibration.two_gate_ns
        else:
            end = start + calibration.single_gate_ns
        target.append(item.operation, places)
        for place in places:
            clock[place] = end
    for place, since in enumerate(clock):
        _wait(target, place, since, max(clock), _figures(calibration, qubits[place]))
    target.measure(list(measured), list(range(len(measured))))
    return target


@cache
def _to_native() -> PassManager:
    # No pass here cancels two-qubit gates: folded ones must survive.
    return PassManager(
        [
            BasisTranslator(SessionEquivalenceLibrary, _NATIVE),
            Optimize1qGatesDecomposition(basis=_NATIVE),
        ]
    )


def _wait(
    target: QuantumCircuit, place: int, since: float, until: float, figures: QubitFigures
) -> None:
    if 0 < since < until and (figures.t1_us or figures.t2_us):  # at time 0 it is still in |0>
        target.append(_relaxation(figures, until - since), [place])


def _check_coupler(
    circuit: Circuit, calibration: Calibration, qubits: Sequence[int], places: list[int]
) -> None:
    first, second = (qubits[place] for place in places)
    if calibration.coupler_fidelity(first, second) <= 0:
        raise UnsupportedCircuitError(
            f"{circuit.name} joins qubits {places[0]} and {places[1]}, on the chip {first} and "
            f"{second}: chip {calibration.chip} has no live coupler there."
        )


def _figures(calibration: Calibration, chip: int) -> QubitFigures:
    if chip not in calibration.qubits:
        raise UnsupportedCircuitError(
            f"Qubit {chip} of chip {calibration.chip} is not available; "
            f"{len(calibration.qubits)} of {calibration.n_qubits} are."
        )
    return calibration.qubits[chip]


def _times(figures: QubitFigures) -> tuple[float, float]:
    """T1 and T2 in nanoseconds; infinite where unknown, T2 at most 2 T1."""
    t1 = figures.t1_us * 1000 or math.inf
    t2 = figures.t2_us * 1000 or math.inf
    return t1, min(t2, 2 * t1)


@cache
def _relaxation(figures: QubitFigures, nanoseconds: float) -> QuantumError:
    return thermal_relaxation_error(*_times(figures), nanoseconds)


def _kept(figures: QubitFigures, nanoseconds: float) -> float:
    """Process fidelity of relaxation alone over that time."""
    t1, t2 = _times(figures)
    return (1 + math.exp(-nanoseconds / t1) + 2 * math.exp(-nanoseconds / t2)) / 4


def _gate_error(fidelity: float, nanoseconds: float, figures: list[QubitFigures]) -> QuantumError:
    """The channel after a gate, whose mean fidelity is the reported one."""
    size = 2 ** len(figures)
    reported = (fidelity * (size + 1) - 1) / size  # process fidelity
    relaxed = math.prod(_kept(item, nanoseconds) for item in figures)
    if reported >= relaxed:
        p = size * (1 - fidelity) / (size - 1)
        return depolarizing_error(min(p, 1.0), len(figures))
    # Depolarizing what relaxation leaves over, so that both together give the reported fidelity.
    p = (relaxed - reported) / (relaxed - 1 / size**2)
    relaxation = _relaxation(figures[0], nanoseconds)
    for item in figures[1:]:
        relaxation = relaxation.expand(_relaxation(item, nanoseconds))
    return relaxation.compose(depolarizing_error(min(p, 1.0), len(figures)))


def _readout(figures: QubitFigures) -> ReadoutError:
    wrong = 1 - figures.readout_fidelity
    up, down = figures.read_0_as_1, figures.read_1_as_0
    if up is None or down is None:
        up = down = wrong
    return ReadoutError([[1 - up, up], [down, 1 - down]])
