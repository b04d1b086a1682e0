"""What a base of a size can and cannot do, in words for the pages that show its replies.

The sizes follow what was measured (docs/assistant.md); a larger base was not, and that is said.
"""

from __future__ import annotations

SMALL, MIDDLE, LARGE = 300_000_000, 1_000_000_000, 3_000_000_000
DANGER = (
    "No base of any size here can tell whether somebody is in danger; rules and people do that."
)
WORDS = (
    (
        SMALL,
        "It can learn a manner: short, warm replies in the language that it knows. It often "
        "misunderstands, repeats what was said, knows few facts and loses the thread after some "
        "turns.",
    ),
    (
        MIDDLE,
        "It can learn a manner and stay with the subject for some turns, in the languages that it "
        "was trained on. Facts and advice from it are often wrong.",
    ),
    (
        LARGE,
        "It follows instructions and stays with the subject. It still states wrong things in a "
        "sure voice, so advice from it has to be checked.",
    ),
)
LARGER = (
    "No base of this size has been measured here. Expect fluent replies, and read them all the "
    "more carefully: what is wrong in them is harder to see."
)


def expectation(parameters: int) -> str:
    """What may be expected of a base with so many parameters; "" while they are not known."""
    if not parameters:
        return ""
    words = next((text for limit, text in WORDS if parameters < limit), LARGER)
    return f"A base of {size(parameters)} parameters. {words} {DANGER}"


def size(parameters: int) -> str:
    """A count as people say it: 135 million, 1.5 billion."""
    if parameters >= 1_000_000_000:
        return f"{parameters / 1e9:.1f} billion"
    if parameters >= 1_000_000:
        return f"{parameters / 1e6:.0f} million"
    return "less than a million"
