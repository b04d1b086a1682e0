"""What a run computes, counted from settings, base and data: positions, products, evaluations.

Seconds follow from an assumed speed; what a machine makes of them, `learned` tells. A batch takes
what its positions take, and something however short it is: all weights come from memory, forth and
back, and each layer, adapter and circuit is a row of calls. Knows nothing of torch, of Django or of
where the numbers are kept.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from finetune.bases.catalogue.sizes import FLOAT32, TRAINER, Sizes
from finetune.training.preference.settings import PREFERENCE
from finetune.training.settings import RunSettings
from quantum.adapters.spec import targeted

from .adapted import evolved, wider_of
from .lengths import DataSize, lengths_of, mean_above, system_tokens

LABELLED = 0.6  # of what a dialogue says is the assistant's, measured on support dialogues
WINDOW = 16  # batches that are sorted by length together (`RunOrder`)
PRODUCTS = 60e9  # multiplications and additions a second on one core in float32
BYTES = 6e9  # that one core reads from memory in a second
STARTUP = 9.0  # seconds until the first tensor: Python, torch, transformers
LOADING = 500e6  # bytes of weights a second
SAVING = 0.2  # seconds a checkpoint
# Measured on one core with AVX-512, which multiplies half as fast again as `PRODUCTS`, and taken
# half as long again for it (2026-11-27, one thread, processor time).
STEP = 0.05  # seconds of a step beside its batches: optimizer, checks, the log
LAYER = 1e-3  # seconds of a layer's calls, one way: 0.6 ms
ADAPTED = 1e-4  # the same of an adapted layer: 0.05 ms
CIRCUIT = 5e-4  # the same of a circuit with data in it, for each layer and two more: 0.35 ms
AMPLITUDE = 35e-9  # seconds to evolve an amplitude through a circuit's layer: 23 ns
AMPLITUDE_BACK = 105e-9  # the same on the way back, by the adjoint method: 70 ns
PASSES = 5  # times that what an adapted layer reads and writes goes through memory, one way
PROMPT_TOKENS = 70  # of a sample prompt with its system text
CHECKPOINT_BYTES = 60_000  # of a checkpoint's small files
LINE_BYTES = 900  # of a line of the log
FOLDER_BYTES = 400_000  # drawings, the trainer's output, the log's reserve
GOLDEN_TOKENS = 80  # read and written at the end, to record what the adapter answers


@dataclass(frozen=True)
class Batch:
    """Positions that a model reads at once, labels among them, tokens that a position sees."""

    positions: float
    labels: float
    seen: float


@dataclass(frozen=True)
class Workload:
    """What a run computes.

    Attributes:
        typical: an average batch.
        longest: the batch that takes the most memory.
        batches: of one step.
        steps: of the run.
        evaluations: with the one before the first step.
        evaluated: positions of one evaluation.
        replied: tokens of the sample replies of one evaluation.
        saves: checkpoints.
        wider: what adapted layers read and write that the model would not keep, of all layers.
        trained: numbers that learn.
        copied: bytes of weights files in another format than float32, which stand in memory
            beside their copy while the base is loaded.
        adapted: layers with an adapter.
        touched: what these read and write of a position, of all layers.
        circuits: circuits with data in them that a batch goes through, times their layers and two
            more, to begin and to measure.
        amplitudes: of the states that they evolve for a position, times their layers; none where
            light cones take their place.
        ahead: positions that the reference of a preference run reads before the first step.
    """

    sizes: Sizes
    typical: Batch
    longest: Batch
    batches: int
    steps: int
    evaluations: int
    evaluated: float
    replied: int
    saves: int
    wider: int
    trained: int
    copied: int = 0
    adapted: int = 0
    touched: int = 0
    circuits: int = 0
    amplitudes: int = 0
    ahead: float = 0.0

    @classmethod
    def of(
        cls,
        settings: RunSettings,
        sizes: Sizes,
        data: DataSize,
        *,
        trained: int,
        shapes: Mapping[str, tuple[int, int]],
        copied: int = 0,
    ) -> Self | None:
        """Count a run; None where the data is not known.

        Args:
            settings: of the run.
            sizes: of the base.
            data: what it learns from.
            trained: numbers that learn.
            shapes: linear layers of the base.
            copied: as the attribute.
        """
        lengths = lengths_of(settings, data)
        if not lengths:
            return None
        system = min(system_tokens(settings.system_prompt), min(lengths) - 1)
        pairs = settings.kind == PREFERENCE  # each is two dialogues
        size = settings.batch_size * (2 if pairs else 1)
        count = settings.steps * settings.gradient_accumulation
        window = max(1.0, min(count, WINDOW))
        often = min(4.0, max(1.0, count / WINDOW))
        top = mean_above(lengths, 1 - 1 / (window * math.sqrt(often)))
        typical = batch_of(size, sum(lengths) / len(lengths), system)
        held = settings.eval_dialogues if data.held_out is None else data.held_out
        held = min(held, settings.eval_dialogues) * (2 if pairs else 1)
        learned = count * settings.batch_size
        learned = min(learned, data.dialogues or learned) * 2 if pairs else 0
        evaluations = evaluations_of(settings.steps, settings.eval_every) if held else 0
        modules = targeted(shapes, settings.targets)
        circuits, amplitudes = evolved(settings)
        return cls(
            sizes=sizes,
            typical=typical,
            longest=batch_of(size, top, system),
            batches=settings.gradient_accumulation,
            steps=settings.steps,
            evaluations=evaluations,
            evaluated=typical.positions * held / size,
            replied=settings.sample_tokens * len(settings.sample_prompts),
            saves=settings.steps // settings.save_every + 1 + evaluations // 2,
            wider=wider_of(settings, shapes),
            trained=trained,
            copied=copied,
            adapted=len(modules),
            touched=sum(out + wide for out, wide in modules.values()),
            circuits=len(modules) * circuits,
            amplitudes=len(modules) * amplitudes,
            ahead=typical.positions * (learned + held) / size if pairs else 0.0,
        )

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def read(cls, values: Mapping[str, Any]) -> Self | None:
        """What `to_dict` made; None where it is not whole, as of a later version."""
        try:
            own = {**values, "sizes": Sizes(**values["sizes"])}
            own |= {name: Batch(**values[name]) for name in ("typical", "longest")}
            return cls(**own)
        except (KeyError, TypeError):
            return None

    # -- time at the assumed speed ----------------------------------------------------------------

    def forward(self, batch: Batch) -> float:
        """Multiplications and additions of reading a batch, without the output layer."""
        attention = 4 * self.sizes.layers * self.sizes.query * batch.positions * batch.seen
        return 2 * self.sizes.multiplied * batch.positions + attention

    def head(self, labels: float) -> float:
        """Of the output layer, one way."""
        return 2 * labels * self.sizes.hidden * self.sizes.vocabulary

    def batch_seconds(self, batch: Batch) -> float:
        """A batch forward and back: a frozen layer's gradient costs what its product did, and
        attention's twice that; the output layer is done once with its gradient."""
        there = self.forward(batch)
        attention = 4 * self.sizes.layers * self.sizes.query * batch.positions * batch.seen
        adapters = 6 * self.trained * batch.positions
        work = 2 * there + attention + adapters + 2 * self.head(batch.labels)
        of_position = 2 * self.touch_seconds + (AMPLITUDE + AMPLITUDE_BACK) * self.amplitudes
        return work / PRODUCTS + 2 * self.pass_seconds + batch.positions * of_position

    @property
    def pass_seconds(self) -> float:
        """What a batch takes one way however short it is: weights from memory, and calls."""
        weights = self.sizes.multiplied + self.sizes.hidden * self.sizes.vocabulary
        calls = LAYER * self.sizes.layers + ADAPTED * self.adapted + CIRCUIT * self.circuits
        return weights * FLOAT32 / BYTES + calls

    @property
    def touch_seconds(self) -> float:
        """What adapters take of a position to read and write, one way."""
        return PASSES * self.touched * FLOAT32 / BYTES

    @property
    def step_seconds(self) -> float:
        return self.batches * self.batch_seconds(self.typical) + STEP

    @property
    def evaluation_seconds(self) -> float:
        """Held-out dialogues read once, and the sample replies, whose tokens each are a batch."""
        prompts = 2 * PROMPT_TOKENS if self.replied else 0
        part = Batch(self.evaluated, self.evaluated * LABELLED, self.typical.seen)
        work = self.forward(part) + self.head(part.labels) + self.forward(Batch(prompts, 0, 0))
        passes = self.evaluated / self.typical.positions + self.replied
        positions = self.evaluated + prompts + self.replied
        of_position = self.touch_seconds + AMPLITUDE * self.amplitudes
        return work / PRODUCTS + passes * self.pass_seconds + positions * of_position

    @property
    def compute_seconds(self) -> float:
        """All that goes with the processor's speed."""
        return self.reference_seconds + self.compute_of(self.steps, self.evaluations)

    @property
    def reference_seconds(self) -> float:
        """What the reference reads ahead, with the adapter off."""
        part = Batch(self.ahead, self.ahead * LABELLED, self.typical.seen)
        work = self.forward(part) + self.head(part.labels)
        return work / PRODUCTS + self.ahead / self.typical.positions * self.pass_seconds

    def compute_of(self, steps: float, evaluations: float) -> float:
        """The same of so many steps and evaluations."""
        return steps * self.step_seconds + evaluations * self.evaluation_seconds

    @property
    def startup_seconds(self) -> float:
        """What comes before the first step, between steps and after the last."""
        weights = self.sizes.parameters * FLOAT32
        ending = GOLDEN_TOKENS * self.pass_seconds
        return STARTUP + weights / LOADING + SAVING * self.saves + ending

    # -- memory and disk --------------------------------------------------------------------------

    @property
    def memory_bytes(self) -> int:
        """The trainer's peak: in a step, or while the base is loaded."""
        loading = self.sizes.parameters * FLOAT32 + self.copied + TRAINER
        step = self.sizes.train_bytes(
            round(self.longest.positions),
            round(self.longest.labels),
            wider=self.wider,
            trained=self.trained,
        )
        return max(loading, step)

    def disk_bytes(self, keep: int, data_bytes: int) -> int:
        """What the run's folder grows to: checkpoints that are kept, the best one and the one that
        is being written, each with the optimizer's two numbers for every trained one; the adapter,
        a copy of the data, and the log.

        Args:
            keep: checkpoints that are kept.
            data_bytes: of the data's files.
        """
        checkpoint = 3 * self.trained * FLOAT32 + CHECKPOINT_BYTES
        kept = min(keep, self.saves) + 1 + bool(self.evaluations)
        log = LINE_BYTES * (self.steps + 4 * self.evaluations + self.saves)
        return kept * checkpoint + self.trained * FLOAT32 + data_bytes + log + FOLDER_BYTES


def batch_of(size: int, length: float, system: float) -> Batch:
    """Dialogues of a length in one row: what they begin with together stands there once."""
    own = length - system
    positions = length if size == 1 else system + size * own
    return Batch(positions, size * own * LABELLED, system + own / 2)


def evaluations_of(steps: int, every: int) -> int:
    """Before the first step, every so often, after the last."""
    return len({0, steps, *(range(every, steps + 1, every) if every else ())})
