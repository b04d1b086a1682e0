"""A hub on loopback with one small model, which is made without torch."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.conf import settings
from safetensors.numpy import save

from finetune.bases import downloads, loading, services
from finetune.bases.downloads import download_start
from finetune.bases.models import BaseDownload
from tests.doubles.model_hub import ModelHub, Repository, model_hub

NAME = "Double/Small-Instruct"


def small_files(numbers: int = 2_000_000) -> dict[str, bytes]:
    """Files as a model has them at the hub; the weights are not those of any architecture."""
    weights = np.arange(numbers, dtype=np.float16)
    return {
        "config.json": json.dumps({"model_type": "llama"}).encode(),
        "tokenizer.json": b'{"version": "1.0"}',
        "tokenizer_config.json": b"{}",
        "model.safetensors": save({"model.embed_tokens.weight": weights}),
        "README.md": b"# Small",
        "modeling_own.py": b"raise SystemExit('code of the model was run')",
        "pytorch_model.bin": b"a pickle" * 1000,
    }


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Iterator[ModelHub]:
    with model_hub() as double:
        double.models[NAME] = Repository(small_files())
        monkeypatch.setenv("HF_ENDPOINT", double.url)
        monkeypatch.setenv("HF_HOME", str(tmp_path / "hf-home"))
        for name in ("HF_TOKEN", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"):
            monkeypatch.delenv(name, raising=False)
        for name in ("http_proxy", "https_proxy", "all_proxy"):
            monkeypatch.delenv(name, raising=False)
            monkeypatch.delenv(name.upper(), raising=False)
        yield double


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(settings, "BASE_MODEL_DIR", tmp_path / "bases")
    (tmp_path / "bases").mkdir()
    return tmp_path / "bases"


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    found: list[Any] = []
    for module in (downloads, loading, services):
        monkeypatch.setattr(module, "enqueue", lambda *call, **options: found.append(call))
    return found


@pytest.fixture
def begun(alice: Any, sent: list[Any]) -> Callable[..., BaseDownload]:
    def begin(**changes: Any) -> BaseDownload:
        values = {"slug": "small", "title": "Small", "repository": NAME, **changes}
        return download_start(user=alice, **values)

    return begin
