"""Where no arm is better than another, few studies claim that one is."""

from __future__ import annotations

import pytest

from benchmarks.studies.coverage import claims
from benchmarks.studies.made_scores import Setting

SETTINGS = [
    Setting(2, 100, 0.97, truth=0.0),  # about the worst for two seeds, and for three
    Setting(3, 100, 0.93, truth=0.0),
    Setting(5, 30, 0.5, "skewed", 0.6, truth=0.0),
]


@pytest.mark.parametrize("setting", SETTINGS, ids=str)
def test_at_most_one_study_in_twenty_claims_a_difference_where_there_is_none(setting):
    """Six arms, five of them compared with the last."""
    assert claims(setting, 1000) <= 0.05


def test_where_there_is_one_studies_claim_it():
    assert claims(Setting(5, 100, 0.3, truth=0.03), 100) > 0.8
