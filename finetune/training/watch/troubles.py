"""What goes wrong while every number is finite: the loss jumps or explodes, the circuit is dead,
nothing is learned. Each is told once, in one sentence with what to change; only an exploded loss
ends the run.

Everything follows from the run's log up to a step, so a resumed run sees what it saw before.
Knows nothing of torch or of the training loop.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from finetune.training.log.events import Event
from finetune.training.log.sentences import joined, parts_of, sentence
from finetune.training.settings import RunSettings

from .advice import Advice, higher_rate, livelier_circuit, lower_rate

EXPLODING, DEAD, NO_PROGRESS = "exploding_loss", "dead_circuit", "no_progress"
SPIKE = "loss_spike"
WINDOW = 5  # steps whose mean loss counts as where the run is now
RISE = 2.0  # nats above all earlier steps: real replies seven times less likely
NOISE = 6.0  # and standard errors of such a mean above them, for data that is uneven
ENOUGH = 10  # earlier steps that tell how uneven
RECENT = 20  # steps before a jump that tell what the loss was
AT_ONCE = 4.0  # nats above the loss before training, where the first steps are bad already
FIRST = 10  # steps whose mean tells that
TELLING = 0.5  # of the usual labels; a step, or a window, of fewer says little about the rest
DEAD_STEPS = 10
DEAD_SHARE = 1e-7  # of the adapter's gradient: below float32's resolution of it
HARDLY = 0.005  # nats; what the site's verdict calls hardly better, too
FEWEST = 20  # steps of a run in which progress can be expected at all


class Step(NamedTuple):
    """A step's mean loss, and over how many labels."""

    loss: float
    labels: int


@dataclass(frozen=True)
class Trouble:
    """One thing that is wrong.

    Attributes:
        kind: `exploding_loss`, `loss_spike`, `dead_circuit` or `no_progress`.
        words: what was seen, in one sentence.
        advice: what to change.
    """

    kind: str
    words: str
    advice: Advice

    @property
    def message(self) -> str:
        return joined(self.words, self.advice.words)

    @property
    def data(self) -> dict[str, Any]:
        """As the log's warning has it: `words` and their parts are for pages that show no log."""
        words = self.message
        return {
            "trouble": self.kind,
            "words": words,
            "parts": parts_of(words),
            "changes": self.advice.changes,
        }


class Watch:
    """Looks at each step and each evaluation of one run.

    Args:
        settings: the run's settings.
        before: the run's log so far.
        upto: the step that the run goes on from; later lines will be computed again.
    """

    def __init__(self, settings: RunSettings, before: Iterable[Event] = (), upto: int = 0) -> None:
        self._settings = settings
        self._steps: list[Step] = []
        self._trained_tokens = 0
        self._dead_for = 0
        self._held_out: dict[int, float] = {}
        self._told: set[str] = set()
        for event in before:
            data = event["data"]
            if event["type"] == "warning" and "trouble" in data:
                self._told.add(data["trouble"])
            elif event["type"] == "metrics" and data["step"] <= upto:
                self._note(data)
            elif event["type"] == "evaluation" and data["step"] <= upto:
                self._note_evaluation(data)

    def step(self, metrics: dict[str, Any]) -> Trouble | None:
        """Look at a step, as the log's `metrics` event has it."""
        self._note(metrics)
        looks = (self._exploding, self._stuck_in_training, self._jumped, self._dead)
        return next(filter(None, (self._once(look()) for look in looks)), None)

    def evaluation(self, measured: dict[str, Any]) -> Trouble | None:
        """Look at an evaluation, as the log's event has it."""
        self._note_evaluation(measured)
        return self._once(self._stuck_held_out(measured["step"]))

    def _once(self, trouble: Trouble | None) -> Trouble | None:
        if trouble is None or trouble.kind in self._told:
            return None
        if trouble.kind != EXPLODING:  # that one ends the run, also when it is started once more
            self._told.add(trouble.kind)
        return trouble

    def _note(self, metrics: dict[str, Any]) -> None:
        before, self._trained_tokens = self._trained_tokens, metrics.get("trained_tokens", 0)
        if (loss := metrics.get("train_loss")) is not None:
            self._steps.append(Step(loss, max(1, self._trained_tokens - before)))
        circuit, whole = metrics.get("circuit_gradient_norm"), metrics.get("grad_norm") or 0.0
        dead = circuit is not None and whole > 0 and circuit <= DEAD_SHARE * whole
        self._dead_for = self._dead_for + 1 if dead else 0

    def _note_evaluation(self, measured: dict[str, Any]) -> None:
        if (loss := measured.get("validation_loss")) is not None:
            self._held_out[measured["step"]] = loss

    def _exploding(self) -> Trouble | None:
        return self._exploded_at_once() or self._exploded_later()

    def _exploded_at_once(self) -> Trouble | None:
        """The first step's loss is from before training as well, of the data that is learned."""
        held_out, now = self._held_out.get(0), self._steps[-FIRST:]
        if held_out is None or len(now) < FIRST:
            return None
        level, before = _mean(now), max(held_out, self._steps[0].loss)
        if level - before <= AT_ONCE:
            return None
        words = sentence(
            "The loss exploded: %(now)s on average over the last %(window)s steps, after "
            "%(before)s before training.",
            now=f"{level:.2f}",
            window=FIRST,
            before=f"{before:.2f}",
        )
        return Trouble(EXPLODING, words, lower_rate(self._settings))

    def _exploded_later(self) -> Trouble | None:
        earlier, now = self._steps[:-WINDOW], self._steps[-WINDOW:]
        if len(earlier) < ENOUGH or not _tells(now, earlier):
            return None
        level, before = _mean(now), _mean(earlier)
        if level - before <= max(RISE, NOISE * _spread(earlier) / math.sqrt(WINDOW)):
            return None
        words = sentence(
            "The loss exploded: %(now)s on average over the last %(window)s steps, after "
            "%(before)s in the %(steps)s before.",
            now=f"{level:.2f}",
            window=WINDOW,
            before=f"{before:.2f}",
            steps=f"{len(earlier):,}",
        )
        return Trouble(EXPLODING, words, lower_rate(self._settings))

    def _jumped(self) -> Trouble | None:
        """One step far above those before it: a spike, from which most runs come down again."""
        *earlier, now = self._steps[-RECENT - 1 :]
        if len(earlier) < ENOUGH or not _tells([now], earlier):
            return None
        before = _mean(earlier)
        if now.loss - before <= max(RISE, NOISE * _spread(earlier)):
            return None
        words = sentence(
            "The loss jumped to %(now)s in step %(step)s, after %(before)s on average over the "
            "%(steps)s steps before. The run goes on; if the loss does not come down again, stop "
            "it.",
            now=f"{now.loss:.2f}",
            step=f"{len(self._steps):,}",
            before=f"{before:.2f}",
            steps=len(earlier),
        )
        return Trouble(SPIKE, words, lower_rate(self._settings))

    def _dead(self) -> Trouble | None:
        if self._dead_for < DEAD_STEPS:
            return None
        words = sentence(
            "The circuit is dead: in %(steps)s steps its gradient was less than a "
            "ten-millionth of the adapter's, so its angles do not move.",
            steps=DEAD_STEPS,
        )
        return Trouble(DEAD, words, livelier_circuit(self._settings))

    def _stuck_in_training(self) -> Trouble | None:
        """Where nothing is held out: the first tenth of the steps against the newest, half-way."""
        done, steps = len(self._steps), self._settings.steps
        if self._held_out or steps < FEWEST or done != steps // 2:
            return None
        part = max(WINDOW, steps // 10)
        first, last = _mean(self._steps[:part]), _mean(self._steps[-part:])
        if first - last >= HARDLY:
            return None
        words = sentence(
            "No progress: half of the steps are done, and the loss is %(last)s after %(first)s at "
            "the start.",
            last=f"{last:.3f}",
            first=f"{first:.3f}",
        )
        return Trouble(NO_PROGRESS, words, self._other_rate(first, last))

    def _stuck_held_out(self, step: int) -> Trouble | None:
        """The best evaluation against the one before training, from half-way on."""
        before, steps = self._held_out.get(0), self._settings.steps
        trained = [loss for at, loss in self._held_out.items() if at]
        if before is None or steps < FEWEST or step < steps / 2 or not trained:
            return None
        if before - min(trained) >= HARDLY:
            return None
        words = sentence(
            "No progress: after %(step)s of %(steps)s steps the best held-out loss is %(best)s, "
            "and it was %(before)s before training.",
            step=f"{step:,}",
            steps=f"{steps:,}",
            best=f"{min(trained):.3f}",
            before=f"{before:.3f}",
        )
        return Trouble(NO_PROGRESS, words, self._other_rate(before, trained[-1]))

    def _other_rate(self, first: float, last: float) -> Advice:
        """Too high where the loss rose; too low where it hardly moved."""
        rose = last - first > 10 * HARDLY
        return lower_rate(self._settings) if rose else higher_rate(self._settings)


def _mean(steps: Sequence[Step]) -> float:
    """Over all labels of some steps, as the held-out loss is: a step of short replies, which cost
    more a token, then counts for no more than its few tokens."""
    return sum(loss * labels for loss, labels in steps) / sum(labels for _, labels in steps)


def _spread(steps: Sequence[Step]) -> float:
    """Standard deviation of a step, each as heavy as its labels."""
    mean = _mean(steps)
    return math.sqrt(_mean([Step((loss - mean) ** 2, labels) for loss, labels in steps]))


def _tells(now: Sequence[Step], earlier: Sequence[Step]) -> bool:
    """Tell whether some steps have enough labels to be held against earlier ones."""
    usual = sum(labels for _, labels in earlier) / len(earlier)
    return sum(labels for _, labels in now) >= TELLING * usual * len(now)
