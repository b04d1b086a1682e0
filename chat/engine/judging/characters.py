"""Runs of characters of a text, hashed to a fixed number of features: no model, no file.

For Chinese, whose words are one or two signs and not set apart. What a text has of runs of one to
three signs is counted once, so that a long text weighs as much as a short one.
"""

import re
import zlib

import numpy as np

LONGEST_RUN = 3
WIDTH = 1 << 13
PAUSE = re.compile(r"[\s。，,.!！?？~～…、；;：:]+")


class CharacterRuns:
    """The features named `characters`."""

    def vectors(self, texts: list[str]) -> np.ndarray:
        """Float32, shape (texts, WIDTH), each row of length one."""
        rows = np.zeros((len(texts), WIDTH), np.float32)
        for row, text in zip(rows, texts, strict=True):
            places = sorted({zlib.crc32(run.encode()) % WIDTH for run in runs(text)})
            row[places] = 1 / np.sqrt(len(places))
        return rows


def runs(text: str) -> set[str]:
    """All runs of one to three signs; start, end and pauses are signs, too."""
    marked = f"^{PAUSE.sub('|', text)}$"
    return {
        marked[at : at + length]
        for length in range(1, LONGEST_RUN + 1)
        for at in range(len(marked) - length + 1)
    }
