"""What a trainer writes as a checkpoint can be talked to as it lies there."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any


def test_the_engine_serves_a_checkpoint(
    make_run: Callable[..., Path], run_here: Any, tmp_path: Path
) -> None:
    from chat.engine.inference.assistants import AssistantStore

    folder = make_run(adapter="lora", adapter_options={"r": 2}, steps=2, save_every=1)
    assert run_here(folder) == 0
    base = json.loads((folder / "config.json").read_text())["base_model"]
    published = tmp_path / "assistants"
    published.mkdir()
    for step in (1, 2):
        name = f"ftjob-x-ckpt-step-{step}"
        adapter = folder / "checkpoints" / f"checkpoint-{step}"
        card = {"name": name, "base": base, "adapter": str(adapter)}
        (published / f"{name}.json").write_text(json.dumps(card))
    final = {"name": "final", "base": base, "adapter": str(folder / "adapter")}
    (published / "final.json").write_text(json.dumps(final))

    store = AssistantStore(published, device="cpu", loaded=4, prefix_bytes=0)
    loaded = {card.name: store.load(card) for card in store.cards()}
    assert len(loaded) == 3
    asked = [{"role": "user", "content": "Hello"}]
    assert len({tuple(one.prompt_ids(asked)) for one in loaded.values()}) == 1
    assert len({one.format.template.source for one in loaded.values()}) == 1

    def weights(name: str) -> list[float]:
        model = loaded[name].model
        found = [value.sum().item() for key, value in model.named_parameters() if "lora_B" in key]
        assert found
        return found

    assert weights("ftjob-x-ckpt-step-2") == weights("final")
    assert weights("ftjob-x-ckpt-step-1") != weights("final")
