"""What a held-out loss before and after says in words: better, worse or equal.

One rule for the trainer's log, the site's pages and its commands. Knows nothing of torch or Django.
"""

from __future__ import annotations

SMALLEST = 5e-5  # what four digits after the point still show


def verdict(before: float, after: float) -> str:
    """Return `better`, `worse` or `equal`, exactly as the two losses compare."""
    if after == before:
        return "equal"
    return "better" if after < before else "worse"


def change_words(before: float, after: float) -> str:
    """Return the verdict with its size, such as `better by 0.3210`.

    >>> change_words(3.1, 2.779)
    'better by 0.3210'
    >>> change_words(2.0, 2.00001)
    'worse by less than 0.0001'
    >>> change_words(2.0, 2.0)
    'equal'
    """
    word, size = verdict(before, after), abs(after - before)
    if word == "equal":
        return word
    return f"{word} by {size:.4f}" if size >= SMALLEST else f"{word} by less than 0.0001"
