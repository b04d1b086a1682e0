"""How a problem is put to a model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from finetune.training.dialogues.folding import Message, with_system

from .problems import Problem

RUN, TEMPLATE, DIRECT, FEW_SHOT = "run", "template", "direct", "few-shot"
PROMPTS: Mapping[str, str] = {
    RUN: "the run's system prompt and the question alone, as it was taught",
    TEMPLATE: "the question alone, with what the base's chat template puts before it by itself",
    DIRECT: "the question and a request for the number alone",
    FEW_SHOT: "some solved problems as turns before the question",
}
REQUEST = "Answer with the final number only."


def messages_of(
    prompt: str, question: str, system_prompt: str, examples: Sequence[Problem] = ()
) -> list[Message]:
    """Return the dialogue that ends with a question.

    Args:
        prompt: one of `PROMPTS`.
        question: in words.
        system_prompt: the run's; the template's own prompt goes without.
        examples: solved problems, for `few-shot`.
    """
    turns: list[Message] = []
    for example in examples if prompt == FEW_SHOT else ():
        turns.append({"role": "user", "content": example.question})
        turns.append({"role": "assistant", "content": example.solution})
    asked = f"{question}\n{REQUEST}" if prompt == DIRECT else question
    turns.append({"role": "user", "content": asked})
    return with_system(turns, system_prompt if prompt == RUN else "")
