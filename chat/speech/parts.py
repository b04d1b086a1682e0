"""What the gate keeps count of: replies, the requests for their drafts, and what these bring."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field

from chat.engine.client import EngineError, EngineUnavailable, Usage


@dataclass(eq=False)
class Reply:
    """One reply: what of it has left, and which draft it is at."""

    index: int
    released: str = ""
    last: str = ""  # the last sentence of that
    draft: int = 1
    joins: bool = False  # the next words go on from those of an earlier draft
    ended: bool = False


@dataclass(frozen=True)
class Ready:
    """What a draft has brought: a whole sentence, its end, or why it ended otherwise."""

    reply: Reply
    draft: int
    sentence: str = ""
    before: str = ""  # the sentence before it, in the reply as it will be read
    finish_reason: str = ""
    error: EngineError | EngineUnavailable | None = None

    @property
    def has_words(self) -> bool:
        return any(sign.isalnum() for sign in self.sentence)

    @property
    def stale(self) -> bool:
        """Whether it comes from a draft that is not gone on with."""
        return self.reply.ended or self.draft != self.reply.draft


@dataclass(eq=False)
class Request:
    """One request to the engine: the drafts of several replies, or one of a single reply."""

    replies: list[Reply]
    draft: int
    read: Counter[int] = field(default_factory=Counter)  # pieces of each, about one a token
    used: Usage | None = None
    task: asyncio.Task[None] = field(init=False)
