"""Observables that share a circuit."""

import numpy as np
import pytest

from quantum.circuits.circuit import Circuit, Operation
from quantum.circuits.measurement import group
from quantum.circuits.observables import PauliString, pauli, z, zz
from quantum.simulators import reference


def test_all_z_and_zz_share_one_circuit():
    (only,) = group([z(q) for q in range(5)] + [zz(0, 1), zz(1, 2)])
    assert only.members == tuple(range(7))
    assert only.turns() == ()


def test_z_first_then_whoever_fits():
    observables = (z(0), pauli("XXI"), zz(0, 2), pauli("YIX"), pauli("XZY"), PauliString(()))
    assert [g.members for g in group(observables)] == [(0, 2, 5), (1,), (3,), (4,)]
    assert group([pauli("XII"), pauli("IXI"), pauli("IIY")])[0].members == (0, 1, 2)
    assert group([]) == ()


@pytest.mark.parametrize("letter", "XYZ")
def test_turns_make_it_z(letter):
    spread = (Operation("ry", (0,), 0.7), Operation("rz", (0,), 0.4))
    (found,) = group([PauliString(((0, letter),))])

    def value(operations, observable):
        circuit = Circuit(1, operations, (observable,))
        return reference.expectations(circuit, np.zeros((1, 0)), np.zeros(0))[0, 0]

    wanted = value(spread, PauliString(((0, letter),)))
    assert value(spread + found.turns(), z(0)) == pytest.approx(wanted)
    assert abs(wanted) > 0.1
