"""Texts with the marks of each template."""

from __future__ import annotations

import pytest

from finetune.datasets.formats.texts.marks import is_marked, marked_messages
from finetune.datasets.reading.exceptions import RecordProblem

HI, YO = {"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Yo"}
BE = {"role": "system", "content": "Be kind"}
TWICE = [HI, YO, HI, YO]
LLAMA3 = "<|start_header_id|>{}<|end_header_id|>\n\n{}<|eot_id|>"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<|im_start|>system\nBe kind<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n"
         "<|im_start|>assistant\nYo<|im_end|>\n", [BE, HI, YO]),
        ("<|im_start|>user\n Hi\n<|im_end|>\n<|im_start|>assistant\nYo", [
            {"role": "user", "content": " Hi\n"}, YO]),
        ("<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\nYo<|im_end|>\n"
         "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n", [HI, YO, HI]),
        ("<|begin_of_text|>" + LLAMA3.format("system", "Be kind") + LLAMA3.format("user", "Hi")
         + LLAMA3.format("assistant", "Yo"), [BE, HI, YO]),
        ("<s>[INST] <<SYS>>\nBe kind\n<</SYS>>\n\nHi [/INST] Yo </s><s>[INST] Hi [/INST] Yo </s>",
         [BE, *TWICE]),
        ("<s>[INST] Hi [/INST] Yo</s>[INST] Hi [/INST] Yo</s>", TWICE),
        ("<bos><start_of_turn>user\nHi<end_of_turn>\n<start_of_turn>model\nYo<end_of_turn>\n",
         [HI, YO]),
        ("<|system|>\nBe kind</s>\n<|user|>\nHi</s>\n<|assistant|>\nYo</s>", [BE, HI, YO]),
        ("<|user|>\nHi<|end|>\n<|assistant|>\nYo<|end|>\n<|endoftext|>", [HI, YO]),
        ("### Human: Hi### Assistant: Yo### Human: Hi### Assistant: Yo", TWICE),
        ("Be kind\n\n### Instruction:\nHi\n\n### Input:\nthere\n\n### Response:\nYo</s>",
         [BE, {"role": "user", "content": "Hi\n\nthere"}, YO]),
        ("### Instruction:\nHi\n\n### Input:\n\n### Response:\nYo", [HI, YO]),
        ("\n\nHuman: Hi\n\nAssistant: Yo\n\nHuman: Hi\n\nAssistant: Yo", TWICE),
        ("Be kind USER: Hi ASSISTANT: Yo</s>USER: Hi ASSISTANT: Yo</s>", [BE, *TWICE]),
        ("<|im_start|>user\nHi<|im_end|><|im_start|>assistant\nWrite ### Human: x<|im_end|>",
         [HI, {"role": "assistant", "content": "Write ### Human: x"}]),
    ],
)  # fmt: skip
def test_marked_texts(text: str, expected: list[dict[str, str]]) -> None:
    assert is_marked(text)
    assert marked_messages(text) == expected


@pytest.mark.parametrize(
    ("text", "check"),
    [
        ("Hi", "missing_marks"),
        ("<|im_start|>user\nHi<|im_end|>lost<|im_start|>assistant\nYo", "text_between_turns"),
        ("<|im_start|>user\nHi<|im_end|>\n<|im_start|>tool\n4<|im_end|>", "unrecognized_role"),
    ],
)
def test_what_is_lost_is_refused(text: str, check: str) -> None:
    with pytest.raises(RecordProblem) as problem:
        marked_messages(text)
    assert problem.value.check == check


@pytest.mark.parametrize("text", ["", "Hi", "# Title\n### Part\nText", "Human: alone"])
def test_other_texts_are_not_marked(text: str) -> None:
    assert not is_marked(text)
