"""The dialogues of a test file in token ids, each with its line, as a trainer would read them.

Knows nothing of models.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from finetune.bases.files.wheels import file_sha256
from finetune.training.dialogues.chat_format import ChatFormat
from finetune.training.dialogues.data import Example, encode
from finetune.training.dialogues.folding import with_system
from finetune.training.dialogues.lines import dialogue_at, lines_of
from finetune.training.exceptions import BadData, LeftOut

SHOWN = 5


@dataclass(frozen=True)
class EncodedDialogue:
    """One dialogue: the number of its line, from 1, and its sequences."""

    line: int
    examples: Sequence[Example]


@dataclass(frozen=True)
class Skipped:
    """A dialogue that was left out: its line, one of `left_out.KINDS`, and why in words."""

    line: int
    kind: str
    why: str


@dataclass(frozen=True)
class EncodedFile:
    """A file of dialogues.

    Attributes:
        path: where it lies.
        sha256: of its bytes.
        dialogues: those that can be scored, in the file's order.
        left_out: the others that were looked at.
        total: dialogues in the file.
    """

    path: Path
    sha256: str
    dialogues: list[EncodedDialogue]
    left_out: list[Skipped] = field(default_factory=list)
    total: int = 0

    def facts(self) -> dict[str, Any]:
        """Return what a file of scores says of it."""
        shortened = [
            item.line for item in self.dialogues if any(one.truncated for one in item.examples)
        ]
        return {
            "file": str(self.path),
            "sha256": self.sha256,
            "dialogues": self.total,
            "scored": len(self.dialogues),
            "shortened": shortened,
            "left_out": [vars(item) for item in self.left_out],
        }


def encoded_file(
    path: Path, tokenizer: Any, *, system_prompt: str, sequence_length: int, limit: int = 0
) -> EncodedFile:
    """Read and encode the dialogues of a JSONL file in its order.

    Args:
        path: one `{"messages": [...]}` a line.
        tokenizer: fast tokenizer with a chat template.
        system_prompt: put before dialogues that have no system message.
        sequence_length: longest sequence in tokens.
        limit: dialogues that are enough, those left out not counted; 0: all.

    Raises:
        BadData: the file cannot be read, or nothing in it can be scored.
    """
    lines = lines_of(path)
    chat = ChatFormat(tokenizer)
    dialogues: list[EncodedDialogue] = []
    left_out: list[Skipped] = []
    with path.open("rb") as handle:
        for index in range(len(lines)):
            if limit and len(dialogues) >= limit:
                break
            number, offset = lines[index]
            try:
                messages = with_system(dialogue_at(handle, offset), system_prompt)
                examples = encode(chat, messages, sequence_length=sequence_length)
                dialogues.append(EncodedDialogue(number, examples))
            except LeftOut as error:
                left_out.append(Skipped(number, error.kind, str(error)))
    if not dialogues:
        shown = "; ".join(f"line {one.line}: {one.why}" for one in left_out[:SHOWN])
        raise BadData(
            f"{path} holds no dialogue with an assistant's turn to score. Left out: "
            f"{len(left_out)}, such as {shown}"
        )
    return EncodedFile(path, file_sha256(path), dialogues, left_out, len(lines))
