"""What computes vectors of texts: the encoder that judges, as it came.

The judges' encoder carries trained changes, so this is a second one; what the two have in common
(the table of tokens, four fifths of it) stands in memory once. It is loaded when it is first
asked for, and works on the judges' thread in small batches, so that judging never waits long.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer

from chat.engine.embedding.protocol import MOST_TOKENS, EmbeddingRequest
from chat.engine.exceptions import QueueFull, RequestError
from chat.engine.judging.encoder import NAME, mean, model_load, padded
from chat.engine.judging.judge import Judge
from chat.engine.loading import ONE_AT_A_TIME

logger = logging.getLogger("engine.embedding")

BATCH_TOKENS = 1_024  # padding included; a batch of texts is judged in between
WAITING = 16  # requests that are embedded or wait
UNKNOWN, SPACES = "<unk>", ("▁", "Ġ")  # pieces of no word
PREFIX = {"query": "query: ", "passage": "passage: "}


class EncoderMissing(RequestError):
    """The encoder is not on this machine."""

    status = 503
    code = "encoder_missing"

    def __init__(self) -> None:
        super().__init__(
            "This engine has no encoder, or cannot load it. The reason is in the engine's log.",
            headers={"x-should-retry": "false"},
        )


class Embedder:
    """The encoder as it came, its tokenizer, and whose turn it is."""

    def __init__(self, judge: Judge) -> None:
        self.judge = judge
        self.loading = asyncio.Lock()
        self.turn = asyncio.Lock()
        self.waiting = 0
        self.model: torch.nn.Module | None = None
        self.tokenizer: Tokenizer | None = None

    async def embed(
        self, asked: EmbeddingRequest, gone: Callable[[], Awaitable[bool]]
    ) -> tuple[list[list[float]], int]:
        """A vector of length 1 for each input, in their order, and how many tokens were read.

        Args:
            gone: whether nobody waits for the answer any more; then the rest is not computed.

        Raises:
            RequestError: no encoder, too long a text, too many tokens, or too many requests.
        """
        if self.waiting >= WAITING:
            raise QueueFull(self.waiting)
        self.waiting += 1
        try:
            async with self.loading:
                if self.model is None:
                    await asyncio.to_thread(self.load)
            rows = await asyncio.to_thread(self.rows, asked)
            return await self.vectors(rows, gone), sum(map(len, rows))
        finally:
            self.waiting -= 1

    def load(self) -> None:
        folder = (self.judge.encoders or Path("no-encoders")) / NAME
        try:
            if not folder.is_dir():
                raise FileNotFoundError(f"there is no encoder at {folder}")
            tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
            tokenizer.no_padding()
            tokenizer.no_truncation()
            with ONE_AT_A_TIME:
                model = model_load(folder).train(False)
        except Exception as error:  # whatever is wrong with a file: the engine talks without it
            logger.error("nothing is embedded: %s", error)
            raise EncoderMissing from None
        if (judging := self.judge.encoder) is not None:
            model.embeddings = judging.model.embeddings
        self.model, self.tokenizer = model, tokenizer

    def rows(self, asked: EmbeddingRequest) -> list[list[int]]:
        """The tokens of each input, with its role before it.

        Raises:
            RequestError: a text is too long or in an unknown script, a number is no token, or all
                are too many.
        """
        assert self.tokenizer is not None
        inputs, prefix = asked.inputs, PREFIX[asked.input_type]
        begin, *end = self.tokenizer.encode("").ids
        if isinstance(inputs[0], str):
            encoded = self.tokenizer.encode_batch([prefix + str(text) for text in inputs])
            rows = [row.ids for row in encoded]
        else:
            role = self.tokenizer.encode(prefix.strip(), add_special_tokens=False).ids
            rows = [[begin, *role, *map(int, tokens), *end] for tokens in inputs]
        self.check(rows)
        return rows

    def check(self, rows: Sequence[Sequence[int]]) -> None:
        config = self.model.config  # type: ignore[union-attr]
        longest = int(config.max_position_embeddings)  # type: ignore[union-attr,arg-type]
        known = int(config.vocab_size)  # type: ignore[union-attr,arg-type]
        for index, row in enumerate(rows):
            if len(row) > longest:
                raise RequestError(
                    f"input[{index}]: {len(row)} tokens; this encoder reads {longest}, of which "
                    "a few are its own.",
                    param="input",
                    code="context_length_exceeded",
                )
            if max(row) >= known:
                raise RequestError(
                    f"input[{index}]: {max(row)} is no token of this encoder, which has {known}. "
                    "Send text.",
                    param="input",
                    code="invalid_value",
                )
            self.check_script(index, row)
        if (total := sum(map(len, rows))) > MOST_TOKENS:
            raise RequestError(
                f"input: {total} tokens; at most {MOST_TOKENS} in one request.",
                param="input",
                code="invalid_value",
            )

    def check_script(self, index: int, row: Sequence[int]) -> None:
        """Refuse a text in a script that the table of tokens has no pieces of: its vector would
        be that of any other such text."""
        assert self.tokenizer is not None
        unknown = self.tokenizer.token_to_id(UNKNOWN)
        spaces = {self.tokenizer.token_to_id(sign) for sign in SPACES}
        own = self.tokenizer.encode(PREFIX["query"].strip()).ids
        words = sum(one not in spaces for one in row) - sum(one not in spaces for one in own)
        if unknown is not None and 2 * row.count(unknown) >= max(words, 1):
            raise RequestError(
                f"input[{index}]: this encoder knows the Latin and the Chinese script, and half of "
                "this text or more is in others.",
                param="input",
                code="unknown_script",
            )

    async def vectors(
        self, rows: Sequence[list[int]], gone: Callable[[], Awaitable[bool]]
    ) -> list[list[float]]:
        found: dict[int, list[float]] = {}
        loop = asyncio.get_running_loop()
        for places in batches([len(row) for row in rows]):
            if await gone():
                break
            batch = [rows[place] for place in places]
            async with self.turn:  # of all requests one batch at a time stands before a judgement
                made = await loop.run_in_executor(self.judge.thread, self.compute, batch)
            found.update(zip(places, made, strict=True))
        return [found.get(place, []) for place in range(len(rows))]

    def compute(self, rows: list[list[int]]) -> list[list[float]]:
        assert self.model is not None
        with torch.inference_mode():
            means = mean(self.model, *padded(rows)).numpy()
        lengths = np.linalg.norm(means, axis=1, keepdims=True)
        unit: list[list[float]] = (means / np.maximum(lengths, 1e-12)).tolist()
        return unit


def batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Places of texts that are computed together: of like length, within `BATCH_TOKENS`.

    Examples:
        >>> list(batches([600, 2, 3, 500]))
        [[1, 2], [3], [0]]
    """
    order = sorted(range(len(lengths)), key=lambda place: lengths[place])
    batch: list[int] = []
    for place in order:
        # Sorted, so that this one is the longest and decides the padding.
        if batch and (
            lengths[place] * (len(batch) + 1) > BATCH_TOKENS
            or lengths[place] > 4 * lengths[batch[0]] + 16
        ):
            yield batch
            batch = []
        batch.append(place)
    if batch:
        yield batch
