"""The gate: an assistant's drafts, of which only judged sentences leave.

The growing text is cut into sentences. Each is judged while the next is written; those that are
ready at the same time, of all replies to a request, are judged together. A sentence that is held
back ends its draft: what was released before it stays, and one new draft with a firmer instruction
goes on from there. If a sentence of that is held back too, or nothing can be judged, a reviewed
reply follows as a paragraph of its own. Nothing that was sent is ever taken back.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine
from contextlib import aclosing
from typing import Any

from chat.engine.client import EngineError, EngineUnavailable, Message, Usage
from chat.engine.protocol import seed_of
from chat.safety.gate import SentenceStream, held, judged, sentences
from chat.safety.library import ReviewedReply

from .firmness import firmer, instructed
from .parts import Ready, Reply, Request
from .spoken import FILTERED, UNJUDGED, Spoken, as_going_on, as_paragraph
from .talk import Talk

logger = logging.getLogger("chat.speech")

ALIVE_SECONDS = 5.0  # of silence after which a reader hears that the reply is being written
LEAST_TOKENS = 12  # a new draft with room for fewer would end in the middle of a sentence
JUDGED_TOGETHER = 32
COUNT_SECONDS = 2.0  # that the engine has to say how many tokens it wrote
FOREIGN = "wrong_language"  # the gate's class, and the library's moment
ENDS = (".", "!", "?", "…", "。", "！", "？", "”", '"', ")", "）")


class Drafts:
    """The drafts of one request, what of them waits to be judged, and what may leave."""

    def __init__(self, talk: Talk) -> None:
        self.talk = talk
        last = (sentences(talk.begun) or [""])[-1]
        self.replies = [Reply(index, last=last) for index in range(talk.count)]
        self.ready: asyncio.Queue[Ready] = asyncio.Queue()
        self.out: asyncio.Queue[Spoken | Exception] = asyncio.Queue()
        self.requests: list[Request] = []

    async def steps(self) -> AsyncIterator[Spoken]:
        """Everything that leaves, until every reply has ended."""
        judging = self.task(self.judging())
        if self.talk.is_foreign:
            for reply in self.replies:
                self.stand_in(reply, FOREIGN)
        else:
            self.ask(self.replies, self.talk.prompt, self.talk.options)
        try:
            while not self.out.empty() or not all(reply.ended for reply in self.replies):
                try:
                    step = await asyncio.wait_for(self.out.get(), ALIVE_SECONDS)
                except TimeoutError:
                    step = Spoken()
                if isinstance(step, Exception):
                    raise step
                yield step
            # The engine counts its tokens behind the last word.
            if self.requests:
                tasks = [request.task for request in self.requests]
                await asyncio.wait(tasks, timeout=COUNT_SECONDS)
            yield Spoken(usage=self.usage())
        finally:
            tasks = [judging, *(request.task for request in self.requests)]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def task(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """A part of the work beside others. A fault of ours in it ends the reply."""
        task = asyncio.create_task(work)
        task.add_done_callback(self.look_at)
        return task

    def look_at(self, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if isinstance(error, Exception):
            self.out.put_nowait(error)

    def usage(self) -> Usage:
        """What all drafts took; of one that was left, what was read of it."""
        counted = [request.used for request in self.requests if request.used]
        return Usage(
            counted[0].prompt_tokens if counted else 0,
            sum(
                request.used.completion_tokens if request.used else request.read.total()
                for request in self.requests
            ),
            counted[0].cached_tokens if counted else 0,
        )

    # -- writing -----------------------------------------------------------------------------------

    def ask(self, replies: list[Reply], prompt: list[Message], options: dict[str, Any]) -> None:
        """Begin the drafts of some replies, in one request."""
        request = Request(replies, replies[0].draft)
        request.task = self.task(self.drafting(request, prompt, options))
        self.requests.append(request)

    async def drafting(
        self, request: Request, prompt: list[Message], options: dict[str, Any]
    ) -> None:
        """Read the drafts of one request and hand on their sentences."""
        streams = [SentenceStream() for _ in request.replies]
        before = [reply.last for reply in request.replies]
        try:
            deltas = self.talk.client.stream_chat(
                self.talk.model, prompt, on_queue=self.queued, **options
            )
            async with aclosing(deltas) as open_deltas:  # type: ignore[type-var]
                async for delta in open_deltas:
                    if not request.read:
                        self.out.put_nowait(Spoken())
                    request.used = delta.usage or request.used
                    request.read[delta.index] += bool(delta.text)
                    reply, stream = request.replies[delta.index], streams[delta.index]
                    whole = stream.push(delta.text)
                    if delta.finish_reason:
                        whole += stream.flush()
                    if delta.finish_reason == "length":
                        self.cut(whole, behind=before[delta.index])
                    for sentence in whole:
                        ready = Ready(reply, request.draft, sentence, before[delta.index])
                        self.ready.put_nowait(ready)
                        before[delta.index] = sentence if ready.has_words else ready.before
                    if delta.finish_reason:
                        end = Ready(reply, request.draft, finish_reason=delta.finish_reason)
                        self.ready.put_nowait(end)
        except (EngineError, EngineUnavailable) as error:
            for reply in request.replies:
                self.ready.put_nowait(Ready(reply, request.draft, error=error))

    def queued(self, ahead: int) -> None:
        self.out.put_nowait(Spoken(ahead=ahead))

    def cut(self, last: list[str], *, behind: str) -> None:
        """Take away half a sentence at the end of a draft, if a reviewed question follows.

        Behind one that breaks off, the question would read as if nobody had listened. Elsewhere it
        is shown as what it is, and so is a reply that has nothing else.
        """
        question = self.talk.decision.closing_question
        if question and last and not last[-1].rstrip().endswith(ENDS) and (behind or last[1:]):
            last.pop()

    # -- judging -----------------------------------------------------------------------------------

    async def judging(self) -> None:
        """Judge what is ready, in its order, for as long as drafts are written."""
        while True:
            batch = [await self.ready.get()]
            while not self.ready.empty() and len(batch) < JUDGED_TOGETHER:
                batch.append(self.ready.get_nowait())
            batch = [item for item in batch if not item.stale]
            asked = [item for item in batch if item.has_words]
            scores = await self.scores([judged(item.sentence, item.before) for item in asked])
            of_item = dict(zip(map(id, asked), scores, strict=True)) if scores else {}
            for item in batch:
                if not item.stale:  # an earlier sentence of this very batch may be held back
                    self.settle(item, of_item.get(id(item)))

    def settle(self, item: Ready, scores: dict[str, float] | None) -> None:
        """Let one thing that a draft has brought have its effect."""
        reply = item.reply
        if item.error is not None:
            if reply.draft == 1:
                self.out.put_nowait(item.error)
            else:
                self.stand_in(reply, "")
        elif not item.sentence:
            self.end(reply, item.finish_reason)
        elif not item.has_words:
            self.release(reply, item.sentence)
        elif scores is None:
            self.out.put_nowait(Spoken(index=reply.index, held=UNJUDGED))
            self.stand_in(reply, "")
        else:
            self.judge(item, scores)

    async def scores(self, texts: list[str]) -> list[dict[str, float]] | None:
        """What the heads say of each; None where they cannot be asked."""
        if not texts:
            return []
        try:
            scores = await self.talk.judge.judge("reply", texts)
        except (EngineError, EngineUnavailable) as error:
            logger.warning("%d sentences could not be judged: %s", len(texts), error)
            return None
        if len(scores) != len(texts):
            logger.error("%d sentences came back as %d judgements", len(texts), len(scores))
            return None
        return list(scores)

    def judge(self, item: Ready, scores: dict[str, float]) -> None:
        """Release a sentence, or hold it back with all that its draft goes on to say."""
        talk, reply = self.talk, item.reply
        held_class = held(
            item.sentence,
            before=item.before,
            asked=talk.asked,
            language=talk.language,
            scores=scores,
        )
        if not held_class:
            self.release(reply, item.sentence)
            reply.last = item.sentence
            return
        logger.info("a sentence of draft %d was held back: %s", reply.draft, held_class)
        self.out.put_nowait(Spoken(index=reply.index, held=held_class))
        if reply.draft == 1 and (self.can_go_on(reply) or not reply.released.strip()):
            self.draft_again(reply, held_class)
        else:
            self.stand_in(reply, held_class)

    def can_go_on(self, reply: Reply) -> bool:
        """Whether a new draft can follow what was released, with room for a sentence."""
        return self.talk.continues and self.room(reply) >= LEAST_TOKENS

    def room(self, reply: Reply) -> int:
        """Tokens that are left of those that were asked for."""
        most = int(self.talk.options.get("max_tokens") or 2**31)
        return most - self.requests[0].read[reply.index] if reply.released.strip() else most

    # -- leaving -----------------------------------------------------------------------------------

    def release(self, reply: Reply, words: str) -> None:
        if reply.joins:
            words = as_going_on(reply.released, words)
            reply.joins = not words
        reply.released += words
        self.out.put_nowait(Spoken(words, reply.index))

    def draft_again(self, reply: Reply, held_class: str) -> None:
        """One new draft, which goes on from what was released."""
        talk, kept = self.talk, reply.released.rstrip()
        options: dict[str, Any] = {name: talk.options[name] for name in talk.options if name != "n"}
        options["seed"] = seed_of(options.get("seed"), talk.count + reply.index)
        prompt = instructed(talk.prompt, firmer(held_class, talk.language))
        if kept:
            if talk.begun:
                prompt, kept = prompt[:-1], talk.begun + kept
            prompt = [*prompt, {"role": "assistant", "content": kept}]
            options["continue_final_message"] = True
            options["max_tokens"] = self.room(reply)
        self.leave(reply)
        reply.joins = bool(reply.released.strip())
        self.ask([reply], prompt, options)

    def stand_in(self, reply: Reply, held_class: str) -> None:
        """End a reply with reviewed words instead of the assistant's."""
        self.leave(reply)
        self.add(reply, self.talk.stand_in(held_class))
        self.ended(reply, FILTERED)

    def leave(self, reply: Reply) -> None:
        """Go on without the draft that this reply is at."""
        reply.draft += 1
        for request in self.requests:
            if all(other.draft != request.draft for other in request.replies):
                request.task.cancel()

    def end(self, reply: Reply, finish_reason: str) -> None:
        """A draft has come to its end."""
        if reply.draft > 1 and not reply.released.strip():
            self.stand_in(reply, "")
            return
        if (question := self.talk.decision.closing_question) is not None:
            self.add(reply, question)
        self.ended(reply, finish_reason)

    def add(self, reply: Reply, reviewed: ReviewedReply) -> None:
        """Reviewed words, as a paragraph of their own."""
        words = as_paragraph(reply.released, reviewed.text)
        reply.released += words
        self.out.put_nowait(Spoken(words, reply.index, None, reviewed))

    def ended(self, reply: Reply, finish_reason: str) -> None:
        reply.ended = True
        self.out.put_nowait(Spoken("", reply.index, finish_reason))
