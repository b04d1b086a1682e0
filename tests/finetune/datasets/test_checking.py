"""A check always ends with words, and one whose worker is gone is done again, once."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from finetune.bases.models import BaseModel
from finetune.datasets import checking
from finetune.datasets.models import Dataset
from finetune.datasets.progress import CheckProgress
from finetune.datasets.services import dataset_recheck
from finetune.datasets.versions import changes
from finetune.datasets.versions.services import version_make
from tests.conftest import wait_until

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


@pytest.fixture
def sent(monkeypatch):
    """The data sets whose checks were sent; nothing lies in the queue."""
    found = []
    monkeypatch.setattr(checking, "enqueue_check", lambda dataset: found.append(dataset.pk))
    monkeypatch.setattr(checking, "messages_waiting", lambda queue: 0)
    return found


def checking_since(dataset, seconds):
    at = timezone.now() - timedelta(seconds=seconds)
    Dataset.objects.filter(pk=dataset.pk).update(state="checking", checked_at=at)


def test_a_check_that_was_broken_off_is_done_again_soon(dataset, sent):
    checking_since(dataset, seconds=5)  # its worker may live
    checking.datasets_recheck()
    checking.dataset_check(dataset.pk)
    dataset.refresh_from_db()
    assert (sent, dataset.state) == ([], "checking")
    checking_since(dataset, seconds=20)
    checking.datasets_recheck()
    assert sent == [dataset.pk]
    checking.dataset_check(dataset.pk)
    dataset.refresh_from_db()
    assert dataset.state == "ready"


def test_lost_checks_are_sent_in_the_order_of_the_uploads(team, alice, sent):
    old = timezone.now() - timedelta(minutes=5)
    made = [Dataset.objects.create(team=team, name=f"{n}", filename="x.jsonl") for n in range(3)]
    for place, one in enumerate([made[1], made[2], made[0]]):
        at = old + timedelta(seconds=place)
        Dataset.objects.filter(pk=one.pk).update(created_at=at)
    checking.datasets_recheck()
    assert sent == [made[1].pk, made[2].pk, made[0].pk]


def test_checks_that_have_messages_are_left_alone(dataset, sent, monkeypatch):
    checking_since(dataset, seconds=20)
    for left in (1, None):  # a message each, or no broker to ask
        monkeypatch.setattr(checking, "messages_waiting", lambda queue, left=left: left)
        checking.datasets_recheck()
    assert sent == []


@pytest.mark.django_db(transaction=True)
def test_a_check_that_takes_long_renews_its_lease(dataset, monkeypatch, wait_for):
    monkeypatch.setattr(checking, "RENEW_SECONDS", 0.05)
    checking_since(dataset, seconds=14)
    before = Dataset.objects.get(pk=dataset.pk).checked_at
    with checking.held(dataset):
        wait_for(lambda: Dataset.objects.get(pk=dataset.pk).checked_at > before)


def test_control_tokens_of_every_ready_base_are_looked_for(tmp_path, caplog):
    def base(slug, state="ready", **content):
        folder = tmp_path / slug
        folder.mkdir()
        (folder / "tokenizer.json").write_text(content.get("text") or json.dumps(content))
        return BaseModel.objects.create(slug=slug, title=slug, source=str(folder), state=state)

    tokens = [{"content": "<turn>", "special": True}, {"content": "<table>", "special": False}]
    base("one", added_tokens=tokens)
    base("two", added_tokens=[{"content": "<other>", "special": True}, tokens[0]])
    base("three", state="checking", added_tokens=[{"content": "<late>", "special": True}])
    base("broken", text="{")
    BaseModel.objects.create(slug="far", title="far", source="hub/model", state="ready")
    assert checking.control_tokens() == ("<turn>", "<other>")
    assert checking.options_of({}).control_tokens == ("<turn>", "<other>")
    assert "broken" in caplog.text


def cancelling(monkeypatch, row):
    """The doctor, before whose first line somebody cancels the check."""
    real = checking.examine

    def examine(*given):
        assert checking.dataset_cancel(dataset=Dataset.objects.get(pk=row.pk))
        assert given[-1].__self__.lost.wait(20)  # the thread that renews the lease finds out
        return real(*given)

    monkeypatch.setattr(checking, "RENEW_SECONDS", 0.05)
    monkeypatch.setattr(checking, "examine", examine)


@pytest.mark.django_db(transaction=True)
def test_a_check_that_is_cancelled_stops_and_leaves_only_the_original(dataset, monkeypatch):
    assert dataset.train_file.exists()
    dataset_recheck(dataset=dataset, options={"seed": 8})
    (dataset.folder / ".examining-killed").mkdir()  # by a worker that was killed
    with monkeypatch.context() as patch:
        cancelling(patch, dataset)
        checking.dataset_check(dataset.pk)
    dataset.refresh_from_db()
    assert (dataset.state, dataset.report) == ("cancelled", {})
    assert dataset.problem["message"] == "The check was cancelled."
    assert [path.name for path in dataset.folder.iterdir()] == ["original"]
    assert not checking.dataset_cancel(dataset=dataset)
    checking.dataset_check(dataset.pk)  # a message that came late
    dataset.refresh_from_db()
    assert dataset.state == "cancelled"
    dataset_recheck(dataset=dataset, options={})
    checking.dataset_check(dataset.pk)
    dataset.refresh_from_db()
    assert dataset.state == "ready"


def test_an_outcome_after_the_cancel_is_not_kept(dataset, monkeypatch):
    real = checking.examine

    def examine(*given):
        report = real(*given)
        checking.dataset_cancel(dataset=Dataset.objects.get(pk=dataset.pk))
        return report

    monkeypatch.setattr(checking, "examine", examine)
    dataset_recheck(dataset=dataset, options={"seed": 8})
    checking.dataset_check(dataset.pk)
    dataset.refresh_from_db()
    assert dataset.state == "cancelled"
    assert not dataset.train_file.exists()


def test_a_run_that_waits_for_a_cancelled_check_fails_with_its_reason(dataset, run_made):
    Dataset.objects.filter(pk=dataset.pk).update(state="checking")
    run_made.state = "validating"
    run_made.save()
    checking.dataset_cancel(dataset=Dataset.objects.get(pk=dataset.pk))
    run_made.refresh_from_db()
    assert run_made.state == "failed"
    assert run_made.error["code"] == "check_cancelled"


@pytest.mark.django_db(transaction=True)
def test_a_check_tells_how_far_it_is(dataset, monkeypatch):
    real, seen = checking.examine, []

    def examine(*given):
        def watch(read):
            given[-1](read)
            if not seen:
                wait_until(lambda: Dataset.objects.get(pk=dataset.pk).checked_bytes == read)
                seen.append(read)

        return real(*given[:-1], watch)

    monkeypatch.setattr(checking, "RENEW_SECONDS", 0.05)
    monkeypatch.setattr(checking, "examine", examine)
    dataset_recheck(dataset=dataset, options={"seed": 8})
    checking.dataset_check(dataset.pk)
    assert 0 < seen[0] <= dataset.bytes


@pytest.mark.django_db(transaction=True)
def test_a_version_that_is_being_made_tells_how_far_it_is_and_can_be_cancelled(
    dataset, alice, monkeypatch
):
    made = version_make(dataset=dataset, user=alice, changes=[changes.exclude(1)])
    real, seen = checking.original_make, []

    def make(row, options, watch):
        def watched(read):
            watch(read)
            if not seen:
                wait_until(lambda: Dataset.objects.get(pk=row.pk).checked_bytes == read)
                seen.append(CheckProgress.of(Dataset.objects.get(pk=row.pk)))
                checking.dataset_cancel(dataset=Dataset.objects.get(pk=row.pk))
                assert watch.__self__.lost.wait(20)

        real(row, options, watched)

    monkeypatch.setattr(checking, "RENEW_SECONDS", 0.05)
    with monkeypatch.context() as patch:
        patch.setattr(checking, "original_make", make)
        checking.dataset_check(made.pk)
    assert (seen[0].total, seen[0].makes, seen[0].is_read) == (dataset.bytes, True, False)
    assert 0 < seen[0].read <= dataset.bytes
    made.refresh_from_db()
    assert (made.state, made.sha256) == ("cancelled", "")
    assert [path.name for path in made.folder.iterdir()] == ["changes.jsonl"]
    dataset_recheck(dataset=made, options={})
    checking.dataset_check(made.pk)
    made.refresh_from_db()
    assert (made.state, made.changes["counts"]) == ("ready", {"exclude": 1})


def test_time_left_is_told_by_what_was_read(dataset):
    now = timezone.now()
    dataset.state = "checking"
    dataset.bytes, dataset.checked_bytes = 1000, 250
    dataset.check_began_at, dataset.checked_at = now - timedelta(seconds=10), now
    progress = CheckProgress.of(dataset)
    assert (progress.percent, progress.is_read) == (25, False)
    assert progress.seconds_left == pytest.approx(30, abs=2)
    dataset.checked_bytes = 0
    assert CheckProgress.of(dataset).seconds_left is None
    dataset.checked_bytes = 2000
    assert CheckProgress.of(dataset).is_read
