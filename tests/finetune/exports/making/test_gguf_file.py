"""GGUF of every architecture that is written, read again by transformers and by llama.cpp."""

from __future__ import annotations

import json
import shutil
import subprocess
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from transformers import AutoModelForCausalLM, AutoTokenizer

from finetune.exports.making import gguf_file, llama_cpp
from finetune.exports.making.exceptions import ExportFailed
from finetune.exports.making.order import GGUF_KINDS, base_kind
from finetune.training.dialogues.chat_format import ChatFormat
from finetune.training.lock.golden import Golden, Lock, LockBroken
from finetune.training.lock.replay import lock_of

NAMES = {"llama": "Llama", "qwen2": "Qwen2", "qwen3": "Qwen3"}
STRETCHED = {
    "rope_type": "llama3",
    "rope_theta": 10_000.0,
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 64,
}


def model_made(folder: Path, tokenizer: Path, kind: str, **more: Any) -> Path:
    folder.mkdir()
    for name in ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja"):
        shutil.copy(tokenizer / name, folder / name)
    config = getattr(transformers, f"{NAMES[kind]}Config")(
        vocab_size=49_152,
        hidden_size=64,
        intermediate_size=96,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=128 if kind == "qwen3" else 16,  # transformers reads no other width of a Qwen3
        max_position_embeddings=1024,
        bos_token_id=1,
        eos_token_id=2,
        **more,
    )
    torch.manual_seed(1)
    model = getattr(transformers, f"{NAMES[kind]}ForCausalLM")(config)
    for name, parameter in model.named_parameters():
        if parameter.dim() == 1:  # a new model's are 0 or 1, so it says one token on and on
            torch.nn.init.normal_(parameter, std=0.05 if name.endswith("bias") else 0.5)
    with torch.no_grad():  # some tokens are far ahead, as a trained model's are
        model.get_output_embeddings().weight[1000:1040] *= 5
    model.save_pretrained(folder)
    return folder


def written(model: Path, target: Path, dtype: str = "float16") -> tuple[Lock, list[str]]:
    """Write a model; return its lock and the sure part of each golden reply."""
    tokenizer = AutoTokenizer.from_pretrained(model)
    loaded = AutoModelForCausalLM.from_pretrained(model).eval()
    chat = ChatFormat.of(loaded, tokenizer)
    lock = lock_of(loaded, chat, tokenizer.chat_template)
    gguf_file.write(
        model, target, name="x", licence="MIT", template=tokenizer.chat_template, dtype=dtype
    )
    least = lock.least_lead(dtype)
    said = {token for golden in lock.golden for token in golden.sure(least)}
    assert len(said) > 2, "such a model tells nothing"
    return lock, [chat.text(golden.sure(least)) for golden in lock.golden]


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("llama", {"tie_word_embeddings": True}),
        ("llama", {"tie_word_embeddings": False, "rope_parameters": STRETCHED}),
        ("qwen2", {"tie_word_embeddings": False}),
        ("qwen3", {"tie_word_embeddings": False}),
    ],
)
def test_each_architecture_answers_the_same_in_llama_cpp(
    base_model_dir: Path, tmp_path: Path, kind: str, more: dict[str, Any]
) -> None:
    model = model_made(tmp_path / "model", base_model_dir, kind, **more)
    assert gguf_file.problem_of(model) == ""
    lock, texts = written(model, tmp_path / "x.gguf")
    held = llama_cpp.replay(tmp_path / "x.gguf", lock, texts, "float16")
    assert held > 0
    if more.get("rope_parameters"):
        return  # transformers does not read the factors back
    again = AutoModelForCausalLM.from_pretrained(tmp_path, gguf_file="x.gguf").eval()
    first = AutoModelForCausalLM.from_pretrained(model).eval()
    ids = torch.tensor([lock.golden[0].prompt_ids])
    with torch.no_grad():
        torch.testing.assert_close(again(ids).logits, first(ids).logits, atol=5e-3, rtol=2e-2)


def test_bfloat16(base_model_dir: Path, tmp_path: Path) -> None:
    model = model_made(tmp_path / "model", base_model_dir, "llama")
    lock, texts = written(model, tmp_path / "x.gguf", "bfloat16")
    llama_cpp.replay(tmp_path / "x.gguf", lock, texts, "bfloat16")


def test_llama_cpp_parts_from_another_model_and_another_template(
    base_model_dir: Path, tmp_path: Path
) -> None:
    model = model_made(tmp_path / "model", base_model_dir, "llama")
    lock, texts = written(model, tmp_path / "x.gguf")
    with pytest.raises(LockBroken, match="llama.cpp answers golden prompt 1 with"):
        llama_cpp.replay(tmp_path / "x.gguf", lock, ["unheard of", *texts[1:]], "float16")
    gguf_file.write(
        model, tmp_path / "y.gguf", name="x", licence="", dtype="float16",
        template="{% for m in messages %}{{ m.content }}{% endfor %}",
    )  # fmt: skip
    with pytest.raises(LockBroken, match="its tokenizer or template differ"):
        llama_cpp.replay(tmp_path / "y.gguf", lock, texts, "float16")


THINKS = """\
{% for m in messages %}<|im_start|>{{ m.role }}
{{ m.content.split('</think>')[-1] if m.role == 'assistant' else m.content }}<|im_end|>
{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
{% if enable_thinking is defined and enable_thinking is false %}<think>

</think>

{% endif %}{% endif %}"""
DATED = "{{ 'Today: ' + strftime_now('%d %B %Y, %A') }}\n"


def test_a_template_that_reasons_and_writes_the_date(base_model_dir: Path, tmp_path: Path) -> None:
    """Qwen3's and Llama 3.2's: on its own, llama.cpp asks otherwise than the trainer has."""
    model = model_made(tmp_path / "model", base_model_dir, "llama", tie_word_embeddings=False)
    tokenizer = AutoTokenizer.from_pretrained(model)
    tokenizer.chat_template = DATED + THINKS
    tokenizer.save_pretrained(model)
    loaded = AutoModelForCausalLM.from_pretrained(model)
    chain = tokenizer("\n<think>Well")["input_ids"] + [tokenizer.eos_token_id]
    with torch.no_grad():  # what it says follows from the last token alone
        for layer in loaded.model.layers:
            layer.self_attn.o_proj.weight.zero_()
            layer.mlp.down_proj.weight.zero_()
        loaded.model.norm.weight.fill_(1)
        loaded.lm_head.weight.zero_()
        for token, following in pairwise(chain):
            loaded.lm_head.weight[following] = loaded.model.embed_tokens.weight[token]
    loaded.save_pretrained(model)
    lock, texts = written(model, tmp_path / "x.gguf")
    assert texts == ["<think>Well"] * 2
    held = llama_cpp.replay(tmp_path / "x.gguf", lock, texts, "float16", DATED + THINKS)
    assert held == 2 * (len(chain) - 1)


def test_what_was_not_compared_is_not_counted(
    base_model_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = json.dumps([{"text": "Well, something else", "prompt_tokens": 1}])
    done = subprocess.CompletedProcess([], 0, f"{llama_cpp.ANSWER}{answer}", "")
    monkeypatch.setattr(llama_cpp.subprocess, "run", lambda *given, **named: done)
    lock = Lock("", "float32", [Golden([], [1], [5, 6, 7], [0.9, 0.9, 0.9])])
    assert llama_cpp.replay(tmp_path, lock, ["Well, \ufffd"], "float16") == 0


def test_a_broken_file_is_explained(tmp_path: Path) -> None:
    (tmp_path / "x.gguf").write_bytes(b"GGUF and nothing more")
    with pytest.raises(ExportFailed, match="cannot load the GGUF file"):
        llama_cpp.replay(tmp_path / "x.gguf", Lock("", "float32", []), [], "float16")


def test_what_is_not_known_is_refused_by_name(base_model_dir: Path, tmp_path: Path) -> None:
    model = model_made(tmp_path / "model", base_model_dir, "llama")
    assert base_kind(model) == "llama"
    config = json.loads((model / "config.json").read_text())
    (model / "config.json").write_text(json.dumps({**config, "model_type": "gpt2"}))
    assert base_kind(model) == "gpt2"
    assert "this base is a gpt2" in gguf_file.problem_of(model)
    (model / "config.json").write_text(json.dumps(config))
    raw = json.loads((model / "tokenizer.json").read_text())
    raw["pre_tokenizer"] = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always"}
    (model / "tokenizer.json").write_text(json.dumps(raw))
    assert "tokenizer" in gguf_file.problem_of(model)
    assert set(GGUF_KINDS) == set(NAMES)
    assert base_kind(tmp_path / "nowhere") == ""
