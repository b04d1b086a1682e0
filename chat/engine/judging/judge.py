"""The one place that judges: the encoder's vector of a text, then the scores of its kind's head.

One thread of its own does all the work, one small batch after another, so that a long question
neither stalls the model's thread nor another question for long.
"""

import asyncio
import logging
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from chat.engine.exceptions import RequestError
from chat.engine.judging.encoder import BATCH, NAME, Encoder
from chat.safety.heads.head import KINDS, Kind, head_for
from chat.safety.language import Language, language_of

logger = logging.getLogger("engine.judging")

REMEMBERED = 2_048  # texts whose vectors are kept: a talk's last turns are asked for again


class JudgeUnavailable(RequestError):
    """The encoder is not on this machine."""

    status = 503
    code = "judge_unavailable"

    def __init__(self) -> None:
        super().__init__(
            "This engine cannot judge texts: its encoder is missing or cannot be loaded. "
            "The reason is in the engine's log.",
            headers={"x-should-retry": "false"},
        )


@dataclass(frozen=True)
class Judgement:
    """The scores of one text; none for a language without a head."""

    language: Language
    scores: dict[str, float]


class Judge:
    """Loads the encoder at start and answers from its own thread."""

    def __init__(self, encoders: Path | None) -> None:
        self.encoders = encoders
        self.encoder: Encoder | None = None
        self.known: OrderedDict[tuple[Kind, str], np.ndarray] = OrderedDict()
        self.thread = ThreadPoolExecutor(1, thread_name_prefix="judge")

    async def start(self) -> None:
        """Loads the encoder; where it cannot be loaded, that is logged and nothing is judged."""
        await asyncio.get_running_loop().run_in_executor(self.thread, self._load)

    async def judge(self, kind: Kind, texts: list[str]) -> list[Judgement]:
        """Raises JudgeUnavailable where there is no encoder."""
        loop = asyncio.get_running_loop()
        judgements: list[Judgement] = []
        for begin in range(0, len(texts), BATCH):
            batch = texts[begin : begin + BATCH]
            judgements += await loop.run_in_executor(self.thread, self._judge, kind, batch)
        return judgements

    def close(self) -> None:
        self.thread.shutdown(wait=False, cancel_futures=True)

    def _load(self) -> None:
        try:
            if self.encoders is None:
                raise FileNotFoundError("the engine was started without --encoders")
            encoder = Encoder(self.encoders / NAME)
            for kind in KINDS:
                encoder.vectors(["The first one is slow."], kind)
            self.encoder = encoder
        except Exception as error:  # whatever is wrong with a file: the engine talks without it
            logger.error("texts are judged by rules alone: %s", error)

    def _judge(self, kind: Kind, texts: list[str]) -> list[Judgement]:
        heads = [head_for(language_of(text), kind) for text in texts]
        judged = [text for text, head in zip(texts, heads, strict=True) if head]
        vectors = dict(zip(judged, self._vectors(kind, judged), strict=True)) if judged else {}
        return [
            Judgement(language_of(text), head.scores(vectors[text][None])[0] if head else {})
            for text, head in zip(texts, heads, strict=True)
        ]

    def _vectors(self, kind: Kind, texts: list[str]) -> list[np.ndarray]:
        """Each of shape (hidden,); those of late are remembered."""
        if self.encoder is None:
            raise JudgeUnavailable
        new = [text for text in dict.fromkeys(texts) if (kind, text) not in self.known]
        if new:
            for text, row in zip(new, self.encoder.vectors(new, kind), strict=True):
                self.known[kind, text] = row
        rows = [self.known[kind, text] for text in texts]
        for text in texts:
            self.known.move_to_end((kind, text))
        while len(self.known) > REMEMBERED:
            self.known.popitem(last=False)
        return rows
