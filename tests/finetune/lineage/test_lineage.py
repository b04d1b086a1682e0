"""Lineage: all that was made of a data set, nothing of another team, a fixed number of queries."""

import pytest
from django.urls import reverse
from django.utils import timezone

from finetune.evaluation.models import Evaluation
from finetune.exports.models import Export
from finetune.lineage import tree
from finetune.lineage.tree import lineage_of
from finetune.runs.models import Run, RunEvent
from finetune.teams.services import team_create

pytestmark = pytest.mark.django_db


def copies(run, number):
    for place in range(number):
        run.pk, run.public_id, run._state.adding = None, f"ftjob-copy{place}", True
        run.save()
        made_of(run)


def made_of(run):
    now = timezone.now()
    RunEvent.objects.create(run=run, seq=900, time=now, type="checkpoint", data={"step": 20})
    Evaluation.objects.create(team=run.team, run=run, base=run.base, kind="scores", data_name="Own")
    Export.objects.create(run=run, parts=["adapter"])


@pytest.fixture
def used(run_made):
    run_made.state = Run.State.SUCCEEDED
    run_made.save()
    made_of(run_made)
    return run_made


def test_what_a_run_made_stands_below_it(used, dataset):
    root = lineage_of(dataset)
    (run,) = root.children
    assert (run.kind, run.title, run.more) == ("run", "First run", 0)
    kinds = [child.kind for child in run.children]
    assert kinds == ["checkpoint", "evaluation", "export", "assistant"]
    checkpoint, _, _, assistant = run.children
    assert (checkpoint.url, checkpoint.note) == ("", "its files are deleted")
    assert assistant.title == used.fine_tuned_model
    assert "nobody" in assistant.note


def test_the_page_leads_to_each(client, alice, used, dataset):
    client.force_login(alice)
    page = client.get(reverse("dataset-lineage", args=[dataset.public_id])).content.decode()
    for url in (
        reverse("run", args=[used.public_id]),
        reverse("run-evaluations", args=[used.public_id]),
        reverse("run-exports", args=[used.public_id]),
        f"{reverse('chat')}?assistant=",
    ):
        assert f'href="{url}' in page
    dataset_page = client.get(reverse("dataset", args=[dataset.public_id])).content.decode()
    assert reverse("dataset-lineage", args=[dataset.public_id]) in dataset_page


def test_one_that_was_taken_back_and_a_deleted_file_are_named(client, alice, used, dataset):
    used.result = {**used.result, "unpublished": True}
    used.save()
    dataset.deleted_at = timezone.now()
    dataset.save()
    client.force_login(alice)
    page = client.get(reverse("dataset-lineage", args=[dataset.public_id])).content.decode()
    assert "taken back" in page
    assert "deleted" in page


def test_nothing_of_another_team(client, charlie, used, dataset):
    other = team_create(name="Other", owner=charlie)
    Run.objects.filter(pk=used.pk).update(team=other)
    assert lineage_of(dataset).children == []
    client.force_login(charlie)
    assert client.get(reverse("dataset-lineage", args=[dataset.public_id])).status_code == 404


def test_as_many_queries_for_many_runs(used, dataset, django_assert_max_num_queries):
    copies(used, 12)
    with django_assert_max_num_queries(12):
        assert len(lineage_of(dataset).children) == 13


def test_long_lists_are_folded(client, alice, used, dataset, monkeypatch):
    monkeypatch.setattr(tree, "RUNS", 3)
    copies(used, 5)
    root = lineage_of(dataset)
    assert (len(root.children), root.more) == (3, 3)
    client.force_login(alice)
    page = client.get(reverse("dataset-lineage", args=[dataset.public_id])).content.decode()
    assert "3 more runs" in page
