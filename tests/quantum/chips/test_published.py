"""Published typical figures."""

from collections import Counter

from quantum.chips.calibration import Calibration
from quantum.chips.published import PUBLISHED_SOURCE, published_72


def test_published_72():
    chip = published_72()
    assert (chip.n_qubits, len(chip.live_couplers)) == (72, 126)
    assert chip.parts() == (tuple(range(72)),)
    degrees = Counter(qubit for pair in chip.live_couplers for qubit in pair)
    assert Counter(degrees.values()) == {2: 4, 3: 28, 4: 40}  # corners, edges, middle
    assert chip.coupler_fidelity(5, 6) == 0  # the end of one row, the start of the next
    assert chip.coupler_fidelity(6, 0) > 0


def test_no_figure_is_made_up_for_one_qubit():
    chip = published_72()
    assert len(set(chip.qubits.values())) == 1
    assert len({coupler.fidelity for coupler in chip.couplers}) == 1
    assert "not a fetched calibration" in chip.source == PUBLISHED_SOURCE
    figures = chip.qubits[0]
    assert 0.995 <= figures.single_fidelity <= 0.997
    assert 0.92 <= figures.readout_fidelity <= 0.94
    assert 9 <= figures.t1_us <= 17
    assert 1.1 <= figures.t2_us <= 1.8


def test_it_survives_storage():
    chip = published_72()
    assert Calibration.from_json(chip.to_json()).fingerprint() == chip.fingerprint()
