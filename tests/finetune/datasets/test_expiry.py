"""Data sets that delete themselves: in time, with what was made of them, never under a run."""

from datetime import timedelta

import pytest
from django.utils import timezone

from finetune.datasets.checking import dataset_check
from finetune.datasets.models import Dataset
from finetune.datasets.services import datasets_expire
from finetune.datasets.versions.changes import Change
from finetune.datasets.versions.services import version_make
from finetune.runs.services import run_cancel
from finetune.tasks import datasets_recheck
from tests.conftest import checked_dataset

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def expires(dataset, when):
    Dataset.objects.filter(pk=dataset.pk).update(expires_at=when)


def is_there(dataset):
    dataset.refresh_from_db()
    return dataset.deleted_at is None and dataset.folder.exists()


def test_only_those_whose_time_is_over(team, alice, django_capture_on_commit_callbacks):
    over, later, never = (checked_dataset(team, alice) for _ in range(3))
    expires(over, timezone.now() - HOUR)
    expires(later, timezone.now() + HOUR)
    with django_capture_on_commit_callbacks(execute=True):
        datasets_recheck()
    assert [is_there(one) for one in (over, later, never)] == [False, True, True]


def test_a_run_that_has_not_ended_keeps_its_data(
    run_made, alice, django_capture_on_commit_callbacks
):
    dataset = run_made.dataset
    expires(dataset, timezone.now() - HOUR)
    with django_capture_on_commit_callbacks(execute=True):
        datasets_expire()
    assert is_there(dataset)
    run_cancel(run=run_made, by=alice)
    with django_capture_on_commit_callbacks(execute=True):
        datasets_expire()
    assert not is_there(dataset)


def test_a_version_goes_with_what_it_was_made_of(dataset, alice):
    when = timezone.now() + HOUR
    expires(dataset, when)
    dataset.refresh_from_db()
    made = version_make(dataset=dataset, user=alice, changes=[Change("exclude", 3)])
    dataset_check(made.pk)
    made.refresh_from_db()
    assert made.expires_at == when


def test_the_page_says_when(client, alice, dataset):
    client.force_login(alice)
    assert "deletes itself" not in client.get(f"/data/{dataset.public_id}/").content.decode()
    expires(dataset, timezone.now() + HOUR)
    assert "deletes itself" in client.get(f"/data/{dataset.public_id}/").content.decode()
