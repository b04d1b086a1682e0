"""Estimates of processor time: ranges that grow with circuits and shots."""

import pytest

from quantum.sampling.costs import MAX_CIRCUITS, Tariff, sampling_cost


def test_reported_figures():
    assert sampling_cost(1, 100).seconds == pytest.approx((1.6, 4.17))
    low, high = sampling_cost(200, 4096).seconds
    assert (low, high) == pytest.approx((134.0, 137.5))


def test_batches_and_shots():
    cost = sampling_cost(390, 1000)
    assert (cost.circuits, cost.shots, cost.batches) == (390, 390_000, 2)
    assert sampling_cost(MAX_CIRCUITS + 1, 1).batches == 2
    assert sampling_cost(6, 1, max_circuits=2).batches == 3


@pytest.mark.parametrize("shots", [1, 100, 4096, 100_000])
def test_range_is_ordered_and_grows(shots):
    costs = [sampling_cost(circuits, shots).seconds for circuits in (1, 10, 100, 1000)]
    assert all(low <= high for low, high in costs)
    assert costs == sorted(costs)


def test_money_only_with_a_tariff():
    assert sampling_cost(1, 1).money is None
    cost = sampling_cost(10, 4096, tariff=Tariff(17.0, "CNY"))
    assert (cost.money, cost.currency) == (pytest.approx(17.0 * cost.seconds[1]), "CNY")
