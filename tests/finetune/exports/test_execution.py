"""How the making of an export ends: told once, in the page's language, with nothing left."""

from __future__ import annotations

import errno
import inspect
import json
import subprocess
from datetime import timedelta
from typing import Any

import psutil
import pytest
from django.utils import timezone

from finetune.exceptions import StudioError
from finetune.exports import execution
from finetune.exports.models import Export
from finetune.exports.services import export_create
from finetune.files import alone
from finetune.training.log.sentences import joined, sentence

pytestmark = pytest.mark.django_db
State = Export.State


def test_an_archive_that_was_ready_meanwhile_stays(
    run: Any, alice: Any, sent: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The recheck read the row while it was made; then its worker ended, and let the lock go."""
    made = export_create(run=run, user=alice, parts=[])
    old = timezone.now() - timedelta(minutes=1)
    Export.objects.filter(pk=made.pk).update(state=State.WORKING, started_at=old)
    made.folder.mkdir(parents=True)
    (made.folder / "x.zip").write_bytes(b"the archive")
    real = execution.alone

    def alone(path: Any) -> Any:
        Export.objects.filter(pk=made.pk).update(state=State.DONE, result={"file": "x.zip"})
        return real(path)

    monkeypatch.setattr(execution, "alone", alone)
    execution.exports_recheck()
    made.refresh_from_db()
    assert made.state == State.DONE
    assert made.file is not None


def test_the_lock_is_held_until_the_row_says_how_it_ended(
    run: Any, alice: Any, sent: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = export_create(run=run, user=alice, parts=[])
    real, free = execution.finish, []

    def finish(export: Export, state: str, **changes: Any) -> bool:
        with alone(execution.lock_of(export)) as nobody_works:
            free.append(nobody_works)
        return real(export, state, **changes)

    monkeypatch.setattr(execution, "made", lambda export: {"file": "x.zip"})
    monkeypatch.setattr(execution, "finish", finish)
    execution.export_make(made.pk)
    assert free == [False]


def test_what_a_process_has_started_ends_with_it(tmp_path: Any) -> None:
    """llama.cpp, a child of the process that makes the export, holds the whole model."""
    process = subprocess.Popen(
        ["sh", "-c", "sleep 600 & echo $!; wait"], stdout=subprocess.PIPE, start_new_session=True
    )
    assert process.stdout is not None
    child = psutil.Process(int(process.stdout.readline()))
    execution.end(process)
    process.stdout.close()
    psutil.wait_procs([child], timeout=10)
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE
    source = inspect.getsource(execution.start)
    assert "start_new_session=True" in source


def test_reasons_are_said_in_the_language_of_the_page(run: Any, alice: Any, client: Any) -> None:
    words = joined(sentence("Refused:"), sentence("the chat template refuses every golden prompt"))
    Export.objects.create(
        run=run, parts=["adapter"], state="failed", message=words, result={"parts": words.parts}
    )
    client.force_login(alice)
    address = f"/runs/{run.public_id}/exports/"
    assert words in client.get(address).content.decode()
    page = client.get(address, headers={"Accept-Language": "zh-hans"}).content.decode()
    assert words not in page
    assert "对话模板拒绝了所有基准提示" in page


def test_a_full_disk_is_named(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from safetensors import SafetensorError

    from finetune.exports.making import __main__ as making

    monkeypatch.setattr(making.Order, "read", lambda folder: None)
    for error in (
        OSError(errno.ENOSPC, "No space left on device", "/srv/studio/runs/x"),
        SafetensorError("I/O error: No space left on device (os error 28)"),
    ):

        def make(*given: Any, error: Exception = error) -> Any:
            raise error

        monkeypatch.setattr(making, "make", make)
        assert making.main(tmp_path) == 0
        result = json.loads((tmp_path / "result.json").read_text())
        assert result["problem"].startswith("The server's disk became full.")


def test_a_crash_tells_no_place_of_this_server(tmp_path: Any, settings: Any) -> None:
    (tmp_path / "log.txt").write_text(f"ValueError: {settings.DATA_DIR}/runs/x/stage is odd\n")
    with pytest.raises(StudioError, match="without a result: ValueError") as lost:
        execution.result_of(tmp_path, 1)
    assert str(settings.DATA_DIR) not in lost.value.message


def test_the_card_names_the_data_that_was_learned_before(run: Any, run_made: Any) -> None:
    from finetune.exports.facts import data_of, facts_of
    from finetune.runs.models import Run

    earlier = Run.objects.get(pk=run.pk)
    earlier.pk, earlier.public_id = None, "ftjob-earlier"
    earlier.save()
    run.continues = earlier
    run.result = {**run.result, "adapter_step": 1, "last_step": 2, "ended_early": True}
    assert [one["role"] for one in data_of(run)][-1] == "Data set of ftjob-earlier"
    assert facts_of(run, None)["step"] == 1  # the adapter is that of the best step
