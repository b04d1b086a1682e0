"""Findings come behind the first check, from a process of their own, and hold nothing up."""

import json
import shutil
import threading
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from finetune.bases.models import BaseModel
from finetune.datasets.checking import dataset_check
from finetune.datasets.findings import execution
from finetune.datasets.findings.models import Findings
from finetune.datasets.findings.services import findings_cancel, findings_queue
from finetune.datasets.models import Dataset
from finetune.datasets.services import dataset_recheck
from finetune.files import alone

pytestmark = pytest.mark.django_db


@pytest.fixture
def waiting(dataset):
    return findings_queue(dataset=dataset)


@pytest.fixture
def sent(monkeypatch):
    """Tasks that were sent."""
    tasks = []
    monkeypatch.setattr(execution, "enqueue", lambda *task: tasks.append(task))
    return tasks


def test_they_are_queued_when_a_check_has_ended(dataset):
    dataset_recheck(dataset=dataset, options={"seed": 8})
    assert not Findings.objects.filter(dataset=dataset).exists()
    dataset_check(dataset.pk)
    assert Findings.objects.get(dataset=dataset).state == "waiting"


def test_the_demo_set_is_looked_at_by_a_process(waiting, dataset, tiny_model_dir):
    BaseModel.objects.create(
        slug="tiny", title="Tiny", source=str(tiny_model_dir), state="ready", max_positions=2048,
        languages=["en"],
    )  # fmt: skip
    execution.findings_make(waiting.pk)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.message) == ("done", "")
    found = {one["name"]: one for one in waiting.found}
    assert found["near_duplicates"]["read"] == dataset.report["dialogues"]
    assert found["languages"]["values"]["most"] == "en"
    assert found["unsafe_replies"]["count"] == 0  # the gate holds none of the demo's sentences
    [fit] = found["template_fit"]["values"]["bases"]
    assert fit["left_out"] == {}
    cut = {length: dialogues for length, dialogues, _tokens in fit["cut"]}
    assert cut[64] > cut[256] >= cut[2048] == 0
    assert not (waiting.folder / "order.json").exists()


def test_a_message_that_comes_twice_finds_nothing_to_do(waiting, monkeypatch):
    monkeypatch.setattr(execution, "computed", lambda row, started: {"findings": []})
    execution.findings_make(waiting.pk)
    monkeypatch.setattr(execution, "computed", lambda row, started: pytest.fail("again"))
    execution.findings_make(waiting.pk)
    waiting.refresh_from_db()
    assert waiting.state == "done"


def test_one_at_a_time_and_then_the_next(waiting, team, sent, monkeypatch):
    monkeypatch.setattr(execution, "computed", lambda row, started: {"findings": []})
    other = Dataset.objects.create(team=team, name="other", filename="x.jsonl", state="ready")
    following = findings_queue(dataset=other)
    with alone(execution.lock_file()):
        execution.findings_make(waiting.pk)
    waiting.refresh_from_db()
    assert (waiting.state, sent) == ("waiting", [])
    execution.findings_make(waiting.pk)
    assert sent == [("findings_make", following.pk)]


def test_what_lost_its_worker_waits_again_and_is_given_up_in_the_end(waiting, sent, monkeypatch):
    monkeypatch.setattr(execution, "lacks_messages", lambda queue, rows: True)
    old = timezone.now() - timedelta(minutes=5)
    for _ in range(execution.MOST_ATTEMPTS):
        rows = Findings.objects.filter(pk=waiting.pk)
        rows.update(state="working", attempts=rows.get().attempts + 1, queued_at=old)
        with alone(execution.lock_file()):  # its worker lives
            execution.findings_recheck()
        assert rows.get().state == "working"
        execution.findings_recheck()
        assert rows.get().state == "waiting"
    assert set(sent) == {("findings_make", waiting.pk)}
    execution.findings_make(waiting.pk)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.message) == ("failed", execution.GIVEN_UP)


@pytest.mark.django_db(transaction=True)
def test_a_cancel_ends_the_process(dataset, wait_for):
    row = findings_queue(dataset=dataset)
    line = dataset.train_file.read_text().splitlines()[0]
    many = [json.dumps(json.loads(line) | {"n": n}) for n in range(20_000)]
    dataset.train_file.write_text("\n".join(many) + "\n")
    import numpy as np

    places = [(n + 1, 1) for n in range(len(dataset.validation_file.read_text().splitlines()))]
    places += [(10_000 + n, 0) for n in range(20_000)]
    np.array(places, dtype="<u8").tofile(dataset.places_file)

    def stop():
        wait_for(lambda: Findings.objects.get(pk=row.pk).state == "working")
        findings_cancel(dataset=dataset)
        from django.db import connection

        connection.close()

    stopper = threading.Thread(target=stop)
    stopper.start()
    execution.findings_make(row.pk)
    stopper.join()
    row.refresh_from_db()
    assert row.state == "cancelled"
    assert row.result == {}
    assert not row.folder.exists()


def test_a_file_of_an_earlier_version_is_told(waiting, dataset):
    dataset.places_file.unlink()
    execution.findings_make(waiting.pk)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.message) == ("failed", execution.TOO_OLD)


def test_a_process_that_breaks_is_told_without_paths(waiting, dataset):
    dataset.train_file.write_text("{broken\n")
    execution.findings_make(waiting.pk)
    waiting.refresh_from_db()
    assert waiting.state == "failed"
    assert "process" in waiting.message
    assert str(settings.DATA_DIR) not in waiting.message


def test_marked_sets_and_those_of_studies_are_compared_with(dataset, team, alice, base):
    from finetune.studies.models import Study
    from tests.conftest import checked_dataset

    marked = checked_dataset(team, alice)
    assert execution.order_of(dataset).tests == ()
    Dataset.objects.filter(pk=marked.pk).update(for_evaluation=True, name="Exam")
    [test] = execution.order_of(dataset).tests
    assert (test.name, test.folder) == ("Exam", str(marked.folder))
    assert execution.order_of(marked).tests == ()  # not with itself
    Dataset.objects.filter(pk=marked.pk).update(for_evaluation=False)
    assert execution.order_of(dataset).tests == ()
    Study.objects.create(
        team=team, name="s", base=base, dataset=dataset, test_dataset=marked, adapter="lora",
        config={},
    )  # fmt: skip
    assert [test.name for test in execution.order_of(dataset).tests] == ["Exam"]
    shutil.rmtree(marked.folder)
    assert execution.order_of(dataset).tests == ()
