"""How well danger is found: recall and false alarms with 95 % intervals, rules alone and with head.

    python -m benchmarks.chat.detection                      # every set that is on this machine
    python -m benchmarks.chat.detection --sets held_out --misses

No sentence of a public set is shown unless `--misses` is given, and then only on this terminal.
Nothing is sent anywhere: encoder and heads run in this process.
"""

import argparse
import csv
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.frame import wilson
from chat.engine.judging.encoder import NAME, Encoder
from chat.safety.detection import Finding, Scores, read, units
from chat.safety.fitting.sentences import examples
from chat.safety.fitting.talk import UNRELATED, third_of
from chat.safety.heads.head import head_for
from chat.safety.language import LANGUAGES, language_of
from chat.safety.levels import Level
from chat.safety.probes import probes

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared" / "data"
SUICIDE_WORDS = ("suicid", "kill myself", "self-harm", "self harm", "end my life", "want to die")


@dataclass(frozen=True)
class Talk:
    """A person's turns; `danger` says whether they should be found, None where nobody said."""

    kind: str
    turns: tuple[str, ...]
    danger: bool


def own_held_out() -> Iterator[Talk]:
    """Own sentences that nothing was fitted or mended on."""
    for each in examples("en", "person", held_out=True):
        raised_only = each.classes & {"despair", "reliance", "mania"}
        if not raised_only:
            yield Talk(each.kind, each.turns, bool(each.classes))


def own_raised() -> Iterator[Talk]:
    """Held out as well: what should raise the state without a card."""
    for each in examples("en", "person", held_out=True):
        if each.classes & {"despair", "reliance", "mania"}:
            yield Talk(each.kind, each.turns, True)


def own_fitted() -> Iterator[Talk]:
    """Own sentences that the head was fitted on: what the rules alone find there."""
    for each in examples("en", "person"):
        if not each.classes & {"despair", "reliance", "mania"}:
            yield Talk(each.kind, each.turns, bool(each.classes))


def aicare() -> Iterator[Talk]:
    """Synthetic conversations in Indonesian and English; development set."""
    for path in sorted((SHARED / "ugm_aicare_crisis").glob("*.json")):
        for one in json.loads(path.read_text(encoding="utf-8")):
            turns = tuple(turn["content"] for turn in one["turns"] if turn["role"] == "user")
            yield Talk(f"{path.stem}: {one['category']}", turns, one["is_crisis"])


def esconv(split: str) -> Callable[[], Iterator[Talk]]:
    """Talk between people in everyday distress; a few of its messages do speak of danger."""

    def talks() -> Iterator[Talk]:
        path = SHARED / "esconv" / f"{split}.jsonl"
        for line in path.read_text(encoding="utf-8").splitlines():
            dialog = json.loads(line)["dialog"]
            turns = tuple(turn["text"] for turn in dialog if turn["speaker"] == "usr")
            yield Talk(f"esconv {split}", turns, False)

    return talks


def counsel_chat() -> Iterator[Talk]:
    """Questions to counsellors, each once; the forum's own topics say what they are about."""
    path = SHARED / "counsel_chat" / "20200325_counsel_chat.csv"
    danger = {"suicide", "self-harm", "domestic-violence", "eating-disorders"}
    seen: set[str] = set()
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["questionID"] in seen or not row["questionText"].strip():
                continue
            seen.add(row["questionID"])
            text = f"{row['questionTitle']} {row['questionText']}"
            yield Talk(f"topic {row['topic']}", (text,), row["topic"] in danger)


def chinese(held_out: bool) -> Callable[[], Iterator[Talk]]:
    """Own Chinese sentences: written last and measured only, or those that were mended on."""

    def talks() -> Iterator[Talk]:
        for each in examples("zh", "person", held_out=held_out):
            yield Talk(each.kind, each.turns, bool(each.classes))

    return talks


def psyguard() -> Iterator[Talk]:
    """The third of the Chinese messages that nothing was mended or fitted on."""
    own = ("自杀未遂", "自杀计划", "主动自杀意图", "被动自杀意图", "自杀准备行为")
    path = SHARED / "psyguard" / "valid.json"
    for each in json.loads(path.read_text(encoding="utf-8")):
        danger = bool({*own, "自伤行为", "自伤意图"} & set(each["labels"]))
        # Danger of others and questions about it are left out: the set does not tell them apart.
        if third_of(each["text"]) == "test" and (danger or each["labels"] == [UNRELATED]):
            yield Talk("psyguard", (each["text"],), danger)


def cpsycoun() -> Iterator[Talk]:
    """Chinese counselling, the third kept apart; some of its clients do speak of danger."""
    path = SHARED / "cpsycoun" / "CPsyCounD.jsonl"
    for line in path.read_text(encoding="utf-8").splitlines():
        messages = json.loads(line)["messages"]
        turns = tuple(turn["content"] for turn in messages if turn["role"] == "user")
        if third_of(turns[0]) == "test":
            yield Talk("cpsycoun", turns, False)


def probed(language: str) -> Callable[[], Iterator[Talk]]:
    """The probes, written without a look at rules or sentences; those that only raise left out."""

    def talks() -> Iterator[Talk]:
        for probe in probes(language):
            if probe.level in ("high", "ordinary"):
                yield Talk(probe.kind, probe.turns, probe.level == "high")

    return talks


SETS: dict[str, Callable[[], Iterator[Talk]]] = {
    "held_out": own_held_out,
    "held_out_raised": own_raised,
    "aicare": aicare,
    "probes_en": probed("en"),
    "probes_zh": probed("zh"),
    "esconv_valid": esconv("valid"),
    "esconv_test": esconv("test"),
    "counsel_chat": counsel_chat,
    "zh_held_out": chinese(held_out=True),
    "psyguard": psyguard,
    "cpsycoun": cpsycoun,
    "fitted": own_fitted,
    "zh_mended": chinese(held_out=False),
}


def found(hits: int, number: int) -> str:
    """A share with its 95 % interval, in per cent."""
    if not number:
        return "–"
    low, high = wilson(hits, number)
    return f"{hits}/{number} = {100 * hits / number:.1f} % ({100 * low:.1f}–{100 * high:.1f})"


class Judge:
    """The head's scores of units, as the engine gives them; each text is read once."""

    def __init__(self, encoders: Path) -> None:
        self.encoder = Encoder(encoders / NAME)
        self.known: dict[str, Scores] = {}

    def scores(self, looked_at: Sequence[str]) -> list[Scores]:
        for language in LANGUAGES:
            head = head_for(language, "person")
            new = [text for text in looked_at if language_of(text) == language]
            new = [text for text in new if text not in self.known]
            if head is not None and new:
                vectors = self.encoder.vectors(new, "person")
                self.known.update(zip(new, head.scores(vectors), strict=True))
        return [self.known.get(unit, {}) for unit in looked_at]


def history(turns: Sequence[str]) -> list[dict[str, str]]:
    return [{"role": "user", "content": turn} for turn in turns]


def found_in(talk: Talk, judge: Judge | None) -> list[Finding]:
    """The finding of each of the person's turns, as the site would have it."""
    findings = []
    for place, turn in enumerate(talk.turns):
        before = history(talk.turns[:place])
        scores = judge.scores(units(turn, before)) if judge else None
        findings.append(read(turn, before, scores=scores))
    return findings


def measure(name: str, talks: list[Talk], judge: Judge | None, misses: bool) -> None:
    shown = "rules and head" if judge else "rules alone"
    counts: Counter[str] = Counter()
    kinds: dict[str, Counter[str]] = {}
    for talk in talks:
        findings = found_in(talk, judge)
        card = any(each.card for each in findings)
        any_level = card or any(each.level > Level.ORDINARY for each in findings)
        side = "danger" if talk.danger else "calm"
        counts.update({f"{side} talks": 1, f"{side} card": card, f"{side} found": any_level})
        counts["calm turns"] += 0 if talk.danger else len(findings)
        if not talk.danger:
            counts["calm turns card"] += sum(bool(each.card) for each in findings)
            counts["calm turns found"] += sum(
                bool(each.card) or each.level > Level.ORDINARY for each in findings
            )
        kinds.setdefault(talk.kind, Counter()).update(all=1, found=any_level, card=card)
        if misses and any_level != talk.danger:
            sources = ", ".join(sorted({each.source for each in findings if each.source}))
            print(f"  {'MISSED' if talk.danger else 'ALARM'} [{talk.kind}] {sources} {talk.turns}")
    print(f"\n{name}, {shown}")
    for side, word in (("danger", "recall"), ("calm", "false alarms")):
        number = counts[f"{side} talks"]
        print(f"  {word}, card: {found(counts[f'{side} card'], number)}")
        print(f"  {word}, card or raised: {found(counts[f'{side} found'], number)}")
    print(
        f"  false alarms per turn, card: {found(counts['calm turns card'], counts['calm turns'])}"
    )
    in_turns = found(counts["calm turns found"], counts["calm turns"])
    print(f"  false alarms per turn, card or raised: {in_turns}")
    if name.startswith(("held_out", "fitted", "aicare", "zh")):
        for kind, each in kinds.items():
            print(f"    {kind}: found {each['found']} of {each['all']}, card {each['card']}")


def main() -> None:
    parser = argparse.ArgumentParser("python -m benchmarks.chat.detection", description=__doc__)
    parser.add_argument("--sets", nargs="*", choices=SETS, default=list(SETS)[:-2])
    parser.add_argument("--misses", action="store_true", help="show what was judged wrongly")
    parser.add_argument(
        "--rules", action="store_true", help="the rules alone, as without an engine"
    )
    parser.add_argument("--encoders", type=Path, default=ROOT / "var" / "encoders")
    given = parser.parse_args()
    judge = None if given.rules else Judge(given.encoders)
    for name in given.sets:
        try:
            talks = list(SETS[name]())
        except FileNotFoundError as error:
            print(f"\n{name}: left out, {error.filename} is not on this machine")
            continue
        if judge:  # all at once: an encoder is quicker so
            looked_at = {
                unit
                for talk in talks
                for place, turn in enumerate(talk.turns)
                for unit in units(turn, history(talk.turns[:place]))
            }
            judge.scores(sorted(looked_at))
        measure(name, talks, judge, given.misses)


if __name__ == "__main__":
    main()
