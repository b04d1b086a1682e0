"""What a sentence may look like in life: beside other sentences, with a slip of the finger."""

import random
from collections.abc import Sequence
from dataclasses import replace

from chat.safety.fitting.samples import Sample

BESIDE = {"person": 0.3, "reply": 0.1}
SLIP = {"person": 0.15, "reply": 0.05}
BARE = 0.1  # without the sign at the end
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def noisy(rng: random.Random, sample: Sample, calm: Sequence[Sample]) -> Sample:
    """The sample as it might have been written; `calm` are texts of its own language and kind."""
    text = sample.text
    if rng.random() < BARE:
        text = text.rstrip(".!?。！？…")
    if rng.random() < SLIP[sample.kind] and sample.language == "en":
        text = slipped(rng, text)
    if rng.random() < BESIDE[sample.kind]:
        text = beside(rng, text, sample, calm)
    return replace(sample, text=text)


def beside(rng: random.Random, text: str, sample: Sample, calm: Sequence[Sample]) -> str:
    """A person's sentence among calm ones; a reply's after a calm one, as the gate joins them."""
    if sample.kind == "reply":
        return f"{rng.choice(calm).text}\n{text}"
    among = [rng.choice(calm).text for _ in range(rng.randint(1, 2))]
    among.insert(rng.randint(0, len(among)), text)
    between = rng.choice(["\n", " " if sample.language == "en" else ""])
    return between.join(among)


def slipped(rng: random.Random, text: str) -> str:
    """One letter left out, doubled, swapped or another."""
    places = [at for at, sign in enumerate(text[:-1]) if sign in LETTERS]
    if not places:
        return text
    at = rng.choice(places)
    before, sign, after = text[:at], text[at], text[at + 1 :]
    return rng.choice(
        [
            before + after,
            before + sign + sign + after,
            before + after[:1] + sign + after[1:],
            before + rng.choice(LETTERS) + after,
        ]
    )
