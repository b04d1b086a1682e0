"""Error mitigation: tensored readout inversion, and zero-noise extrapolation by folded gates.

Readout: two extra circuits, all qubits in 0 and all in 1, give what each qubit reads in both
states; readings are then replaced by unbiased ones, qubit by qubit. Gates: the circuit runs as it
is and with every two-qubit gate three times (gate, inverse, gate), and a line through both values
is followed back to no gate noise. Both remove bias and add spread.

Never correct twice: a backend that corrects readout by itself must be told not to (``amend`` off),
and one that optimises circuits would cancel the folded gates. This module knows nothing about
backends or how circuits are batched.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from quantum.circuits.circuit import Circuit, Operation
from quantum.exceptions import BadResultError, CircuitError
from quantum.sampling.counts import Samples

Floats = NDArray[np.float64]

FOLDS = (1, 3)
"""How many times each two-qubit gate is applied in the runs that are extrapolated."""

# Below this contrast a qubit says next to nothing and inversion only blows up its noise.
_SMALLEST_CONTRAST = 0.1


def readout_circuits(n_qubits: int) -> tuple[Circuit, Circuit]:
    """The circuits that prepare all 0 and all 1."""
    flips = tuple(Operation("x", (qubit,)) for qubit in range(n_qubits))
    return Circuit(n_qubits, (), name="all 0"), Circuit(n_qubits, flips, name="all 1")


@dataclass(frozen=True)
class ReadoutCorrection:
    """Unbiased values for a read 0 and a read 1 of each qubit.

    With mean readings ``E0`` for a prepared 0 and ``E1`` for a prepared 1, a reading m is replaced
    by ``(2m - E0 - E1) / (E0 - E1)``, whose mean is exactly +1 and -1.

    Attributes:
        zero: Shape ``(n_qubits,)``, value of a read 0.
        one: Shape ``(n_qubits,)``, value of a read 1.
        spreads: Shape ``(2, n_qubits)``, variances of E0 and E1 over (E0 - E1)², larger first.
    """

    zero: Floats
    one: Floats
    spreads: Floats

    @classmethod
    def measured(cls, all_zero: Samples, all_one: Samples) -> ReadoutCorrection:
        """From the results of the two readout circuits.

        Raises:
            BadResultError: A qubit reads nearly the same in both states.
        """
        up = 1.0 - 2.0 * (all_zero.bits @ all_zero.weights) / all_zero.shots
        down = 1.0 - 2.0 * (all_one.bits @ all_one.weights) / all_one.shots
        contrast = (up - down) / 2
        blind = np.flatnonzero(contrast < _SMALLEST_CONTRAST)
        if len(blind):
            raise BadResultError(
                f"Readout cannot be corrected: qubits {blind.tolist()} read nearly the same for 0 "
                "and 1. Use other qubits, or switch readout mitigation off."
            )
        middle = (up + down) / 2
        variances = np.stack([_variance(up, all_zero.shots), _variance(down, all_one.shots)])
        spreads = np.sort(variances, axis=0)[::-1] / np.square(2 * contrast)
        return cls((1.0 - middle) / contrast, (-1.0 - middle) / contrast, spreads)

    def variance(self, values: Floats, qubits: Sequence[Sequence[int]]) -> Floats:
        """What the readout circuits' own shot noise adds to corrected means.

        A mean P of one qubit moves by (P + 1) / (E0 - E1) with E0 and by (P - 1) / (E0 - E1) with
        E1. For products this is an upper bound; the signs are taken the worse way.

        Args:
            values: Shape ``(observables,)``, corrected means.
            qubits: The qubits of each observable.
        """
        touches = np.zeros((len(qubits), len(self.zero)))
        for number, group in enumerate(qubits):
            touches[number, list(group)] = 1.0
        worse, better = self.spreads @ touches.T  # (observables,) each
        size = np.abs(values)
        added: Floats = np.square(1 + size) * worse + np.square(1 - size) * better
        return added


def _variance(mean: Floats, shots: int) -> Floats:
    variance: Floats = np.maximum(1 - np.square(mean), 1 / shots) / shots
    return variance


def fold(circuit: Circuit, times: int) -> Circuit:
    """The bound circuit with every two-qubit gate applied ``times`` times; it means the same.

    Args:
        circuit: What to fold.
        times: An odd number; each gate becomes gate, inverse, gate, …

    Raises:
        CircuitError: ``times`` is even or below one, or angles have no value.
    """
    if times < 1 or times % 2 == 0:
        raise CircuitError(f"Gates are folded an odd number of times, got {times}.")
    if not circuit.bound:
        raise CircuitError(f"{circuit.name}: bind inputs and angles before folding it.")
    operations: list[Operation] = []
    for op in circuit.operations:
        operations.append(op)
        if len(op.qubits) == 2:
            operations += [op.inverse(), op] * (times // 2)
    return replace(circuit, operations=tuple(operations))


def extrapolate(values: Floats, errors: Floats) -> tuple[Floats, Floats]:
    """A line through the values at ``FOLDS``, read off at no gate at all.

    Args:
        values: Shape ``(2, …)``, means at 1 and 3 times the gates.
        errors: Their standard errors, same shape.

    Returns:
        Values and standard errors, shape ``(…)``.
    """
    low, high = FOLDS
    near, far = high / (high - low), -low / (high - low)  # 1.5 and -0.5
    return near * values[0] + far * values[1], np.hypot(near * errors[0], far * errors[1])
