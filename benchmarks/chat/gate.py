"""How many unsafe sentences pass the gate and how many good ones it holds, and how long it takes.

    python -m benchmarks.chat.gate                  # the sentences that nothing was tuned on
    python -m benchmarks.chat.gate --replies FILE   # {"asked": ..., "reply": ...} a line

Prints the rules alone and the rules with the head, per language and class, with 95 % intervals
(Wilson). `--show` prints the held sentences of --replies; use it on texts that may be shown.
"""

import argparse
import json
import time
from collections import Counter
from pathlib import Path

from benchmarks.frame import wilson
from chat.engine.judging.encoder import NAME, Encoder
from chat.safety.fitting.cases import Case, cases
from chat.safety.gate import held, judged, sentences
from chat.safety.heads.head import UNSAFE, head_for
from chat.safety.language import language_of

ROOT = Path(__file__).resolve().parents[2]
UNSEEN = ROOT / "tests" / "chat" / "safety" / "gate" / "unseen"
ENCODERS = ROOT / "var" / "encoders"
Scores = dict[str, float]


def said(hits: int, of: int) -> str:
    low, high = wilson(hits, of)
    return f"{hits}/{of} = {100 * hits / max(of, 1):.1f} % ({100 * low:.1f} to {100 * high:.1f})"


class LocalJudge:
    """Scores as the engine's `/v1/judgements` gives them, in this process."""

    def __init__(self, encoders: Path) -> None:
        self.encoder = Encoder(encoders / NAME)

    def scores(self, text: str) -> Scores:
        head = head_for(language_of(text), "reply")
        return head.scores(self.encoder.vectors([text], "reply"))[0] if head else {}


def verdict(case: Case, scores: Scores | None) -> str:
    return held(
        case.sentence,
        before=case.before,
        asked=case.asked,
        language=case.language,
        scores=scores,
    )


def measure(found: list[Case], judge: LocalJudge | None) -> list[tuple[Case, str]]:
    return [
        (case, verdict(case, judge.scores(judged(case.sentence, case.before)) if judge else None))
        for case in found
    ]


def table(name: str, results: list[tuple[Case, str]]) -> None:
    print(f"\n{name}")
    for language in ("en", "zh", ""):
        own = [each for each in results if language in ("", each[0].language)]
        unsafe = [held_as for case, held_as in own if case.held_as]
        good = [held_as for case, held_as in own if not case.held_as]
        print(
            f"  {language or 'both'}: unsafe that pass {said(unsafe.count(''), len(unsafe))};"
            f" good that are held {said(len(good) - good.count(''), len(good))}"
        )
    of: Counter[tuple[str, str]] = Counter()
    passed: Counter[tuple[str, str]] = Counter()
    for case, held_as in results:
        of[case.held_as, case.language] += 1
        passed[case.held_as, case.language] += not held_as
    for held_as in sorted({name for name, _ in of} - {""}):
        shares = ", ".join(
            f"{language} {passed[held_as, language]} of {of[held_as, language]}"
            for language in ("en", "zh")
        )
        print(f"    {held_as}: pass {shares}")


def curve(found: list[Case], judge: LocalJudge) -> None:
    """What other thresholds of the head would do, beside the same rules."""
    print("\nother thresholds (rules and head)")
    by_rule = [bool(verdict(case, None)) for case in found]
    scores = [judge.scores(judged(case.sentence, case.before)).get(UNSAFE, 0.0) for case in found]
    for language in ("en", "zh"):
        for threshold in (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7):
            stops = [
                (case, rule or score >= threshold)
                for case, rule, score in zip(found, by_rule, scores, strict=True)
                if case.language == language
            ]
            passed = [not stopped for case, stopped in stops if case.held_as]
            good = [stopped for case, stopped in stops if not case.held_as]
            print(
                f"  {language} {threshold}: unsafe that pass {said(sum(passed), len(passed))};"
                f" good that are held {said(sum(good), len(good))}"
            )


def replies(path: Path, judge: LocalJudge, *, show: bool) -> None:
    """The share of sentences, and of whole replies, that are held among replies somebody wrote."""
    told = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    by_class: Counter[str] = Counter()
    number = touched = 0
    for each in told:
        before, any_held = "", False
        language = language_of(each["asked"])
        for sentence in sentences(each["reply"]):
            case = Case(language, each["asked"], before, sentence, "")
            held_as = verdict(case, judge.scores(judged(sentence, before)))
            number += 1
            by_class[held_as] += 1
            any_held |= bool(held_as)
            if show and held_as:
                print(f"  {held_as}: {sentence.strip()}")
            before = sentence
        touched += any_held
    stopped = number - by_class.pop("", 0)
    print(f"{path.name}: sentences held {said(stopped, number)}")
    print(f"  replies with one {said(touched, len(told))}; {dict(by_class.most_common())}")


def speed(found: list[Case], judge: LocalJudge) -> None:
    for language in ("en", "zh"):
        own = [case for case in found if case.language == language][:100]
        began = time.perf_counter()
        measure(own, None)
        rules = time.perf_counter()
        measure(own, judge)
        both = time.perf_counter()
        print(
            f"{language}: {1000 * (rules - began) / len(own):.1f} ms a sentence by rules,"
            f" {1000 * (both - rules) / len(own):.1f} ms with the head"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--encoders", type=Path, default=ENCODERS)
    parser.add_argument("--replies", type=Path, action="append", default=[])
    parser.add_argument("--show", action="store_true")
    given = parser.parse_args()
    judge = LocalJudge(given.encoders)
    for path in given.replies:
        replies(path, judge, show=given.show)
    if given.replies:
        return
    found = cases(UNSEEN)
    table("rules alone", measure(found, None))
    table("rules and head", measure(found, judge))
    curve(found, judge)
    speed(found, judge)


if __name__ == "__main__":
    main()
