"""What a run began to compute in, it ends in, wherever and however often it is resumed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from finetune.training.computing import chosen, precision
from finetune.training.computing.chosen import FILE, Computing
from finetune.training.computing.precision import AMX, AS_ASKED, AS_BEFORE, NO_AMX
from finetune.training.config import RunConfig
from finetune.training.log.events import read_events
from finetune.training.loop import trainer
from finetune.training.settings import RunSettings
from tests.finetune.training.conftest import Make

SETTINGS: dict[str, Any] = {
    "steps": 6, "save_every": 2, "eval_every": 3, "sample_tokens": 0, "gradient_accumulation": 1,
    "learning_rate": 1e-3,
}  # fmt: skip


@pytest.fixture
def amx(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Sets whether the processor says that it has AMX."""
    return lambda answer: monkeypatch.setattr(precision, "multiplies_bfloat16", lambda: answer)


@pytest.fixture(scope="module")
def plain(trained_once: Make) -> Path:
    """A run that has ended undisturbed on a processor without AMX."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(precision, "multiplies_bfloat16", lambda: False)
        return trained_once(**SETTINGS)


@pytest.fixture(autouse=True)
def threads_put_back() -> Any:
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def of(folder: Path, kind: str) -> list[dict[str, Any]]:
    return [e["data"] for e in read_events(folder / "events.jsonl") if e["type"] == kind]


def messages(folder: Path, kind: str) -> list[str]:
    return [e["message"] for e in read_events(folder / "events.jsonl") if e["type"] == kind]


def weights(folder: Path) -> bytes:
    return (folder / "adapter" / "adapter_model.safetensors").read_bytes()


def paused(folder: Path, at: int, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Train until a step, and leave as if somebody had asked for a pause."""
    real, calls = trainer.token_loss, []

    def pausing(*args: Any, **kwargs: Any) -> Any:
        if torch.is_grad_enabled():
            calls.append(1)
            if len(calls) == at:
                (folder / "control").write_text("pause")
        return real(*args, **kwargs)

    with monkeypatch.context() as patched:
        patched.setattr(trainer, "token_loss", pausing)
        assert run(folder) == 4


def test_a_run_ends_in_the_format_that_it_began_in(
    make_run: Make, plain: Path, run_here: Any, amx: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, resumed = (make_run(name, **SETTINGS) for name in ("whole", "resumed"))
    amx(True)
    assert run_here(whole) == 0
    paused(resumed, 3, run_here, monkeypatch)
    kept = json.loads((resumed / FILE).read_text())
    assert kept == {"precision": "bfloat16", "why": AMX, "threads": 1, "fused": False}
    amx(False)  # the worker that takes it next has another processor
    assert run_here(resumed) == 0
    assert weights(resumed) == weights(whole)
    assert [data["precision"] for data in of(resumed, "model")] == ["bfloat16", "bfloat16"]
    assert of(resumed, "model")[-1]["dtype"] == "float32"  # of the weights
    assert any("as it began" in text and NO_AMX in text for text in messages(resumed, "warning"))
    assert not any("bfloat16" in text for text in messages(whole, "warning"))

    assert of(plain, "model")[0]["precision"] == "float32"
    assert of(plain, "model")[0]["precision_why"] == NO_AMX
    assert weights(plain) != weights(whole)
    for kind, name in (("metrics", "train_loss"), ("evaluation", "validation_loss")):
        ours = [data[name] for data in of(whole, kind)]
        assert ours == pytest.approx([data[name] for data in of(plain, kind)], rel=2e-3)
        assert ours != [data[name] for data in of(plain, kind)]


def test_a_run_of_an_earlier_version_keeps_float32(
    make_run: Make, plain: Path, run_here: Any, amx: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = make_run("old", **SETTINGS)
    amx(False)
    paused(old, 3, run_here, monkeypatch)
    (old / FILE).unlink()
    amx(True)
    assert run_here(old) == 0
    assert of(old, "model")[-1]["precision_why"] == AS_BEFORE
    assert weights(old) == weights(plain)


def test_what_is_asked_for_is_taken_with_a_warning(make_run: Make, run_here: Any, amx: Any) -> None:
    amx(False)
    folder = make_run("asked", **{**SETTINGS, "steps": 1}, precision="bfloat16")
    assert run_here(folder) == 0
    assert of(folder, "model")[0]["precision_why"] == AS_ASKED
    assert any("Start a new run with the precision auto" in text
               for text in messages(folder, "warning"))  # fmt: skip


def test_threads_are_kept_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.set_num_threads(8)
    monkeypatch.setattr(chosen, "usable_cores", lambda: 8)
    monkeypatch.setattr(chosen, "free_threads", lambda: 5)
    settings = RunSettings()
    first = Computing.of(settings, tmp_path, resumed=False)
    monkeypatch.setattr(chosen, "free_threads", lambda: 2)
    again = Computing.of(settings, tmp_path, resumed=True)
    assert first == again
    again.take_threads(settings.threads)
    assert torch.get_num_threads() == 5
    monkeypatch.setattr(chosen, "usable_cores", lambda: 3)  # another machine
    again.take_threads(settings.threads)
    assert torch.get_num_threads() == 3
    again.take_threads(7)  # asked for
    assert torch.get_num_threads() == 7


@pytest.mark.parametrize("torn", [b"", b"{", b'{"precision": "float32"}', b"[]", b"\xff"])
def test_a_file_that_is_none_is_written_anew(tmp_path: Path, torn: bytes) -> None:
    (tmp_path / FILE).write_bytes(torn)
    chosen_again = Computing.of(RunSettings(threads=1), tmp_path, resumed=False)
    assert json.loads((tmp_path / FILE).read_text())["precision"] == chosen_again.precision


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(Exception, match="known: auto, float32, bfloat16"):
        RunConfig.from_dict({"base_model": "b", "train_file": "t", "precision": "float16"})
