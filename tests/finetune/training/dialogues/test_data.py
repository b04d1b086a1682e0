"""Labels stand on assistant turns only, whatever the chat template; the order is fixed."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from transformers import AutoTokenizer

from finetune.training.dialogues.chat_format import ChatFormat
from finetune.training.dialogues.data import (
    IGNORED,
    PLAIN_TEMPLATE,
    Example,
    encode,
    load,
)
from finetune.training.dialogues.lines import count_dialogues
from finetune.training.dialogues.order import RunOrder, collate
from finetune.training.exceptions import BadData

GEMMA_LIKE = (
    "{% if messages[0]['role'] == 'system' %}{{ raise_exception('no system') }}{% endif %}"
    "{% for m in messages %}{{ '<t>' + ('model' if m['role'] == 'assistant' else m['role']) + "
    "'\\n' + m['content'] | trim + '<e>\\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<t>model\\n' }}{% endif %}"
)
REWRITING = (  # marks only the last reply, as reasoning models' templates do
    "{% for m in messages %}{{ '[' + m['role'] + ']' }}"
    "{% if m['role'] == 'assistant' and loop.last %}{{ '<think></think>' }}{% endif %}"
    "{{ m['content'] + '[/]' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '[assistant]' }}{% endif %}"
)
DIALOGUE = [
    {"role": "system", "content": "Be kind."},
    {"role": "user", "content": "I say again: I hear you."},
    {"role": "assistant", "content": "I hear you."},
    {"role": "user", "content": "Go on."},
    {"role": "assistant", "content": "I hear you, again.", "weight": 0},
    {"role": "user", "content": "Once more."},
    {"role": "assistant", "content": "  Tell me more 你好 🌱"},
]


@pytest.fixture
def tokenizer(base_model_dir: Path) -> Any:
    return AutoTokenizer.from_pretrained(base_model_dir)


def labelled_text(tokenizer: Any, example: Example) -> str:
    return str(tokenizer.decode([label for label in example.labels if label != IGNORED]))


@pytest.mark.parametrize(
    ("template", "ending"),
    [(None, "<|im_end|>"), (PLAIN_TEMPLATE, "<|im_end|>"), (REWRITING, "[/]"), (GEMMA_LIKE, "<e>")],
)
def test_labels_are_the_assistants_words(tokenizer: Any, template: str | None, ending: str) -> None:
    if template:
        tokenizer.chat_template = template
    messages = DIALOGUE[1:] if template == GEMMA_LIKE else DIALOGUE
    [example] = encode(ChatFormat(tokenizer), messages, sequence_length=512)
    last = "Tell me more" if template == GEMMA_LIKE else "  Tell me more"  # that one trims
    assert labelled_text(tokenizer, example) == f"I hear you.{ending}{last} 你好 🌱{ending}"
    assert labelled_text(tokenizer, example).count(ending) == 2
    assert "Go on" not in labelled_text(tokenizer, example)
    assert "again" not in labelled_text(tokenizer, example)


def test_a_dialogue_that_starts_with_the_assistant(tokenizer: Any) -> None:
    messages = [{"role": "assistant", "content": "Welcome."}, DIALOGUE[1], DIALOGUE[2]]
    [example] = encode(ChatFormat(tokenizer), messages, sequence_length=512)
    assert labelled_text(tokenizer, example) == "Welcome.<|im_end|>I hear you.<|im_end|>"


def test_long_dialogues_keep_whole_turns(tokenizer: Any) -> None:
    messages = [DIALOGUE[0]]
    for number in range(50):
        messages += [
            {"role": "user", "content": f"Question {number}"},
            {"role": "assistant", "content": f"Answer {number}"},
        ]
    chat = ChatFormat(tokenizer)
    [example] = encode(chat, messages, sequence_length=100)
    assert example.truncated
    assert len(example.input_ids) <= 100
    assert tokenizer.decode(example.input_ids).endswith("<|im_end|>")
    one = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "word " * 500}]
    [cut] = encode(chat, one, sequence_length=100)
    assert cut.truncated
    assert len(cut.input_ids) == 100


def test_load_folds_the_system_prompt_where_the_template_knows_none(
    tokenizer: Any, write_dialogues: Callable[..., Path]
) -> None:
    tokenizer.chat_template = GEMMA_LIKE
    loaded = load(write_dialogues(3), tokenizer, system_prompt="Be kind.", sequence_length=256)
    assert len(loaded.examples) == 3
    assert tokenizer.decode(loaded.examples[0].input_ids).startswith("<t>user\nBe kind.")


def test_load_says_what_is_wrong(tokenizer: Any, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    for text, words in (
        ("", "is empty"),
        ("{}\n", "not a dialogue"),
        ("nonsense\n", "not a dialogue"),
        (json.dumps({"messages": [{"role": "user", "content": "x"}]}), "no dialogue"),
        (json.dumps({"messages": [{"role": "user", "content": None}]}), "not a dialogue"),
    ):
        path.write_text(text)
        with pytest.raises(BadData, match=words):
            load(path, tokenizer, system_prompt="", sequence_length=64)
    with pytest.raises(BadData, match="cannot be read"):
        load(tmp_path / "missing", tokenizer, system_prompt="", sequence_length=64)


def lines_of(path: Path, *dialogues: list[dict[str, Any]] | str) -> Path:
    rows = [row if isinstance(row, str) else json.dumps({"messages": row}) for row in dialogues]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def exchange(question: str, reply: str, **more: Any) -> list[dict[str, Any]]:
    return [
        {"role": "user", "content": question},
        {"role": "assistant", "content": reply, **more},
    ]


def test_a_dialogue_that_cannot_be_used_is_counted_with_its_reason(
    tokenizer: Any, tmp_path: Path
) -> None:
    tokenizer.chat_template = (
        "{% for m in messages %}{% if m.content == 'refuse' %}{{ raise_exception('not that') }}"
        "{% endif %}{{ '[' + m.role + ']' + m.content.split('</think>')[-1] + eos_token }}"
        "{% endfor %}{% if add_generation_prompt %}{{ '[assistant]' }}{% endif %}"
    )
    path = lines_of(
        tmp_path / "a.jsonl",
        exchange("Hi", "one"),
        "",
        exchange("refuse", "two"),
        exchange("Hi", "<think>hm</think>three"),
        exchange("word " * 300, "four"),
        exchange("Hi", "five", weight=0),
        '{"messages": [{"role": "user"}]}',
        json.dumps({"messages": exchange("Hi", "half a pair: \ud83d")}),
        exchange("Hi", "word " * 300),
    )
    loaded = load(path, tokenizer, system_prompt="", sequence_length=128)
    assert (loaded.dialogues, loaded.looked_at, loaded.used, loaded.skipped) == (8, 8, 2, 6)
    assert (loaded.refused, loaded.changed, loaded.too_long) == (1, 1, 1)
    assert (loaded.without_reply, loaded.unreadable, loaded.truncated) == (1, 2, 1)
    assert loaded.usable_total == len(loaded.examples) == 2
    starts = ["line 3: the chat template refuses it: not that", "line 4: ", "line 5: its first"]
    starts += ["line 6: it has no", "line 7: not a dialogue"]
    assert len(loaded.reasons) == 5
    assert all(map(str.startswith, loaded.reasons, starts)), loaded.reasons


@pytest.mark.parametrize("seed", [None, 3])
def test_a_limit_chooses_among_what_is_usable(
    tokenizer: Any, tmp_path: Path, seed: int | None
) -> None:
    """Mostly too long: nothing is repeated because others were left out."""
    rows = [exchange("word " * 400, f"long {number}") for number in range(60)]
    for number in range(0, 60, 10):
        rows[number + 5] = exchange("Hi", f"short {number}")
    path = lines_of(tmp_path / "a.jsonl", *rows)

    def loaded(limit: int | None) -> tuple[Any, list[str]]:
        result = load(
            path, tokenizer, system_prompt="", sequence_length=128, limit=limit, seed=seed
        )
        return result, [labelled_text(tokenizer, example) for example in result.examples]

    everything, texts = loaded(None)
    assert len(texts) == everything.usable_total == 6
    assert everything.too_long == 54
    some, chosen = loaded(4)
    assert len(set(chosen)) == 4
    assert [text for text in texts if text in chosen] == chosen  # in the file's order
    assert loaded(4)[1] == chosen  # so a resumed run has the same
    assert some.dialogues == 60
    assert some.looked_at == some.used + some.too_long < 60
    assert some.usable_total == round(4 * 60 / some.looked_at)
    more, all_six = loaded(50)
    assert sorted(all_six) == sorted(texts)
    assert more.looked_at == 60
    if seed is None:
        assert chosen == texts[:4]


def test_no_more_is_encoded_than_is_needed(
    tokenizer: Any, write_dialogues: Callable[..., Path]
) -> None:
    loaded = load(
        write_dialogues(500), tokenizer, system_prompt="", sequence_length=96, limit=7, seed=1
    )
    assert (len(loaded.examples), loaded.looked_at, loaded.dialogues) == (7, 7, 500)
    assert loaded.usable_total == 500


def test_loading_needs_no_torch() -> None:
    code = (
        "import sys, finetune.training.dialogues.data\n"
        "print({'torch', 'transformers'} & {*sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_blank_lines_are_no_dialogues(write_dialogues: Callable[..., Path]) -> None:
    path = write_dialogues(10)
    path.write_text("\n \t\r\n" + path.read_text().replace("\n", "\n\n  \n"), encoding="utf-8")
    assert len(path.read_text().splitlines()) == 32
    assert count_dialogues(path) == 10
    path.write_text(path.read_text().rstrip(), encoding="utf-8")  # the last line has no end
    assert count_dialogues(path) == 10


def test_the_order_is_fixed_by_the_seed_and_every_pass_is_complete() -> None:
    from array import array

    examples = [
        Example(array("i", [1] * (5 + size % 7)), array("i", [1] * (5 + size % 7)), False)
        for size in range(22)
    ]
    first = RunOrder(examples, count=88, batch_size=4, seed=3)
    longer = RunOrder(examples, count=200, batch_size=4, seed=3)
    assert longer.order[:88] == first.order
    assert RunOrder(examples, count=88, batch_size=4, seed=4).order != first.order
    counts = [list(first.order).count(index) for index in range(22)]
    assert counts == [4] * 22


def test_collate_pads_on_the_right() -> None:
    from array import array

    short = Example(array("i", [5, 6]), array("i", [IGNORED, 6]), False)
    long = Example(array("i", [7, 8, 9]), array("i", [IGNORED, IGNORED, 9]), False)
    batch = collate([short, long], pad=2)
    assert batch["input_ids"].tolist() == [[5, 6, 2], [7, 8, 9]]
    assert batch["labels"].tolist() == [[IGNORED, 6, IGNORED], [IGNORED, IGNORED, 9]]
