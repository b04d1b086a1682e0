"""Public sets of ordinary talk, where they are on this machine; never committed, never shown.

`esconv` (train): people who look for support in everyday distress. Half of its dialogues are
fitted on as calm, the other half sets the thresholds. Messages that the rules find are left out:
some of them do speak of danger.
`cpsycoun`: Chinese talks in counselling, a third of them (by hash) for fitting and thresholds;
`psyguard`: Chinese messages that its authors call unrelated to danger, a third of them alike. The
other thirds are for mending and for measuring (`third_of`).
"""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

from chat.safety.detection import read, units
from chat.safety.detection.excuses import is_excused
from chat.safety.fitting.fit import Talk

UNRELATED = "与自杀/自伤/攻击行为无关"  # the set's own name for it
EVERY = 3  # of the units one in so many is fitted on: enough, and a third of the time


def talk_of(language: str, folder: Path) -> Talk:
    """What there is for this language; nothing where the set is away."""
    return {"en": english, "zh": chinese}.get(language, lambda _: Talk())(folder)


def english(folder: Path) -> Talk:
    path = folder / "esconv" / "train.jsonl"
    if not path.is_file():
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


def third_of(text: str) -> str:
    """Which third of a public Chinese set a text is in, by its hash: the same in every run."""
    return ("fit", "tune", "test")[hashlib.sha256(text.strip().encode()).digest()[0] % 3]


def chinese(folder: Path) -> Talk:
    counselling = folder / "cpsycoun" / "CPsyCounD.jsonl"
    unrelated = folder / "psyguard" / "valid.json"
    if not counselling.is_file() or not unrelated.is_file():
        return Talk()
    dialogues = [
        [turn["content"] for turn in json.loads(line)["messages"] if turn["role"] == "user"]
        for line in counselling.read_text(encoding="utf-8").splitlines()
    ]
    ours = [dialogue for dialogue in dialogues if third_of(dialogue[0]) == "fit"]
    calm = [units for dialogue in ours[0:300:2] for units in messages(dialogue)]
    fitted = list(dict.fromkeys(unit for message in calm for unit in message))[::EVERY]
    fitted += [
        units(each["text"])[-1]
        for each in json.loads(unrelated.read_text(encoding="utf-8"))
        if each["labels"] == [UNRELATED]
        and third_of(each["text"]) == "fit"
        and not read(each["text"]).level
    ]
    known = set(fitted)
    heard = [message for dialogue in ours[1:300:2] for message in messages(dialogue)]
    return Talk(fitted, [message for message in heard if not known & set(message)])
