"""Golden replies of a model in memory: recorded once, replayed wherever the adapter is loaded.

A replay reads prompt and reply in one go and looks which token comes first at each place; that is
what greedy decoding would have done there, at the price of reading a prompt.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from jinja2.exceptions import TemplateError

from finetune.training.dialogues.chat_format import ChatFormat
from finetune.training.dialogues.folding import Message
from finetune.training.dialogues.positions import positions_of
from finetune.training.log.sentences import sentence

from .golden import (
    PROMPTS,
    TOKENS,
    Golden,
    Lock,
    LockBroken,
    of_one_day,
    prompt_parting,
    template_sha256,
)


def lock_of(model: Any, chat: ChatFormat, template: str) -> Lock:
    """Record what a model answers to the golden prompts. Takes no random numbers.

    A prompt that the template refuses, or that leaves no room, is left out.
    """
    golden = []
    positions = positions_of(model.config)
    for messages in PROMPTS:
        try:
            prompt = golden_ids(chat, messages)
        except TemplateError:
            continue
        if not positions or len(prompt) + TOKENS <= positions:
            golden.append(Golden(messages, prompt, *_greedy(model, chat, prompt)))
    return Lock(template_sha256(template), dtype_name(model), golden)


def replay(model: Any, chat: ChatFormat, lock: Lock) -> int:
    """Ask a model the golden prompts again.

    Returns:
        How many tokens were held to, out of those whose lead counts.

    Raises:
        LockBroken: a prompt has other tokens, or the model would have said another one.
    """
    least = lock.least_lead(dtype_name(model))
    held = 0
    for number, golden in enumerate(lock.golden, start=1):
        if problem := prompt_parting(golden, golden_ids(chat, golden.messages)):
            raise LockBroken(problem)
        said = _forced(model, golden)
        counts = [lead >= least for lead in golden.leads]
        for at, (trained, now) in enumerate(zip(golden.reply_ids, said, strict=True)):
            if counts[at] and trained != now:
                raise LockBroken(
                    sentence(
                        "to golden prompt %(number)s it answers otherwise than the trained model, "
                        "from token %(at)s on: %(now)s instead of %(trained)s",
                        number=number,
                        at=at + 1,
                        now=repr(chat.text([now])),
                        trained=repr(chat.text([trained])),
                    )
                )
        held += sum(counts)
    return held


def golden_ids(chat: ChatFormat, messages: Sequence[Message]) -> list[int]:
    """Return the ids of a golden prompt, the same on every day.

    Raises:
        TemplateError: the template refuses the messages.
    """
    own = chat.template.source
    source = own or chat.tokenizer.chat_template
    chat.template.source = of_one_day(source) if isinstance(source, str) else own
    try:
        return chat.prompt_ids(messages)
    finally:
        chat.template.source = own


def dtype_name(model: Any) -> str:
    """Return the number format of a model's weights, as PyTorch calls it."""
    return str(next(model.parameters()).dtype).removeprefix("torch.")


@contextmanager
def _at_rest(model: Any) -> Iterator[None]:
    """Leave out what only training does (dropout), and gradients."""
    training = model.training
    model.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        model.train(training)


def _greedy(model: Any, chat: ChatFormat, prompt: Sequence[int]) -> tuple[list[int], list[float]]:
    ids = torch.tensor([prompt], device=model.device)
    with _at_rest(model):
        output = model.generate(
            input_ids=ids,
            attention_mask=torch.ones_like(ids),
            max_new_tokens=TOKENS,
            do_sample=False,
            use_cache=True,
            output_logits=True,
            return_dict_in_generate=True,
            repetition_penalty=1.0,
            eos_token_id=sorted(chat.end_ids) or None,
            pad_token_id=chat.tokenizer.pad_token_id,
        )
    leads = []
    for logits in output.logits:  # (1, vocabulary)
        row = logits[0].float()
        best, second = row.topk(2).values.tolist()
        leads.append(round((best - second) / max(float(row.std()), 1e-9), 6))
    return output.sequences[0, len(prompt) :].tolist(), leads


def _forced(model: Any, golden: Golden) -> list[int]:
    ids = torch.tensor([golden.prompt_ids + golden.reply_ids[:-1]], device=model.device)
    with _at_rest(model):
        logits = model(input_ids=ids, attention_mask=torch.ones_like(ids), use_cache=False).logits
    said: list[int] = logits[0, len(golden.prompt_ids) - 1 :].argmax(dim=-1).tolist()
    return said
