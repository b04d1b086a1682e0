"""Couplers, blocks and counts of QGS, without torch."""

import pytest

from quantum.adapters.qgs.options import chip_couplers, circuits_per_step, couplers_for
from quantum.adapters.registry import get_adapter
from quantum.adapters.spec import block_of
from quantum.chips.calibration import Calibration, Coupler, QubitFigures
from quantum.circuits.ansatz import lattice_couplers
from quantum.exceptions import OptionError


def _chip(dead=()):
    """Two rows of three qubits, of which qubit 4 is off."""
    figures = {qubit: QubitFigures(0.99, 0.95) for qubit in range(6) if qubit != 4}
    pairs = tuple(Coupler(a, b, 0.0 if (a, b) in dead else 0.97) for a, b in lattice_couplers(2, 3))
    return Calibration("toy", "2026-01-01", 6, figures, pairs)


def test_lattice_sizes():
    assert couplers_for(72, "lattice") == lattice_couplers(12, 6)
    assert couplers_for(12, "lattice") == lattice_couplers(4, 3)
    assert couplers_for(4, "lattice") == lattice_couplers(2, 2)
    for prime in (1, 2, 3, 5, 23):
        with pytest.raises(OptionError, match="no lattice"):
            couplers_for(prime, "lattice")


def test_chip_couplers_are_live_and_renumbered():
    # Live: 0-1, 1-2, 0-3, 2-5; qubits 0, 1, 2, 3, 5 become 0 to 4.
    assert chip_couplers(_chip(), 5) == ((0, 1), (0, 3), (1, 2), (2, 4))
    assert chip_couplers(_chip(dead={(0, 1)}), 3) == ((0, 1), (1, 2))  # 1-2-5, the larger part
    with pytest.raises(OptionError, match="has 5 available qubits: set Qubits to 5 or fewer"):
        chip_couplers(_chip(), 6)


def test_a_chips_circuit_needs_its_couplers():
    with pytest.raises(OptionError, match="calibration"):
        couplers_for(5, "chip")
    assert couplers_for(5, "chip", [[0, 1], [1, 2]]) == ((0, 1), (1, 2))
    qgs = get_adapter("qgs")
    assert qgs.circuit({"topology": "chip"}) is None
    circuit = qgs.circuit({"topology": "chip", "n_qubits": 5}, _chip())
    pairs = {op.qubits for op in circuit.operations if op.gate == "cz"}
    assert pairs == {(0, 1), (0, 3), (1, 2), (2, 4)}
    assert qgs.circuit({"topology": "chip", "n_qubits": 5, "control": "free"}, _chip()) is None
    with pytest.raises(OptionError, match="5 or fewer"):
        qgs.circuit({"topology": "chip", "n_qubits": 6, "control": "free"}, _chip())


def test_blocks():
    assert block_of("model.layers.11.mlp.up_proj") == "11"
    assert block_of("transformer.h.3.attn.c_attn") == "3"
    assert block_of("lm_head") == block_of("0") == ""


@pytest.mark.parametrize(
    ("options", "count"),
    [
        ({}, 13),
        ({"topology": "lattice"}, 21),
        ({"gradient": "spsa"}, 3),
        ({"control": "product"}, 9),
        ({"control": "product", "n_layers": 2}, 13),
        ({"control": "free"}, 0),
        ({"control": "span"}, 0),
        ({"control": "polynomial"}, 0),
        ({"control": "frozen"}, 0),
    ],
)
def test_circuits_per_step(options, count):
    assert circuits_per_step(get_adapter("qgs").validate(options)) == count
