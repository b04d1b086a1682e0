"""Counts to numbers."""

import numpy as np
import pytest

from quantum.exceptions import BadResultError
from quantum.sampling.counts import product_rows, read_counts


def test_qubit_0_is_the_rightmost_bit():
    samples = read_counts({"001": 3, "110": 1}, 3)
    assert samples.shots == 4
    assert samples.bits.tolist() == [[1, 0], [0, 1], [0, 1]]
    mean, _ = samples.moments(product_rows(samples.readings(), [(0,), (1,), (0, 1), ()]))
    assert mean.tolist() == [-0.5, 0.5, -1.0, 1.0]


def test_standard_error_of_a_coin():
    samples = read_counts({"0": 600, "1": 400}, 1)
    mean, error = samples.moments(samples.readings())
    assert mean[0] == pytest.approx(0.2)
    assert error[0] == pytest.approx(np.sqrt((1 - 0.2**2) / 1000), rel=1e-5)


def test_agreeing_shots_are_not_called_certain():
    samples = read_counts({"0": 50}, 1)
    assert samples.moments(samples.readings())[1][0] == pytest.approx(1 / 50)


def test_corrected_readings():
    samples = read_counts({"01": 1, "10": 1}, 2)
    found = samples.readings(np.array([1.5, 2.0]), np.array([-0.5, -4.0]))
    assert found.tolist() == [[-0.5, 1.5], [2.0, -4.0]]


@pytest.mark.parametrize("counts", [{}, {"00": 0}, {"000": 5}, {"0x": 5}, {"00": 3, "01": -1}])
def test_unreadable_counts(counts):
    with pytest.raises(BadResultError, match="Circuit 3"):
        read_counts(counts, 2, "Circuit 3")
