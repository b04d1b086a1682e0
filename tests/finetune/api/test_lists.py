"""Lists of the API: whole, each row once, page by page in any size, and bounded."""

from datetime import timedelta
from itertools import pairwise

import pytest
from django.test import Client
from django.utils import timezone

from finetune.api import models as api_models
from finetune.datasets.models import Dataset
from finetune.runs.models import Run, RunEvent
from finetune.teams.keys.services import key_create

pytestmark = pytest.mark.django_db
SIZES = [1, 2, 3, 7, 100]


@pytest.fixture
def get(team, alice):
    _, secret = key_create(team=team, user=alice, name="key")
    client = Client(headers={"authorization": f"Bearer {secret}"})

    def ask(path, status=200, **query):
        answer = client.get(f"/v1/{path}", query)
        assert answer.status_code == status, answer.content
        return answer.json()

    return ask


@pytest.fixture
def pages(get):
    def all_of(path, **query):
        """The ids of a list, read page by page."""
        ids, after = [], {}
        while True:
            page = get(path, **query, **after)
            assert len(page["data"]) <= query["limit"]
            assert page["first_id"] == (page["data"][0]["id"] if page["data"] else None)
            ids += [row["id"] for row in page["data"]]
            if not page["has_more"]:
                return ids
            after = {"after": page["last_id"]}

    return all_of


@pytest.fixture
def runs(run_made):
    """Twelve runs, some of the same moment; the even ones have succeeded."""
    now = timezone.now()
    made = []
    for number in range(12):
        run_made.pk, run_made.public_id = None, f"ftjob-{number:024x}"
        run_made.state = Run.State.CANCELLED if number % 2 else Run.State.SUCCEEDED
        run_made.metadata = {"topic": "sleep", "1": "x"} if number % 3 == 0 else {}
        run_made.finished_at = now + timedelta(seconds=number // 4)
        run_made.save(force_insert=True)
        Run.objects.filter(pk=run_made.pk).update(created_at=now + timedelta(seconds=number // 3))
        made.append(run_made.public_id)
    Run.objects.exclude(public_id__in=made).delete()
    return made


@pytest.mark.parametrize("limit", SIZES)
def test_jobs_come_newest_first_each_once(runs, pages, limit):
    assert pages("fine_tuning/jobs", limit=limit) == runs[::-1]


@pytest.mark.parametrize("limit", SIZES)
def test_jobs_by_label(runs, pages, limit):
    labelled = [name for number, name in enumerate(runs) if number % 3 == 0][::-1]
    path = "fine_tuning/jobs"
    assert pages(path, limit=limit, **{"metadata[topic]": "sleep"}) == labelled
    assert pages(path, limit=limit, **{"metadata[topic]": "sleep", "metadata[1]": "x"}) == labelled
    assert pages(path, limit=limit, **{"metadata[topic]": "other"}) == []
    bare = [name for name in runs[::-1] if name not in labelled]
    assert pages(path, limit=limit, metadata="null") == bare


def test_a_new_job_does_not_move_the_next_page(runs, get, run_made):
    first = get("fine_tuning/jobs", limit=3)
    run_made.pk, run_made.public_id = None, "ftjob-new"
    run_made.save(force_insert=True)
    second = get("fine_tuning/jobs", limit=3, after=first["last_id"])
    assert [row["id"] for row in first["data"] + second["data"]] == runs[::-1][:6]


@pytest.mark.parametrize("path", ["fine_tuning/jobs", "models", "files"])
def test_a_cursor_of_nothing_or_of_others_is_refused(runs, get, path, other_team):
    Run.objects.filter(public_id=runs[0]).update(team=other_team)
    for after in ("ftjob-none", runs[0], "file-none"):
        error = get(path, 400, limit=5, after=after)["error"]
        assert error["param"] == "after"


def test_the_run_list_reads_its_index(runs, team):
    plan = Run.objects.for_team(team)[:20].explain()
    assert "run_list" in plan
    assert "TEMP B-TREE" not in plan


# -- checkpoints -----------------------------------------------------------------------------------


def test_checkpoints_have_their_own_steps_measurements(run_made, pages, get):
    rows, seq = [], 100
    for step in range(1, 121):
        seq += 1
        rows.append(("metrics", seq, {"step": step, "train_loss": float(step)}))
        if step % 10 == 0:
            for kind, data in (
                ("evaluation", {"step": step, "validation_loss": step + 0.5}),
                ("sample", {"step": step, "index": 0}),
                ("checkpoint", {"step": step}),
            ):
                seq += 1
                rows.append((kind, seq, data))
    RunEvent.objects.bulk_create(
        RunEvent(run=run_made, seq=seq, time=timezone.now(), type=kind, data=data)
        for kind, seq, data in rows
    )
    path = f"fine_tuning/jobs/{run_made.public_id}/checkpoints"
    found = get(path, limit=100)["data"]
    assert [one["step_number"] for one in found] == list(range(120, 0, -10))
    for one in found:
        assert one["metrics"]["train_loss"] == one["step_number"]
        assert one["metrics"]["valid_loss"] == one["step_number"] + 0.5
    ids = [one["id"] for one in found]
    for limit in SIZES:
        assert pages(path, limit=limit) == ids
    assert get(path, 400, after="ftckpt_none_1")["error"]["param"] == "after"


# -- files -----------------------------------------------------------------------------------------


@pytest.fixture
def files(runs, team, dataset):
    """Uploads of the same moments as results."""
    moments = list(Run.objects.order_by("finished_at").values_list("finished_at", flat=True))
    for number in range(7):
        row = Dataset.objects.create(team=team, name=f"set {number}", filename="a.jsonl")
        Dataset.objects.filter(pk=row.pk).update(created_at=moments[number])
    Dataset.objects.filter(pk=dataset.pk).update(created_at=moments[0])


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("limit", SIZES)
def test_files_of_both_kinds_in_one_order(files, pages, get, limit, order):
    found = pages("files", limit=limit, order=order)
    assert len(found) == len(set(found)) == 8 + 6
    assert found == pages("files", limit=100, order=order)
    assert found == pages("files", limit=limit, order="desc")[:: 1 if order == "desc" else -1]
    times = [row["created_at"] for row in get("files", limit=100, order=order)["data"]]
    assert times == sorted(times, reverse=order == "desc")


def test_files_of_one_kind(files, pages):
    assert len(pages("files", limit=2, purpose="fine-tune")) == 8
    results = pages("files", limit=2, purpose="fine-tune-results")
    assert len(results) == 6
    assert all(name.startswith("file-results-") for name in results)
    assert pages("files", limit=2, purpose="other") == []


# -- models ----------------------------------------------------------------------------------------


def test_models_end_with_the_bases(runs, get, base):
    page = get("models")
    ids = [row["id"] for row in page["data"]]
    assert [name.rsplit(":")[-1] for name in ids[:-1]] == [
        name.removeprefix("ftjob-") for name in runs[::-1] if int(name[-1], 16) % 2 == 0
    ]
    assert ids[-1] == base.slug
    assert page["has_more"] is False


@pytest.mark.parametrize("limit", SIZES)
def test_models_page_by_page(runs, get, pages, limit, base):
    run = Run.objects.get(public_id=runs[4])
    Run.objects.filter(pk=run.pk).update(result={"unpublished": True})
    every = [row["id"] for row in get("models")["data"]]
    assert len(every) == 6
    assert pages("models", limit=limit) == every


def test_many_models_are_bounded_and_the_bases_still_there(runs, get, base, monkeypatch):
    every = [row["id"] for row in get("models")["data"]]
    monkeypatch.setattr(api_models, "LISTED", 4)
    page = get("models")
    ids = [row["id"] for row in page["data"]]
    assert len(ids) == 5
    assert ids[-1] == base.slug
    assert page["has_more"] is True
    rest = [row["id"] for row in get("models", after=page["last_id"])["data"]]
    assert ids[:-1] + rest == every


def test_pages_do_not_overlap_when_times_are_the_same(runs, get):
    Run.objects.update(created_at=timezone.now())
    seen = [row["id"] for row in get("fine_tuning/jobs", limit=100)["data"]]
    for before, after in pairwise(seen):
        assert get("fine_tuning/jobs", limit=1, after=before)["data"][0]["id"] == after
