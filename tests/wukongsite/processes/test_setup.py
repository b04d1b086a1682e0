"""The first start: both demo sets are there, and one run over the English one waits."""

import pytest

from finetune.datasets import demo
from finetune.datasets.models import Dataset
from finetune.runs.models import Run
from wukongsite.processes import setup

pytestmark = pytest.mark.django_db


def test_the_first_start_brings_both_demo_sets_and_one_run(team, alice, base):
    run = setup.demo_queue(alice)
    rows = {row.name: row for row in Dataset.objects.filter(team=team)}
    assert set(rows) == {one.name for one in demo.SETS.values()}
    for one in demo.SETS.values():
        row = rows[one.name]
        assert (row.state, row.licence) == (Dataset.State.READY, "CC BY 4.0")
        assert row.report["dialogues"] == len(one.path.read_text().splitlines())
        assert row.report["errors"] == row.report["warnings"] == 0
    assert list(Run.objects.all()) == [run]
    assert run.dataset == rows[demo.SETS["en"].name]
    assert run.settings.steps == 64


def test_a_team_with_data_gets_neither(team, alice, base, dataset):
    assert setup.demo_queue(alice) is None
    assert list(Dataset.objects.all()) == [dataset]
