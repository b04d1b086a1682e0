"""The scheduler: one thread on which all replies in progress advance by one token in turn.

Replies of the same assistant are decoded as one batch (on two cores eight of them cost about as
much as two alone); different assistants take turns. Knows nothing about HTTP.
"""

import logging
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

import torch

from chat.engine.exceptions import GenerationFailed, QueueFull, RequestError
from chat.engine.inference.assistants import Assistant
from chat.engine.inference.batches import Batch, Choice
from chat.engine.inference.prompts import Prompt, read
from chat.engine.inference.sampling import Sampling

logger = logging.getLogger("engine.scheduler")

CHUNK_ALONE = 256  # prompt tokens per round when nobody else is waiting for a token
CHUNK_SHARED = 128  # and when somebody is, for all prompts that are read


@dataclass(frozen=True)
class Piece:
    """News of one choice: text, or the reason for its end, or both."""

    index: int
    text: str = ""
    finish_reason: str | None = None
    tokens: int = 0


@dataclass(frozen=True)
class Queued:
    """News of a job that has to wait: how many stand before it."""

    ahead: int


Event = Piece | Queued | RequestError


@dataclass(eq=False)
class Job:
    """One request: a prompt and one to four replies to it."""

    assistant: Assistant
    prompt: list[int]
    sampling: Sampling
    stop: tuple[str, ...]
    max_tokens: int
    choices: int
    emit: Callable[[Event], None]
    cancelled: bool = False
    cached_tokens: int = 0
    open: set[int] = field(default_factory=set)

    def cancel(self) -> None:
        """Asks for an end; takes effect before the next token."""
        self.cancelled = True


class Scheduler:
    """Owns the model thread, the waiting queue and the places for replies."""

    def __init__(self, *, active: int, queue: int) -> None:
        self.places = active
        self.queue = queue
        self._waiting: deque[Job] = deque()
        self._prompts: deque[Prompt] = deque()
        self._batches: dict[int, Batch] = {}
        self._jobs: set[Job] = set()
        self._stopping = False
        self._wake = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="model", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ends every reply with an error and joins the thread."""
        with self._wake:
            self._stopping = True
            self._wake.notify()
        self._thread.join(timeout=30)

    def submit(self, job: Job) -> None:
        """Queues a job; raises QueueFull when there is no room to wait."""
        with self._wake:
            if len(self._waiting) >= self.queue and self._taken() + job.choices > self.places:
                raise QueueFull(len(self._waiting))
            self._waiting.append(job)
            if self._taken() + job.choices > self.places or len(self._waiting) > 1:
                job.emit(Queued(len(self._waiting) - 1))
            self._wake.notify()

    def counts(self) -> dict[str, int]:
        with self._wake:
            return {"active": len(self._jobs), "waiting": len(self._waiting)}

    def _taken(self) -> int:
        return sum(job.choices for job in self._jobs)

    def _run(self) -> None:
        with torch.inference_mode():
            while self._next_round():
                try:
                    self._round()
                except Exception as error:  # a fault of ours must not end the only model thread
                    for job in list(self._jobs):
                        self._fail(job, error)
        for job in [*self._jobs, *self._waiting]:
            job.emit(GenerationFailed("The engine is stopping.", status=503))

    def _round(self) -> None:
        for key, batch in list(self._batches.items()):
            if batch.choices:
                self._decode(batch)
            if not batch.choices:
                self._batches.pop(key, None)  # frees its keys and values
        if self._prompts:
            self._prefill(CHUNK_SHARED if self._batches else CHUNK_ALONE)

    def _next_round(self) -> bool:
        """Waits for work, drops cancelled jobs, admits waiting ones; False when stopping."""
        with self._wake:
            while not (self._stopping or self._waiting or self._jobs):
                self._wake.wait()
            line = len(self._waiting)
            for job in [job for job in self._waiting if job.cancelled]:
                self._waiting.remove(job)
                job.emit(Piece(0, finish_reason="cancelled"))
            for job in [job for job in self._jobs if job.cancelled]:
                self._drop(job)
                job.emit(Piece(0, finish_reason="cancelled"))
            while self._waiting and (
                not self._jobs or self._taken() + self._waiting[0].choices <= self.places
            ):
                job = self._waiting.popleft()
                self._jobs.add(job)
                self._admit(job)
            if len(self._waiting) < line:
                for ahead, job in enumerate(self._waiting):
                    job.emit(Queued(ahead))
            return not self._stopping

    def _admit(self, job: Job) -> None:
        self._prompts.append(Prompt(job.assistant, job.prompt, job))

    def _prefill(self, most: int) -> None:
        """Reads up to `most` tokens of the oldest prompts of one assistant; whole ones begin."""
        parts = self._next_parts(most)
        try:
            logits = read(parts)
        except Exception as error:
            for prompt, _ in parts:
                self._fail(prompt.owner, error)
            return
        for (prompt, _), row in zip(parts, logits, strict=True):
            self._prompts.remove(prompt)
            prompt.leave_behind()
            if prompt.left:
                self._prompts.append(prompt)  # behind those of other assistants
            else:
                self._begin(prompt, row)

    def _next_parts(self, most: int) -> list[tuple[Prompt, int]]:
        """Which prompts are read next, and how many tokens of each.

        The first in line gets half of the round at least; the shortest of its assistant's others
        come along, so that a greeting does not wait for a long story.
        """
        first = self._prompts[0]
        first.look_up()
        others = []
        for prompt in [*self._prompts][1:]:
            if prompt.assistant is first.assistant and first.assistant.base.batchable:
                prompt.look_up()
                if not prompt.waits_for(first):
                    others.append(prompt)
        wanted = sum(prompt.left for prompt in others)
        counts = {first: min(first.left, max(most // 2, most - wanted))}
        most -= counts[first]
        for prompt in sorted(others, key=lambda prompt: prompt.left):
            if most > 0:
                counts[prompt] = min(prompt.left, most)
                most -= counts[prompt]
        return list(counts.items())

    def _begin(self, prompt: Prompt, logits: torch.Tensor) -> None:
        job: Job = prompt.owner
        cache = prompt.cache
        job.cached_tokens = prompt.cached
        job.open = set(range(job.choices))
        for index in range(job.choices):
            choice = Choice(job.assistant, job.prompt, job.sampling, job.stop, index, job)
            goes_on = self._accept(choice, logits)
            if job not in self._jobs:
                return
            if goes_on:
                shared = job.assistant.base.batchable
                key = id(job.assistant) if shared else id(choice)
                if key not in self._batches:
                    self._batches[key] = Batch(job.assistant)
                self._batches[key].add(choice, cache, copy=index + 1 < job.choices)

    def _decode(self, batch: Batch) -> None:
        jobs = {choice.owner for choice in batch.choices}
        try:
            logits = batch.step()
        except Exception as error:
            for job in jobs:
                self._fail(job, error)
            return
        for choice, row in zip(list(batch.choices), logits, strict=True):
            # A failure of one reply takes its siblings out of the batch, too.
            goes_on = choice not in batch.choices or self._accept(choice, row)
            if not goes_on and choice in batch.choices:
                batch.remove(choice)

    def _accept(self, choice: Choice, logits: torch.Tensor) -> bool:
        """Takes the next token of one reply; False when the reply has ended."""
        job: Job = choice.owner
        try:
            text, reason = choice.advance(logits, job.max_tokens)
        except Exception as error:
            self._fail(job, error)
            return False
        if text or reason:
            job.emit(Piece(choice.index, text, reason, len(choice.reply)))
        if reason:
            job.open.discard(choice.index)
            if not job.open:
                with self._wake:
                    self._jobs.discard(job)
        return reason is None

    def _drop(self, job: Job, *, keep: bool = True) -> None:
        """Frees everything a job holds; `keep` leaves its keys and values to the next turn."""
        with self._wake:
            self._jobs.discard(job)
        self._prompts = deque(prompt for prompt in self._prompts if prompt.owner is not job)
        for key, batch in list(self._batches.items()):
            for choice in [choice for choice in batch.choices if choice.owner is job]:
                batch.remove(choice, keep=keep)
            if not batch.choices:
                del self._batches[key]

    def _fail(self, job: Job, error: Exception) -> None:
        if isinstance(error, GenerationFailed):
            logger.error("a reply failed: %s", error)
        else:
            logger.error("a reply failed", exc_info=error)
            error = GenerationFailed(
                f"The model failed ({type(error).__name__}). The reason is in the engine's log."
            )
        self._drop(job, keep=False)
        job.emit(error)
