"""`python -m finetune.datasets.findings.checks.named NAME FILE`: a sketch of a public test set.

Of GSM8K's records the question is read, of ESConv's what both sides say.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from finetune.datasets.findings.process.dialogue import word_numbers

from ..test_sets import NAMED, sketch


def text_of(record: dict[str, Any]) -> str:
    if "question" in record:
        return str(record["question"])
    return "\n".join(turn["text"] for turn in record["dialog"])


def main(name: str, path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    sketches = [sketch(word_numbers(text_of(json.loads(line)))) for line in lines]
    sketches = [one for one in sketches if len(one)]
    sizes = np.array([len(one) for one in sketches], dtype=np.uint8)
    np.savez(NAMED / f"{name}.npz", numbers=np.concatenate(sketches), sizes=sizes)
    print(f"{len(sketches):,} of {len(lines):,}, {sum(map(int, sizes)):,} numbers")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
