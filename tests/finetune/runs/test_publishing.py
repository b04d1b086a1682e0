"""Publishing: an adapter whose numbers are not finite never reaches the engine."""

import json

import pytest
import torch
from safetensors.torch import save_file

from finetune.bases.publishing import assistant_file
from finetune.exceptions import RunRefused
from finetune.runs.checks import start_folder
from finetune.runs.models import Run
from finetune.runs.publishing import run_publish
from finetune.runs.worker import execution, hold
from finetune.training.loop import checkpoints

pytestmark = pytest.mark.django_db
FLOATS = pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16], ids=str)


@pytest.fixture(autouse=True)
def _assistants(settings, tmp_path):
    settings.ASSISTANT_DIR = tmp_path


def adapter_write(run, number, dtype, folder="adapter"):
    path = run.folder / folder
    path.mkdir(parents=True, exist_ok=True)
    tensors = {"a": torch.ones(2, 2, dtype=dtype), "b": torch.tensor([1.0, number]).to(dtype)}
    save_file(tensors, path / "adapter_model.safetensors")
    return path


@FLOATS
def test_a_finite_adapter_is_published(run_made, dtype):
    adapter = adapter_write(run_made, 2.0, dtype)
    run_publish(run_made)
    card = json.loads(assistant_file(run_made.public_id).read_text())
    assert card["adapter"] == str(adapter)


@FLOATS
@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_one_that_is_not_is_refused_in_words(run_made, dtype, number):
    adapter_write(run_made, number, dtype)
    with pytest.raises(RunRefused, match="1 of the 2 numbers of b") as refused:
        run_publish(run_made)
    assert refused.value.code == "not_finite"
    assert "0.0033 instead of 0.01" in refused.value.message
    assert not assistant_file(run_made.public_id).exists()


def test_the_run_that_made_it_fails(run_made, monkeypatch):
    """An old trainer may have ended well with such an adapter: the worker does not."""
    adapter_write(run_made, float("nan"), torch.float32)
    run = hold.claim(run_made.pk, "me")

    class Done:
        returncode = 0

        def poll(self):
            return 0

    monkeypatch.setattr(execution, "start", lambda *args: Done())
    execution.Execution(run, "me").carry_out()
    run.refresh_from_db()
    assert run.state == Run.State.FAILED
    assert run.error["code"] == "not_finite"
    assert "cannot be published" in run.error["message"]
    assert not assistant_file(run.public_id).exists()


def test_nothing_goes_on_from_it(run_made):
    run_made.state = Run.State.SUCCEEDED
    adapter = adapter_write(run_made, 1.0, torch.bfloat16)
    assert start_folder(run_made) == adapter
    adapter_write(run_made, float("inf"), torch.bfloat16)
    assert start_folder(run_made) is None
    run_made.state = Run.State.PAUSED
    for step, number in ((1, 1.0), (2, float("nan"))):
        made = adapter_write(run_made, number, torch.float32, "checkpoints/.made")
        checkpoints.seal(made, run_made.folder / "checkpoints" / f"checkpoint-{step}")
    assert start_folder(run_made).name == "checkpoint-1"
