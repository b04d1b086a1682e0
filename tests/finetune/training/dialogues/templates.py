"""Chat templates in the manner of well-known models and hostile ones, and small tokenizers."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers
from tokenizers.trainers import BpeTrainer
from transformers import TokenizersBackend

ALTERNATING = (
    "{% for m in messages %}{% if (m.role == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('Roles must alternate user/assistant') }}{% endif %}{% endfor %}"
)
KNOWN = {
    "llama3": (
        "{{ bos_token }}{% for m in messages %}{{ '<|start_header_id|>' + m.role + "
        "'<|end_header_id|>\n\n' + m.content | trim + '<|eot_id|>' }}{% endfor %}"
        "{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}"
        "{% endif %}"
    ),
    "qwen2.5": (
        "{% if messages[0].role == 'system' %}{{ '<|im_start|>system\n' + messages[0].content + "
        "'<|im_end|>\n' }}{% else %}{{ '<|im_start|>system\nYou are Qwen.<|im_end|>\n' }}"
        "{% endif %}{% for m in messages %}{% if m.role != 'system' or not loop.first %}"
        "{{ '<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>\n' }}{% endif %}{% endfor %}"
        "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
    ),
    "qwen3": (
        "{%- set ns = namespace(last=0) -%}{%- for m in messages -%}{%- if m.role == 'user' -%}"
        "{%- set ns.last = loop.index0 -%}{%- endif -%}{%- endfor -%}"
        "{%- for m in messages -%}{%- set words = m.content -%}{%- set thought = '' -%}"
        "{%- if m.role == 'assistant' and '</think>' in words -%}"
        "{%- set thought = words.split('</think>')[0].split('<think>')[-1].strip('\n') -%}"
        "{%- set words = words.split('</think>')[-1].lstrip('\n') -%}{%- endif -%}"
        "{{- '<|im_start|>' + m.role + '\n' -}}"
        "{%- if m.role == 'assistant' and loop.index0 > ns.last -%}"
        "{{- '<think>\n' + thought + '\n</think>\n\n' + words.lstrip('\n') -}}"
        "{%- else -%}{{- words -}}{%- endif -%}{{- '<|im_end|>\n' -}}{%- endfor -%}"
        "{%- if add_generation_prompt -%}{{- '<|im_start|>assistant\n' -}}{%- endif -%}"
    ),
    "gemma": (
        "{{ bos_token }}{% if messages[0].role == 'system' %}"
        "{{ raise_exception('System role not supported') }}{% endif %}" + ALTERNATING + "{% for m "
        "in messages %}{{ '<start_of_turn>' + ('model' if m.role == 'assistant' else m.role) + "
        "'\n' + m.content | trim + '<end_of_turn>\n' }}{% endfor %}"
        "{% if add_generation_prompt %}{{ '<start_of_turn>model\n' }}{% endif %}"
    ),
    "mistral": (  # the system text stands in the last user's turn
        "{{ bos_token }}{% if messages[0].role == 'system' %}{% set system = messages[0].content %}"
        "{% set turns = messages[1:] %}{% else %}{% set turns = messages %}{% endif %}"
        "{% for m in turns %}{% if (m.role == 'user') != (loop.index0 % 2 == 0) %}"
        "{{ raise_exception('Roles must alternate') }}{% endif %}{% if m.role == 'user' %}"
        "{{ '[INST] ' + (system + '\n\n' if system and loop.last else '') + m.content + ' [/INST]' "
        "}}{% else %}{{ ' ' + m.content + eos_token }}{% endif %}{% endfor %}"
    ),
    "phi": (  # the last end of all is another one
        "{% for m in messages %}{{ '<|' + m.role + '|>\n' + m.content + '<|end|>\n' }}{% endfor %}"
        "{% if add_generation_prompt %}{{ '<|assistant|>\n' }}{% else %}{{ eos_token }}{% endif %}"
    ),
    "deepseek-r1": (  # opens a thought in the prompt that is not there in earlier turns
        "{{ bos_token }}{% for m in messages %}{% if m.role == 'system' %}{{ m.content }}"
        "{% elif m.role == 'user' %}{{ '<|user|>' + m.content }}{% else %}{{ '<|assistant|>' + "
        "m.content.split('</think>')[-1] + eos_token }}{% endif %}{% endfor %}"
        "{% if add_generation_prompt %}{{ '<|assistant|><think>\n' }}{% endif %}"
    ),
    "smollm2": (
        "{% for m in messages %}{% if loop.first and m.role != 'system' %}"
        "{{ '<|im_start|>system\nYou are SmolLM.<|im_end|>\n' }}{% endif %}"
        "{{ '<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>\n' }}{% endfor %}"
        "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
    ),
    "zephyr": (
        "{% for m in messages %}{{ '<|' + m.role + '|>\n' + m.content + eos_token + '\n' }}"
        "{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>\n' }}{% endif %}"
    ),
}
HOSTILE = {
    "drops_system": (
        "{% for m in messages if m.role != 'system' %}{{ '<|im_start|>' + m.role + '\n' + "
        "m.content + '<|im_end|>\n' }}{% endfor %}"
        "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
    ),
    "drops_blanks": (
        "{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' + (m.content.split() | "
        "join(' ')) + '<|im_end|>\n' }}{% endfor %}"
        "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
    ),
    "users_twice_and_loud": (
        "{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' }}{% if m.role == 'user' %}"
        "{{ m.content | lower + '<|im_end|>' + m.content | upper }}{% else %}{{ m.content }}"
        "{% endif %}{{ '<|im_end|>\n' }}{% endfor %}"
        "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
    ),
    "replies_twice": (
        "{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' + m.content }}"
        "{% if m.role == 'assistant' and '!' in m.content %}{{ m.content }}{% endif %}"
        "{{ '<|im_end|>\n' }}{% endfor %}"
        "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
    ),
    "cuts_edges": (
        "{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' + (m.content if m.role == "
        "'assistant' else m.content[1:-1] | lower) + '<|im_end|>\n' }}{% endfor %}"
        "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
    ),
    "looks_at_text": (
        "{% for m in messages %}{{ '<|im_start|>' + m.role + (' short' if m.content | length < 12 "
        "else '') + '\n' + m.content + '<|im_end|>\n' }}{% endfor %}"
        "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
    ),
    "no_end": (
        "{% for m in messages %}{{ m.role + ': ' + m.content + '\n' }}{% endfor %}"
        "{% if add_generation_prompt %}{{ 'assistant: ' }}{% endif %}"
    ),
    "end_in_words": (
        "{% for m in messages %}{{ '[' + m.role + ']' + m.content + '[/]\n' }}{% endfor %}"
        "{% if add_generation_prompt %}{{ '[assistant]' }}{% endif %}"
    ),
    "empty_frame": "{% for m in messages %}{{ m.content }}{% endfor %}",
    "unnamed_marks": (  # added tokens that are not called special
        "{% for m in messages %}{{ '<turn:' + m.role + '>' + m.content + '</turn>' }}{% endfor %}"
        "{% if add_generation_prompt %}{{ '<turn:assistant>' }}{% endif %}"
    ),
}
TEMPLATES = {**KNOWN, **HOSTILE}
SPECIAL = (
    "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>", "<|im_start|>", "<|im_end|>",
    "<start_of_turn>", "<end_of_turn>", "[INST]", "[/INST]", "<|system|>", "<|user|>",
    "<|assistant|>", "<|end|>", "<repo_name>", "<file_sep>",
)  # fmt: skip
UNNAMED = ("<think>", "</think>", "<turn:system>", "<turn:user>", "<turn:assistant>", "</turn>")
LINES = (
    "system user assistant model short You are Qwen. You are SmolLM. Be kind, always.",
    "Yes or no? Yes means go. Sure. Hello hello, how are you today?\n\n    def f():\n        pass",
    "[user] [assistant] [/] user: assistant: <think> </think> 你好 🌱 ½ x²",
) * 4
BYTES = [f"<0x{number:02X}>" for number in range(256)]


def tokenizer_of(raw: Tokenizer, template: str) -> Any:
    tokenizer = TokenizersBackend(
        tokenizer_object=raw, bos_token="<s>", eos_token="</s>", unk_token="<unk>"
    )
    tokenizer.chat_template = template
    return tokenizer


def added(raw: Tokenizer, *, awkward: bool) -> Tokenizer:
    """Add the marks of all templates; awkward ones take blanks along and match case-blind."""
    raw.add_special_tokens([AddedToken(text, special=True) for text in ("<s>", "</s>", "<unk>")])
    for text in SPECIAL:
        takes = awkward and text in ("<|user|>", "<|assistant|>", "<|end|>", "<file_sep>")
        token = AddedToken(text, special=True, lstrip=takes, rstrip=takes, normalized=awkward)
        raw.add_special_tokens([token])
    raw.add_tokens([AddedToken(text, normalized=awkward) for text in UNNAMED])
    return raw


@cache
def byte_level() -> Tokenizer:
    """As GPT-2, Llama 3, Qwen and SmolLM2 have it."""
    raw = Tokenizer(models.BPE())
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    raw.train_from_iterator(LINES, BpeTrainer(vocab_size=420, initial_alphabet=alphabet))
    return added(raw, awkward=False)


@cache
def folding() -> Tokenizer:
    """A normaliser that makes control tokens of other characters, and tokens that eat blanks."""
    raw = Tokenizer.from_str(byte_level().to_str())
    raw = Tokenizer(raw.model)
    raw.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    return added(raw, awkward=True)


@cache
def metaspace(scheme: str = "first") -> Tokenizer:
    """As Mistral and Gemma have it: blanks are letters, and one may be put before a text."""
    raw = Tokenizer(models.BPE(byte_fallback=True, unk_token="<unk>"))
    raw.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme=scheme)
    strip = decoders.Strip(" ", 1, 0)
    parts = [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), strip]
    raw.decoder = decoders.Sequence(parts[: None if scheme == "first" else 3])
    special = ["<unk>", "<s>", "</s>", *BYTES]
    raw.train_from_iterator(LINES, BpeTrainer(vocab_size=600, special_tokens=special))
    ordinary = Tokenizer(models.BPE(byte_fallback=True, unk_token="<unk>", **vocabulary(raw)))
    ordinary.pre_tokenizer, ordinary.decoder = raw.pre_tokenizer, raw.decoder
    return added(ordinary, awkward=False)


def vocabulary(raw: Tokenizer) -> dict[str, Any]:
    """Vocabulary and merges; the bytes are ordinary tokens there, not added ones."""
    model = json.loads(raw.to_str())["model"]
    return {"vocab": model["vocab"], "merges": [tuple(pair) for pair in model["merges"]]}
