"""Texts that a chat template or a tokenizer keeps for itself, looked for in what people upload.

They are never obeyed: training and chat take them letter by letter. A person should still know of
them, because a dialogue that holds some was often cut out of a model's raw output.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path

WELL_KNOWN = (
    *("<|im_start|>", "<|im_end|>", "<|im_sep|>", "<|endoftext|>"),  # ChatML: Qwen, SmolLM2, Phi 4
    *("<|begin_of_text|>", "<|end_of_text|>", "<|eot_id|>", "<|eom_id|>"),  # Llama 3
    *("<|start_header_id|>", "<|end_header_id|>", "<|python_tag|>"),
    *("<s>", "</s>", "[INST]", "[/INST]", "<<SYS>>", "<</SYS>>"),  # Llama 2, Mistral
    *("[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]", "[AVAILABLE_TOOLS]", "[TOOL_CALLS]", "[TOOL_RESULTS]"),
    *("<bos>", "<eos>", "<start_of_turn>", "<end_of_turn>"),  # Gemma
    *("<|system|>", "<|user|>", "<|assistant|>", "<|end|>"),  # Zephyr, Phi 3
    *(
        "<｜begin▁of▁sentence｜>",
        "<｜end▁of▁sentence｜>",
        "<｜User｜>",
        "<｜Assistant｜>",
    ),  # DeepSeek
    *("<|start|>", "<|message|>", "<|channel|>", "<|return|>"),  # gpt-oss
    *("<|START_OF_TURN_TOKEN|>", "<|END_OF_TURN_TOKEN|>"),  # Command R
)


class ControlTokens:
    """Finds control tokens in a text."""

    def __init__(self, tokens: Iterable[str] = ()) -> None:
        """Look for these, those of the tokenizers that matter, and for the well-known ones."""
        known = {token for token in (*WELL_KNOWN, *tokens) if len(token.strip()) > 1}
        longest_first = sorted(known, key=lambda token: (-len(token), token))
        self._pattern = re.compile("|".join(map(re.escape, longest_first)))
        # A pattern that begins with one certain character is found several times as fast.
        rests: dict[str, list[str]] = {}
        for token in longest_first:
            rests.setdefault(token[0], []).append(re.escape(token[1:]))
        self._by_first = [
            (first, re.compile(f"{re.escape(first)}(?:{'|'.join(those)})"))
            for first, those in rests.items()
        ]

    def are_in(self, text: str) -> bool:
        """Whether there is any at all, in one text or in several behind one another."""
        return any(first in text and one.search(text) for first, one in self._by_first)

    def found_in(self, text: str) -> list[str]:
        """The different tokens in a text, in the order in which they stand there."""
        return list(dict.fromkeys(self._pattern.findall(text)))

    def without(self, text: str) -> str:
        """The text without them."""
        return self._pattern.sub("", text)


def special_tokens(tokenizer_file: Path) -> list[str]:
    """The special added tokens of a `tokenizer.json`, named in its configuration or not."""
    added = json.loads(tokenizer_file.read_text(encoding="utf-8")).get("added_tokens") or []
    return [token["content"] for token in added if token.get("special")]
