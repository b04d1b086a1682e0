"""A check always ends with words, even where the doctor itself fails."""

import pytest

from finetune.services import checking
from finetune.services.datasets import dataset_recheck

pytestmark = pytest.mark.django_db


def test_a_doctor_that_fails_is_told(dataset, monkeypatch):
    def broken(*_):
        raise KeyError("role")

    monkeypatch.setattr(checking, "examine", broken)
    dataset_recheck(dataset=dataset, options={"seed": 8})
    checking.dataset_check(dataset.pk)
    dataset.refresh_from_db()
    assert dataset.state == "failed"
    assert "KeyError" in dataset.problem["message"]
    assert dataset.problem["hint"]
