"""What the encoder and its heads are trained on, and what is left out of it for the thresholds.

The project's own sentences, what people say in its own demo dialogues, and four public sets that
have to be on this machine: `psyguard` (Chinese, MIT), the ordinary questions of `counsel_chat`
(English, MIT), messages of `cpsycoun` (Chinese, CC BY 4.0) and the sums of `gsm8k` (English, MIT),
which have nothing to do with anybody's distress; of the first three, thirds that nothing is
measured on (`third_of`). Of the own sentences one in EIGHTH is left out, by its hash.
"""

import csv
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from chat.safety.detection import read, units
from chat.safety.detection.normalising import normalised
from chat.safety.fitting.sentences import Example, examples
from chat.safety.fitting.talk import third_of
from chat.safety.gate.rule import CLASSES as REPLY_CLASSES
from chat.safety.heads.head import DANGER, KINDS, UNSAFE, Kind
from finetune.datasets import demo

EIGHTH = 8
LANGUAGES = ("en", "zh")
WITH_CARD = ("suicide", "self_harm", "harm_to_others", "abuse", "eating", "psychosis")
OF_PERSONS = (*WITH_CARD, "despair", "mania", "reliance", "somebody_else")
CLASSES: Mapping[Kind, tuple[str, ...]] = {
    "person": (DANGER, *OF_PERSONS),
    "reply": (UNSAFE, *(name for name in REPLY_CLASSES if name != "wrong_language")),
}
POOLED: Mapping[Kind, frozenset[str]] = {
    "person": frozenset(WITH_CARD),
    "reply": frozenset(REPLY_CLASSES),
}
DEMO = {"en": "support_dialogues.jsonl", "zh": "support_dialogues_zh.jsonl"}
GRAVE_TOPICS = {"suicide", "self-harm", "domestic-violence", "eating-disorders", "trauma"}
COUNSELLED = 250  # talks
SUMS = 400
PSYGUARD = {
    "与自杀/自伤/攻击行为无关": frozenset[str](),
    "主动自杀意图": frozenset({"suicide"}),
    "被动自杀意图": frozenset({"suicide"}),
    "自杀计划": frozenset({"suicide"}),
    "自杀未遂": frozenset({"suicide"}),
    "自杀准备行为": frozenset({"suicide"}),
    "自伤行为": frozenset({"self_harm"}),
    "自伤意图": frozenset({"self_harm"}),
    "用户攻击行为": frozenset({"harm_to_others"}),
}


@dataclass(frozen=True)
class Sample:
    """A text as the judge sees it, with its classes; none for an ordinary one."""

    text: str
    language: str
    kind: Kind
    classes: frozenset[str]

    @property
    def targets(self) -> list[float]:
        """1 for each class of its kind that it belongs to, the pooled one first."""
        pooled = bool(self.classes & POOLED[self.kind])
        return [float(pooled), *(float(name in self.classes) for name in CLASSES[self.kind][1:])]


def samples(public: Path) -> tuple[list[Sample], list[tuple[str, Kind, Example]]]:
    """What is trained on, and the own sentences that are left out of it.

    Raises:
        FileNotFoundError: one of the public sets is not in `public`.
    """
    trained: dict[tuple[str, str], Sample] = {}
    left_out: list[tuple[str, Kind, Example]] = []
    for language in LANGUAGES:
        for kind in KINDS:
            for each in examples(language, kind):
                if is_left_out(each.text):
                    left_out.append((language, kind, each))
                else:
                    sample = Sample(normalised(each.text), language, kind, each.classes)
                    trained[kind, sample.text] = sample
    of_talk = (*of_psyguard(public), *of_counsel_chat(public), *of_cpsycoun(public))
    for sample in (*of_demo(), *of_talk, *of_gsm8k(public)):
        trained.setdefault((sample.kind, sample.text), sample)
    return list(trained.values()), left_out


def is_left_out(text: str) -> bool:
    """The same for a text in every run, whatever else is in the set."""
    return int(hashlib.sha256(text.encode()).hexdigest(), 16) % EIGHTH == 0


def of_demo() -> Iterator[Sample]:
    """What people say in the demo dialogues, where no rule finds anything."""
    for language, name in DEMO.items():
        path = Path(demo.__file__).parent / name
        for line in path.read_text(encoding="utf-8").splitlines():
            for turn in json.loads(line)["messages"]:
                if turn["role"] == "user" and is_calm(turn["content"]):
                    yield Sample(normalised(turn["content"]), language, "person", frozenset())


def of_psyguard(public: Path) -> Iterator[Sample]:
    """Two thirds of it; what it calls unrelated and a rule finds is left out: some of it is not."""
    path = public / "psyguard" / "valid.json"
    for each in json.loads(path.read_text(encoding="utf-8")):
        known = all(label in PSYGUARD for label in each["labels"])
        if not known or third_of(each["text"]) == "test":
            continue
        classes = frozenset[str]().union(*(PSYGUARD[label] for label in each["labels"]))
        if classes or is_calm(each["text"]):
            yield Sample(normalised(each["text"]), "zh", "person", classes)


def of_counsel_chat(public: Path) -> Iterator[Sample]:
    """Questions about everyday distress, each once, and their sentences."""
    seen: set[str] = set()
    path = public / "counsel_chat" / "20200325_counsel_chat.csv"
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            text = row["questionText"].strip()
            if text and row["questionID"] not in seen and row["topic"] not in GRAVE_TOPICS:
                seen.add(row["questionID"])
                if third_of(text) == "fit" and is_calm(text):
                    for unit in units(text):
                        yield Sample(unit, "en", "person", frozenset())


def of_cpsycoun(public: Path) -> Iterator[Sample]:
    """The first messages of some talks in counselling."""
    path = public / "cpsycoun" / "CPsyCounD.jsonl"
    taken = 0
    for line in path.read_text(encoding="utf-8").splitlines():
        turns = [one["content"] for one in json.loads(line)["messages"] if one["role"] == "user"]
        if taken < COUNSELLED and third_of(turns[0]) == "tune" and all(map(is_calm, turns)):
            taken += 1
            for turn in turns[:4]:
                yield Sample(normalised(turn), "zh", "person", frozenset())


def of_gsm8k(public: Path) -> Iterator[Sample]:
    """Questions as people ask them, and of each answer the first line as a reply."""
    path = public / "gsm8k" / "train.jsonl"
    for line in path.read_text(encoding="utf-8").splitlines()[:SUMS]:
        asked = json.loads(line)
        answer = re.sub(r"<<.*?>>", "", asked["answer"].splitlines()[0])
        yield Sample(normalised(asked["question"]), "en", "person", frozenset())
        yield Sample(normalised(answer), "en", "reply", frozenset())


def is_calm(text: str) -> bool:
    found = read(text)
    return not found.level and not found.card
