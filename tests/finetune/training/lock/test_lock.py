"""The lock: recorded with the adapter, replayed by whoever loads it, blind to rounding alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from finetune.training.dialogues.chat_format import ChatFormat
from finetune.training.lock.golden import (
    LOCK,
    PROMPTS,
    TOKENS,
    Golden,
    Lock,
    LockBroken,
    lock_problem,
    template_sha256,
    template_write,
)
from finetune.training.lock.replay import lock_of, replay

Loaded = tuple[Any, ChatFormat, str]


@pytest.fixture
def loaded(tiny_model_dir: Path) -> Loaded:
    tokenizer = AutoTokenizer.from_pretrained(tiny_model_dir)
    model = AutoModelForCausalLM.from_pretrained(tiny_model_dir)
    return model, ChatFormat.of(model, tokenizer), tokenizer.chat_template


def test_a_lock_takes_no_random_numbers_and_leaves_the_mode(loaded: Loaded) -> None:
    model, chat, template = loaded
    model.train()
    state = torch.get_rng_state()
    lock = lock_of(model, chat, template)
    assert torch.equal(torch.get_rng_state(), state)
    assert model.training
    assert len(lock.golden) == len(PROMPTS)
    assert all(len(one.reply_ids) == len(one.leads) <= TOKENS for one in lock.golden)
    assert replay(model, chat, lock) == sum(
        lead >= lock.least_lead("float32") for one in lock.golden for lead in one.leads
    )


def test_greedy_decoding_and_its_replay_agree(loaded: Loaded) -> None:
    from finetune.training.model import reply

    model, chat, template = loaded
    lock = lock_of(model, chat, template)
    for golden in lock.golden:
        said = reply(model, chat.tokenizer, golden.messages, tokens=TOKENS)
        assert said == chat.reply(golden.reply_ids)


def test_other_weights_part(loaded: Loaded) -> None:
    model, chat, template = loaded
    lock = lock_of(model, chat, template)
    with torch.no_grad():
        model.model.layers[0].mlp.down_proj.weight.mul_(-3).add_(0.1)
        model.model.norm.weight.copy_(torch.linspace(-1, 1, 48))
    with pytest.raises(LockBroken, match="answers otherwise than the trained model, from token"):
        replay(model, chat, lock)


def test_another_template_parts_by_its_tokens(loaded: Loaded) -> None:
    model, chat, template = loaded
    lock = lock_of(model, chat, template)
    other = ChatFormat.of(model, chat.tokenizer, template.replace("<|im_end|>", "<|im_end|>!"))
    with pytest.raises(LockBroken, match="other tokens than in training, from token"):
        replay(model, other, lock)


def test_rounding_is_no_parting(loaded: Loaded) -> None:
    model, chat, template = loaded
    lock = lock_of(model, chat, template)
    replay(model.to(torch.bfloat16), chat, lock)


def test_a_close_call_does_not_count() -> None:
    golden = Golden([], [1, 2], [5, 6, 7], [0.9, 0.001, 0.9])
    assert golden.sure(0.002) == [5]
    lock = Lock("", "float32", [golden])
    assert lock.least_lead("float32") < lock.least_lead("float16") < lock.least_lead("bfloat16")
    assert lock.least_lead("something new") == lock.least_lead("bfloat16")


def test_the_hash_travels_with_the_adapter(tmp_path: Path) -> None:
    assert lock_problem(tmp_path) == ""  # from before there were locks
    template = "{{ messages }}\r\n"
    template_write(tmp_path, template)
    lock = Lock.read(tmp_path)
    assert lock is not None
    assert lock.template_sha256 == template_sha256(template)
    (tmp_path / "chat_template.jinja").write_text("{{ messages }}")
    assert "it was trained with" in lock_problem(tmp_path)
    (tmp_path / "chat_template.jinja").unlink()
    assert "cannot be read" in lock_problem(tmp_path)
    (tmp_path / LOCK).write_text('{"golden": 3}')
    assert "lock.json cannot be read" in lock_problem(tmp_path)


@pytest.mark.parametrize("given", [True, False])
def test_a_template_that_writes_the_date_holds_on_another_day(
    loaded: Loaded, monkeypatch: pytest.MonkeyPatch, given: bool
) -> None:
    """Llama 3.2's does; an adapter of it was refused from the next day on."""
    from transformers.utils import chat_template_utils as transformers_templates

    model, chat, template = loaded
    dated = "{{ 'Today is ' + strftime_now('%d %b %Y') }}" + template
    chat.tokenizer.chat_template = dated
    chat = ChatFormat.of(model, chat.tokenizer, dated if given else None)
    lock = lock_of(model, chat, dated)
    today = chat.prompt_ids(PROMPTS[1])

    class Later(transformers_templates.datetime):  # type: ignore[misc,name-defined]
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return cls(2031, 5, 3)

    monkeypatch.setattr(transformers_templates, "datetime", Later)
    assert chat.prompt_ids(PROMPTS[1]) != today  # people are still told the day
    assert replay(model, chat, lock) > 0
    monkeypatch.undo()
    chat.tokenizer.chat_template = template
