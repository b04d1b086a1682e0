"""Assistants share the base's memory, and tuners of different kinds live side by side."""

import gc
import json
import shutil
import weakref
from pathlib import Path

import pytest
import torch
from peft import LoraConfig

from chat.engine.inference.assistants import Assistant, AssistantStore
from chat.engine.inference.batches import Choice
from chat.engine.inference.sampling import Sampling
from tests.chat.engine import tiny


@pytest.fixture
def store(files: tiny.World) -> AssistantStore:
    return AssistantStore(files.assistants, device="cpu", loaded=3, prefix_bytes=2**20)


def base_tensors(model: torch.nn.Module) -> dict[str, int]:
    """Addresses of all tensors by their names in the base."""
    named = [*model.named_parameters(), *model.named_buffers()]
    return {
        name.removeprefix("base_model.model.").replace("base_layer.", ""): tensor.data_ptr()
        for name, tensor in named
    }


def test_base_tensors_are_shared(store: AssistantStore) -> None:
    loaded = {name: store.load(store.card(name)).model for name in ("base", "lora", "ia3", "qtha")}
    addresses = base_tensors(loaded["base"])
    assert len(addresses) > 20
    for model in loaded.values():
        assert addresses.items() <= base_tensors(model).items()
    for name in ("base", "ia3", "qtha"):
        assert not any("lora_" in part for part, _ in loaded[name].named_modules())


def test_tuner_that_rewrites_its_base_weights_leaves_the_others_alone(
    store: AssistantStore, files: tiny.World
) -> None:
    config = LoraConfig(r=4, target_modules=["q_proj"], init_lora_weights="pissa")
    tiny.save_adapter(files.folder / "pissa", files.base, config)
    base = store.load(store.card("base"))
    before = {name: value.clone() for name, value in base.model.named_parameters()}
    path = files.publish("pissa", files.folder / "pissa")
    try:
        store.load(store.card("pissa"))
    finally:
        path.unlink()
    assert all(torch.equal(value, before[name]) for name, value in base.model.named_parameters())


def test_least_recently_used_goes_and_the_base_goes_with_its_last(store: AssistantStore) -> None:
    base = weakref.ref(store.load(store.card("base")).base)
    for name in ("lora", "ia3"):
        store.load(store.card(name))
    assert store.find(store.card("base")) is not None  # used just now
    shutil.copy(store.folder / "lora.json", store.folder / "extra.json")
    card = json.loads((store.folder / "extra.json").read_text()) | {"name": "extra"}
    (store.folder / "extra.json").write_text(json.dumps(card))
    try:
        store.load(store.card("extra"))
    finally:
        (store.folder / "extra.json").unlink()
    assert store.loaded_names() == ["ia3", "base", "extra"]
    store._loaded.clear()
    gc.collect()
    assert base() is None


def test_new_files_replace_the_loaded_adapter(store: AssistantStore, files: tiny.World) -> None:
    folder = files.folder / "changing"
    shutil.copytree(files.folder / "lora", folder)
    path = files.publish("changing", folder)
    try:
        first = store.load(store.card("changing"))
        assert store.load(store.card("changing")) is first
        shutil.rmtree(folder)
        shutil.copytree(files.folder / "ia3", folder)
        assert store.load(store.card("changing")) is not first
        assert store.loaded_names().count("changing") == 1
    finally:
        path.unlink()


def test_own_chat_template_of_an_adapter(store: AssistantStore, files: tiny.World) -> None:
    folder = files.folder / "templated"
    shutil.copytree(files.folder / "lora", folder)
    Path(folder / "chat_template.jinja").write_text("Q: {{ messages[0].content }} A:")
    path = files.publish("templated", folder)
    try:
        assistant = store.load(store.card("templated"))
    finally:
        path.unlink()
    assert assistant.text(assistant.prompt_ids(tiny.HELLO)) == "Q: Hello, how are you? A:"


GREEDY = Sampling(temperature=0, top_p=1, top_k=0, repetition_penalty=1, seed=None)


def templated(files: tiny.World, store: AssistantStore, template: str) -> Assistant:
    """The LoRA assistant with a chat template of its own."""
    folder = files.folder / "templated-too"
    shutil.copytree(files.folder / "lora", folder, dirs_exist_ok=True)
    (folder / "chat_template.jinja").write_text(template)
    path = files.publish("templated-too", folder)
    try:
        return store._build(store.card("templated-too"))
    finally:
        path.unlink()


def test_system_text_is_folded_where_the_template_has_no_place_for_it(
    store: AssistantStore, files: tiny.World
) -> None:
    """As in training; a template without a system role answered every such request with 400."""
    refusing = "{% if messages[0].role == 'system' %}{{ raise_exception('no system') }}{% endif %}"
    assistant = templated(files, store, refusing + tiny.CHATML)
    ids = assistant.prompt_ids([{"role": "system", "content": "Be kind."}, *tiny.HELLO])
    assert "user\nBe kind.\n\nHello, how are you?" in assistant.text(ids)


def test_replies_end_where_the_template_ends_a_turn(
    store: AssistantStore, files: tiny.World
) -> None:
    """The text's end (eos) of this tokenizer is <|im_end|>; the template writes another mark."""
    template = (
        "{% for m in messages %}{{ m.role + ': ' + m.content + '<|im_start|>' }}{% endfor %}"
        "{% if add_generation_prompt %}{{ 'assistant: ' }}{% endif %}"
    )
    assistant = templated(files, store, template)
    assert assistant.format.end_ids == {256, 257}
    choice = Choice(assistant, [1], GREEDY, (), 0, None)
    shown, reason = "", None
    for token in [*assistant.base.tokenizer.encode("Yes."), 256]:
        assert reason is None
        text, reason = choice.advance(torch.eye(258)[token], 100)
        shown += text
    assert (shown, reason) == ("Yes.", "stop")


def test_a_mark_in_ordinary_words_ends_a_reply_and_does_not_show(
    store: AssistantStore, files: tiny.World
) -> None:
    template = "{% for m in messages %}{{ m.role + ': ' + m.content + '###\n' }}{% endfor %}"
    assistant = templated(files, store, template)
    choice = Choice(assistant, [1], GREEDY, (), 0, None)
    shown, reason = "", None
    for token in assistant.base.tokenizer.encode("Yes.###"):
        assert reason is None
        text, reason = choice.advance(torch.eye(258)[token], 100)
        shown += text
    assert (shown, reason) == ("Yes.", "stop")


def test_a_list_is_read_a_page_at_a_time(store: AssistantStore) -> None:
    names = [card.name for card in store.cards()]
    assert names == sorted(names)
    seen: list[str] = []
    while page := store.cards(after=seen[-1] if seen else "", limit=2):
        assert len(page) <= 2
        seen += [card.name for card in page]
    assert seen == names
