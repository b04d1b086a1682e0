"""How often the intervals of studies hold the true difference, and how often a study claims one.

Scores are made up, so that the truth is known; a row is what a study of that size does.

    python -m benchmarks.studies.coverage intervals
    python -m benchmarks.studies.coverage claims
    python -m benchmarks.studies.coverage seeds
    python -m benchmarks.studies.coverage answers

`intervals`: one comparison of two arms. `claims`: five arms that are as good as the sixth, each
compared with it. `seeds`: whether a study with as many seeds as it asks for finds what it is after.
`answers`: `intervals` where scores are 1 and 0.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from itertools import product

import numpy as np

from benchmarks.studies.made_scores import Setting, made_answers, made_arms, setting_with
from finetune.studies.statistics.differences import Difference, compare
from finetune.studies.statistics.power import seeds_needed
from finetune.studies.statistics.sentence import Kind, sentence_of

SHARES = (0.0, 0.2, 0.5, 0.9)
SHAPES = (("normal", 0.0), ("heavy", 0.6), ("skewed", 0.6))
SEEDS = (1, 2, 3, 5, 10)
DIALOGUES = (30, 100)
ARMS = 6
PLANS = (
    (Setting(2, 100, 0.5, truth=0.0), 0.02, 1),
    (Setting(3, 100, 0.8, truth=0.0), 0.02, 1),
    (Setting(3, 100, 0.8, truth=0.0), 0.02, 5),
    (Setting(3, 100, 0.9, truth=0.0), 0.016, 3),
    (Setting(3, 30, 0.3, truth=0.0), 0.012, 1),
    (Setting(5, 100, 0.6, "heavy", truth=0.0), 0.02, 3),
)
CLAIMS = (Kind.LOWER, Kind.HIGHER)


def coverage(setting: Setting, studies: int, rng_seed: int = 0) -> float:
    """Share of studies whose one interval holds the true difference."""
    rng = np.random.default_rng(rng_seed)
    covered = 0
    for _ in range(studies):
        a, b = made_arms(rng, setting, 2)
        difference = compare(a, b)
        covered += difference.low <= setting.truth <= difference.high
    return covered / studies


def claims(setting: Setting, studies: int, rng_seed: int = 0) -> float:
    """Share of studies whose sentences claim any difference between five arms and the sixth."""
    rng = np.random.default_rng(rng_seed)
    claimed = 0
    for _ in range(studies):
        *arms, last = made_arms(rng, setting, ARMS)
        differences = [compare(arm, last, comparisons=len(arms)) for arm in arms]
        claimed += any(claims_something(difference) for difference in differences)
    return claimed / studies


def claims_something(difference: Difference) -> bool:
    """Whether the sentence says that one arm is better; its numbers aside, it costs time."""
    return difference.is_found and sentence_of(difference, "A", "B").kind in CLAIMS


def found(setting: Setting, size: float, comparisons: int, studies: int) -> str:
    """What a study that knows its variances asks for, and how often that finds `size`."""
    pilot = compare(*made_arms(np.random.default_rng(0), setting, 2), comparisons=comparisons)
    needed = seeds_needed(replace(pilot, variances=setting.variances), size)
    assert needed.more_seeds is not None
    larger = setting_with(
        setting,
        seeds=setting.seeds + needed.more_seeds,
        dialogues=needed.dialogues or setting.dialogues,
        truth=size,
    )
    rng = np.random.default_rng(1)
    hits = sum(
        compare(*made_arms(rng, larger, 2), comparisons=comparisons).is_found
        for _ in range(studies)
    )
    return f"{larger.seeds} | {larger.dialogues} | {hits / studies:.1%}"


def answers(seeds: int, problems: int, ease: float, studies: int) -> float:
    """Share of studies whose interval holds the true difference of two arms that answer: none."""
    rng = np.random.default_rng(0)
    differences = [compare(*made_answers(rng, seeds, problems, ease)) for _ in range(studies)]
    return sum(one.low <= 0 <= one.high for one in differences) / studies


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("table", choices=("intervals", "claims", "seeds", "answers"))
    parser.add_argument("--studies", type=int, default=1000)
    args = parser.parse_args()
    if args.table == "seeds":
        print_seeds(args.studies)
    elif args.table == "answers":
        print_answers(args.studies)
    else:
        print_shares(args.table, args.studies)


def print_shares(table: str, studies: int) -> None:
    """A row for each kind of study, a column for each share of the variance that is of seeds."""
    measure, truth = (coverage, 0.01) if table == "intervals" else (claims, 0.0)
    for (shape, lengths), seeds, dialogues in product(SHAPES, SEEDS, DIALOGUES):
        if seeds == 1 and table == "claims":
            continue  # claims nothing
        shares = SHARES if seeds > 1 else SHARES[:1]
        settings = [
            Setting(seeds, dialogues, share, shape, lengths, truth=truth) for share in shares
        ]
        cells = " | ".join(f"{measure(setting, studies):.1%}" for setting in settings)
        print(f"| {shape} | {seeds} | {dialogues} | {cells} |", flush=True)


def print_seeds(studies: int) -> None:
    """A row for each plan: what it starts with, what it asks for, and what that finds."""
    for setting, size, comparisons in PLANS:
        before = f"{setting.seeds} | {setting.dialogues} | {setting.seed_share:.0%}"
        row = found(setting, size, comparisons, studies)
        print(f"| {before} | {size} | {comparisons} | {row} |", flush=True)


def print_answers(studies: int) -> None:
    """A row for each kind of study, a column for how easy its problems are."""
    for seeds, problems in product(SEEDS[1:], DIALOGUES):
        cells = [f"{answers(seeds, problems, ease, studies):.1%}" for ease in (0.0, -4.0)]
        print(f"| {seeds} | {problems} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
