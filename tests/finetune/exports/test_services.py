"""Exports: asked for once, refused in words, made by a worker, lost with nothing left."""

from __future__ import annotations

import json
import shutil
import threading
import zipfile
from collections import namedtuple
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from finetune.exceptions import StudioError
from finetune.exports import execution, services
from finetune.exports.facts import base_id
from finetune.exports.models import Export
from finetune.exports.selectors import export_sources
from finetune.exports.services import export_create, export_delete

pytestmark = pytest.mark.django_db
State = Export.State


def test_the_same_export_is_made_once(run: Any, alice: Any, sent: list[Any]) -> None:
    made = export_create(run=run, user=alice, parts=["merged"])
    assert export_create(run=run, user=alice, parts=["adapter", "merged"]) == made
    assert made.parts == ["adapter", "merged"]
    assert export_create(run=run, user=alice, parts=[]) != made
    assert [task for task, _ in sent] == ["export_make", "export_make"]


def test_weights_are_the_result_or_a_checkpoint(run: Any, alice: Any, sent: list[Any]) -> None:
    assert [source.step for source in export_sources(run)] == [None, 2]
    assert export_create(run=run, user=alice, parts=[], step=2).step == 2
    with pytest.raises(StudioError, match="no weights of this step"):
        export_create(run=run, user=alice, parts=[], step=1)
    weights = run.folder / "checkpoints" / "checkpoint-2" / "adapter_model.safetensors"
    weights.write_bytes(b"damaged")
    with pytest.raises(StudioError, match="no weights of this step"):
        export_create(run=run, user=alice, parts=[], step=2)
    shutil.rmtree(run.folder / "adapter")
    with pytest.raises(StudioError, match="Choose one of its checkpoints"):
        export_create(run=run, user=alice, parts=[])


def test_what_cannot_be_made_is_refused_at_once(
    run: Any, alice: Any, sent: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(StudioError, match="onnx is no part"):
        export_create(run=run, user=alice, parts=["onnx"])
    Usage = namedtuple("Usage", "total used free")
    monkeypatch.setattr(services.shutil, "disk_usage", lambda path: Usage(1, 1, 600 * 2**20))
    export_create(run=run, user=alice, parts=["merged"])
    run.base.parameters = 10**9
    run.base.save()
    with pytest.raises(StudioError, match="on the server's disk") as refused:
        export_create(run=run, user=alice, parts=["gguf"])
    assert refused.value.code == "disk_full"
    run.base.source = "/nowhere"
    run.base.save()
    with pytest.raises(StudioError, match="none of them") as refused:
        export_create(run=run, user=alice, parts=["gguf"])
    assert refused.value.code == "no_gguf"
    run.config = {**run.config, "adapter": "qtha", "adapter_options": {}}
    run.save()
    with pytest.raises(StudioError, match="cannot be merged") as refused:
        export_create(run=run, user=alice, parts=["merged"])
    assert refused.value.code == "not_mergeable"


def test_a_team_cannot_fill_the_queue(
    run: Any, alice: Any, sent: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "MOST_WAITING", 1)
    export_create(run=run, user=alice, parts=[])
    with pytest.raises(StudioError, match="1 exports of this team wait already"):
        export_create(run=run, user=alice, parts=["merged"])


def test_one_is_made_at_a_time(
    run: Any, alice: Any, sent: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker has threads for more; each export takes a whole base's memory."""
    first, second = (export_create(run=run, user=alice, parts=part) for part in ([], ["merged"]))
    sent.clear()

    def making(export: Export) -> dict[str, Any]:
        if export == first:
            execution.export_make(second.pk)  # another thread's, meanwhile
            second.refresh_from_db()
            assert second.state == State.WAITING
        return {}

    monkeypatch.setattr(execution, "made", making)
    execution.export_make(first.pk)
    assert sent == [("export_make", second.pk)]
    execution.export_make(second.pk)
    assert set(Export.objects.values_list("state", flat=True)) == {State.DONE}
    assert len(sent) == 1


def test_a_worker_makes_the_archive(run: Any, alice: Any, sent: list[Any]) -> None:
    """Through the real process, and its card from the run's rows."""
    made = export_create(run=run, user=alice, parts=["merged"])
    execution.export_make(made.pk)
    made.refresh_from_db()
    assert made.state == State.DONE, made.message
    assert made.share == 1
    assert made.file is not None
    assert made.file.stat().st_size == made.bytes
    assert made.file.parent.parent.parent == run.folder  # and goes where the run's folder goes
    with zipfile.ZipFile(made.file) as archive:
        top = made.file.stem
        names = {name.removeprefix(f"{top}/") for name in archive.namelist()}
        card = archive.read(f"{top}/README.md").decode()
        metrics = archive.read(f"{top}/metrics.csv").decode()
        settings = json.loads(archive.read(f"{top}/settings.json"))
    assert {"adapter/adapter_model.safetensors", "adapter/lock.json", "load.py"} <= names
    assert {"merged/model.safetensors", "manifest.json", "SHA256SUMS"} <= names
    assert not any("jsonl" in name for name in names)  # the data stay here
    assert metrics.startswith("step,")
    assert settings["adapter"] == "lora"
    assert run.dataset.sha256 in card
    assert "3.1000" in card
    assert "random weights" in card
    assert str(run.folder) not in card
    execution.export_make(made.pk)  # a message that comes twice
    made.refresh_from_db()
    assert made.state == State.DONE


def test_a_part_that_parts_has_no_archive(run: Any, alice: Any, sent: list[Any]) -> None:
    made = export_create(run=run, user=alice, parts=[])
    (run.folder / "adapter" / "chat_template.jinja").write_text("{{ messages }}")
    execution.export_make(made.pk)
    made.refresh_from_db()
    assert made.state == State.FAILED
    assert "Refused: the chat template has SHA-256" in made.message
    assert made.file is None
    assert not made.folder.exists()


def test_no_memory_is_said_before_it_is_tried(run: Any, alice: Any, sent: list[Any]) -> None:
    made = export_create(run=run, user=alice, parts=[])
    run.base.parameters = 10**13
    run.base.save()
    execution.export_make(made.pk)
    made.refresh_from_db()
    assert made.state == State.FAILED
    assert "GiB of memory" in made.message


@pytest.mark.django_db(transaction=True)
def test_deleting_stops_it(run: Any, alice: Any, sent: list[Any]) -> None:
    made = export_create(run=run, user=alice, parts=["merged"])

    def work() -> None:
        from django.db import connection

        execution.export_make(made.pk)
        connection.close()

    worker = threading.Thread(target=work)
    worker.start()
    for _ in range(200):
        made.refresh_from_db()
        if made.state == State.WORKING and (made.folder / "order.json").exists():
            break
        threading.Event().wait(0.05)
    export_delete(export=made)
    worker.join(timeout=20)
    assert not worker.is_alive()
    assert not made.folder.exists()
    assert not Export.objects.exists()


def test_lost_ones_are_found(
    run: Any, alice: Any, sent: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("finetune.queue.messages_waiting", lambda queue: 0)
    lost = export_create(run=run, user=alice, parts=[])
    waiting = export_create(run=run, user=alice, parts=["merged"])
    old = timezone.now() - timedelta(minutes=1)
    Export.objects.filter(pk=lost.pk).update(state=State.WORKING, started_at=old)
    Export.objects.filter(pk=waiting.pk).update(created_at=old)
    sent.clear()
    execution.exports_recheck()
    lost.refresh_from_db()
    assert lost.state == State.FAILED
    assert "was lost" in lost.message
    assert sent == [("export_make", waiting.pk)]


def test_bases_are_named_as_elsewhere(base: Any, tmp_path: Any) -> None:
    assert base_id(base) == "smollm2-135m-instruct"
    base.source = "Org/Model"
    assert base_id(base) == "Org/Model"
    base.source = str(tmp_path)
    about = {"upstream": "https://huggingface.co/HuggingFaceTB/SmolLM2-135M-Instruct"}
    (tmp_path / "wukong.json").write_text(json.dumps(about))
    assert base_id(base) == "HuggingFaceTB/SmolLM2-135M-Instruct"
