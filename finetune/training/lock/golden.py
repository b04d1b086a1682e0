"""The lock of an adapter: the hash of its chat template, and what it answers to fixed prompts.

`lock.json` lies beside the weights and goes wherever they go. Whoever loads the adapter, or makes
another file of it, replays the prompts greedily and refuses itself where it parts. The prompts are
everyday ones, so that a lock says nothing of the data that was learned from.

Two number formats round differently, and where the second best token is as good as the best, either
may come out. So a token counts only where its lead was larger than what rounding can turn. Knows
nothing of torch.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from finetune.training.dialogues.folding import Message
from finetune.training.log.sentences import Sentence, joined, sentence

LOCK = "lock.json"
TEMPLATE = "chat_template.jinja"
TOKENS = 16  # of each golden reply
PROMPTS: tuple[list[Message], ...] = (
    [
        {"role": "system", "content": "You are a friendly assistant."},
        {"role": "user", "content": "Name three things that one can see in a park."},
    ],
    [
        {"role": "user", "content": "你好!"},
        {"role": "assistant", "content": "你好,今天过得怎么样?"},
        {"role": "user", "content": "I took 12 photos of the sea. What should I do with them?"},
    ],
)
# Smallest lead that counts, in standard deviations of all logits at that place, by number format.
LEADS = {"float32": 0.002, "float16": 0.03, "bfloat16": 0.1}
# Llama 3.2's template writes today's date, so golden prompts are asked on one day for ever.
CLOCK = "strftime_now"
ONE_DAY = f"{{%- macro {CLOCK}(format) %}}26 Jul 2024{{% endmacro %}}"


class LockBroken(Exception):
    """Something that is not what was trained: the message says where it parts, and from what."""

    @property
    def words(self) -> Sentence:
        """The message, which pages say in their language."""
        return joined(self.args[0])


@dataclass(frozen=True)
class Golden:
    """One prompt and its greedy reply.

    Attributes:
        messages: the dialogue.
        prompt_ids: what the chat template made of it.
        reply_ids: the reply, with the token that ends it if it came to its end.
        leads: how far each of its tokens was ahead of the second best.
    """

    messages: list[Message]
    prompt_ids: list[int]
    reply_ids: list[int]
    leads: list[float]

    def sure(self, least: float) -> list[int]:
        """Return the reply up to its first token that rounding could turn."""
        close = (at for at, lead in enumerate(self.leads) if lead < least)
        return self.reply_ids[: next(close, len(self.reply_ids))]


@dataclass(frozen=True)
class Lock:
    """What `lock.json` says.

    Attributes:
        template_sha256: of the chat template's text.
        dtype: the number format in which the replies were computed.
        golden: prompts and replies; none in the lock of a checkpoint.
    """

    template_sha256: str
    dtype: str
    golden: list[Golden]

    @classmethod
    def read(cls, folder: Path) -> Lock | None:
        """Return an adapter's lock; None if it was made before there were any.

        Raises:
            LockBroken: the file cannot be read, or the template beside it is another one.
        """
        try:
            values: dict[str, Any] = json.loads((folder / LOCK).read_text(encoding="utf-8"))
            golden = [Golden(**one) for one in values["golden"]]
            lock = cls(values["template_sha256"], values["dtype"], golden)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise LockBroken(unread(LOCK, error)) from error
        try:
            lock.hold_template((folder / TEMPLATE).read_bytes().decode("utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise LockBroken(unread(TEMPLATE, error)) from error
        return lock

    def write(self, folder: Path) -> None:
        """Put the lock beside the weights."""
        (folder / LOCK).write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")

    def hold_template(self, template: str) -> None:
        """Raise LockBroken if a template is not the one that was trained with."""
        found = template_sha256(template)
        if found != self.template_sha256:
            raise LockBroken(
                sentence(
                    "the chat template has SHA-256 %(found)s…, it was trained with %(trained)s…. "
                    "Put the %(name)s of the run back",
                    found=found[:12],
                    trained=self.template_sha256[:12],
                    name=TEMPLATE,
                )
            )

    def least_lead(self, dtype: str) -> float:
        """Return what a lead must be to count where `dtype` computes."""
        coarsest = LEADS["bfloat16"]
        return max(LEADS.get(self.dtype, coarsest), LEADS.get(dtype, coarsest))


def unread(name: str, error: Exception) -> Sentence:
    """Return what is said of a file that cannot be read."""
    words = getattr(error, "strerror", None) or str(error)  # without the folder's place
    return sentence("%(name)s cannot be read (%(error)s)", name=name, error=words)


def template_sha256(template: str) -> str:
    """Return the hash that travels with the adapter."""
    return hashlib.sha256(template.encode("utf-8")).hexdigest()


def of_one_day(template: str) -> str:
    """Return what golden prompts are written with: the template, on one day if it has a clock."""
    return ONE_DAY + template if CLOCK in template else template


def template_write(folder: Path, template: str) -> None:
    """Save the template that an adapter is talked to with, and its hash, without golden replies."""
    (folder / TEMPLATE).write_bytes(template.encode("utf-8"))  # line ends stay as they are
    Lock(template_sha256(template), "float32", []).write(folder)


def lock_problem(folder: Path) -> str:
    """Return why an adapter's template cannot be used, or an empty text."""
    try:
        Lock.read(folder)
    except LockBroken as broken:
        return str(broken)
    return ""


def prompt_parting(golden: Golden, prompt_ids: Sequence[int]) -> Sentence:
    """Return where the tokens of a prompt are others than in training, or an empty text."""
    pairs = zip(golden.prompt_ids, prompt_ids, strict=False)
    if list(prompt_ids) == golden.prompt_ids:
        return joined()
    at = next((at for at, (old, new) in enumerate(pairs) if old != new), len(prompt_ids))
    return sentence(
        "its prompts have other tokens than in training, from token %(at)s on (%(then)s then, "
        "%(now)s now): tokenizer or template differ",
        at=at + 1,
        then=len(golden.prompt_ids),
        now=len(prompt_ids),
    )
