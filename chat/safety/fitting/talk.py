"""Public sets of ordinary talk, where they are on this machine; never committed, never shown.

`esconv` (train): people who look for support in everyday distress. Half of its dialogues are
fitted on as calm, the other half sets the thresholds. Messages that the rules find are left out:
some of them do speak of danger.
"""

import json
from collections.abc import Iterator
from pathlib import Path

from chat.safety.detection import read, units
from chat.safety.detection.excuses import is_excused
from chat.safety.fitting.fit import Talk

EVERY = 3  # of the units one in so many is fitted on: enough, and a third of the time


def talk_of(language: str, folder: Path) -> Talk:
    """What there is for this language; nothing where the set is away."""
    path = folder / "esconv" / "train.jsonl"
    if language != "en" or not path.is_file():
        return Talk()
    dialogues = [
        [turn["text"] for turn in json.loads(line)["dialog"] if turn["speaker"] == "usr"]
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    calm = [units for dialogue in dialogues[0:400:2] for units in messages(dialogue)]
    fitted = list(dict.fromkeys(unit for message in calm for unit in message))[::EVERY]
    known = set(fitted)
    heard = [message for dialogue in dialogues[1:400:2] for message in messages(dialogue)]
    return Talk(fitted, [message for message in heard if not known & set(message)])


def messages(dialogue: list[str]) -> Iterator[list[str]]:
    """The units of each of a person's messages that no rule finds."""
    for place, text in enumerate(dialogue):
        history = [{"role": "user", "content": turn} for turn in dialogue[:place]]
        if not read(text, history).level:
            looked_at = [unit for unit in units(text, history) if not is_excused(unit)]
            if looked_at:
                yield looked_at
