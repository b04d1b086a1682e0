"""The one place that judges: features of a text, then the scores of its language's head.

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
from chat.engine.judging.features import BATCH, Features, features_make
from chat.safety.heads.head import KINDS, Head, Kind, head_for
from chat.safety.language import LANGUAGES, Language, language_of

logger = logging.getLogger("engine.judging")

REMEMBERED = 2_048  # texts whose features are kept: a talk's last turns are asked for again


class JudgeUnavailable(RequestError):
    """A head's encoder is not on this machine."""

    status = 503
    code = "judge_unavailable"

    def __init__(self) -> None:
        super().__init__(
            "This engine cannot judge texts: an encoder is missing or cannot be loaded. "
            "The reason is in the engine's log.",
            headers={"x-should-retry": "false"},
        )


@dataclass(frozen=True)
class Judgement:
    """The scores of one text; none for a language without a head."""

    language: Language
    scores: dict[str, float]


class Judge:
    """Loads the heads' features at start and answers from its own thread."""

    def __init__(self, encoders: Path | None) -> None:
        self.encoders = encoders
        self.features: dict[str, Features] = {}
        self.known: OrderedDict[tuple[str, str], np.ndarray] = OrderedDict()
        self.thread = ThreadPoolExecutor(1, thread_name_prefix="judge")

    async def start(self) -> None:
        """Loads what the committed heads need; what cannot be loaded is logged and left out."""
        await asyncio.get_running_loop().run_in_executor(self.thread, self._load)

    async def judge(self, kind: Kind, texts: list[str]) -> list[Judgement]:
        """Raises JudgeUnavailable where a head of one of the texts' languages lacks its encoder."""
        loop = asyncio.get_running_loop()
        judgements: list[Judgement] = []
        for begin in range(0, len(texts), BATCH):
            batch = texts[begin : begin + BATCH]
            judgements += await loop.run_in_executor(self.thread, self._judge, kind, batch)
        return judgements

    def close(self) -> None:
        self.thread.shutdown(wait=False, cancel_futures=True)

    def _load(self) -> None:
        heads = [head_for(language, kind) for language in LANGUAGES for kind in KINDS]
        for name in sorted({name for head in heads if head for name in head.features}):
            try:
                if self.encoders is None:
                    raise FileNotFoundError("the engine was started without --encoders")
                self.features[name] = features_make(name, self.encoders)
                self.features[name].vectors(["The first one is slow."])
            except Exception as error:  # whatever is wrong with a file: the engine talks without it
                logger.error("texts are judged by rules alone; %s: %s", name, error)

    def _judge(self, kind: Kind, texts: list[str]) -> list[Judgement]:
        languages = [language_of(text) for text in texts]
        judgements = [Judgement(language, {}) for language in languages]
        for language in set(languages):
            head = head_for(language, kind)
            if head is None:
                continue
            places = [index for index, one in enumerate(languages) if one == language]
            vectors = self._vectors(head, [texts[index] for index in places])
            for index, scores in zip(places, head.scores(vectors), strict=True):
                judgements[index] = Judgement(language, scores)
        return judgements

    def _vectors(self, head: Head, texts: list[str]) -> np.ndarray:
        """Features side by side, shape (texts, features of the head)."""
        if not set(head.features) <= set(self.features):
            raise JudgeUnavailable
        return np.concatenate([self._remembered(name, texts) for name in head.features], axis=1)

    def _remembered(self, name: str, texts: list[str]) -> np.ndarray:
        new = [text for text in dict.fromkeys(texts) if (name, text) not in self.known]
        if new:
            for text, row in zip(new, self.features[name].vectors(new), strict=True):
                self.known[name, text] = row
        rows = [self.known[name, text] for text in texts]
        for text in texts:
            self.known.move_to_end((name, text))
        while len(self.known) > REMEMBERED:
            self.known.popitem(last=False)
        return np.stack(rows)
