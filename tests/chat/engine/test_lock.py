"""The engine, which chat and API speak through, refuses an adapter that parts from its lock."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from chat.engine.exceptions import BrokenAssistant
from chat.engine.inference.assistants import AssistantStore
from finetune.training.lock.golden import TEMPLATE, template_write
from finetune.training.lock.replay import lock_of
from tests.chat.engine import tiny


@pytest.fixture
def store(files: tiny.World) -> AssistantStore:
    return AssistantStore(files.assistants, device="cpu", loaded=2, prefix_bytes=0)


@pytest.fixture
def locked(files: tiny.World, store: AssistantStore) -> Iterator[Path]:
    """The LoRA assistant, published again with a lock."""
    folder = files.folder / "locked"
    shutil.copytree(files.folder / "lora", folder, dirs_exist_ok=True)
    template_write(folder, tiny.CHATML)
    path = files.publish("locked", folder)
    assistant = store.load(store.card("locked"))
    lock_of(assistant.model, assistant.format, tiny.CHATML).write(folder)
    yield folder
    path.unlink()
    shutil.rmtree(folder)


def test_what_was_trained_is_served(locked: Path, store: AssistantStore) -> None:
    assert store.load(store.card("locked")).text(
        store.load(store.card("locked")).prompt_ids(tiny.HELLO)
    )


def test_another_template_is_refused(locked: Path, store: AssistantStore) -> None:
    template = locked / TEMPLATE
    template.write_text(template.read_text() + "!")
    with pytest.raises(BrokenAssistant, match="chat template has SHA-256 .* trained with"):
        store.load(store.card("locked"))


def test_other_weights_are_refused(locked: Path, store: AssistantStore) -> None:
    path = locked / "adapter_model.safetensors"
    torch.manual_seed(2)
    other = {name: 5 * torch.randn_like(one) for name, one in load_file(path).items()}
    save_file(other, path, {"format": "pt"})
    with pytest.raises(BrokenAssistant, match="does not answer as it was trained to"):
        store.load(store.card("locked"))
