"""How many of 300 unsafe and 300 good sentences reach a client, said by an engine token by token.

    python -m benchmarks.chat.gate_through_engine [--limit 20] [--ways whole,events,page,samples]

Starts broker, web process, a real engine that judges (`--encoders`), and an engine that says the
sentences of the gate's unseen test as replies. The assistant is cleared for every level, so that
the gate is what is measured: without that the library would answer many of the messages, and with
`--uncleared` it does. Where it answers all the same (whoever asks for a human, an emergency),
harmless words are sent instead. For each way out it counts which sentences a client has whole, and
looks for fragments of the others in everything that the client got. Beside it stands what
`benchmarks.chat.gate` says of the same sentences and heads, without any engine.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from benchmarks.chat import gate
from benchmarks.chat.gate_through_engine import ways
from benchmarks.chat.gate_through_engine.saying import SayingEngine, pieces_of, reply_of
from benchmarks.chat.gate_through_engine.seeing import Seen, fragments, texts_in
from benchmarks.chat.studio import Studio, studio
from benchmarks.frame import print_head, print_row
from chat.safety.cards import CARDS
from chat.safety.fitting.cases import Case, cases
from chat.safety.gate import judged, sentences
from chat.safety.library.replies import replies_in
from tests.doubles.speaking_engine import speaking_engine

SINGLE = {"whole": ways.whole, "events": ways.events, "page": ways.page}
WAYS = (*SINGLE, "samples")
CHROME = Case("en", "", "", "It sounds as if today was hard.", "")


def chosen(limit: int | None) -> list[Case]:
    """The unseen cases, or so many of each language, unsafe and good, from all over the file."""
    kinds: dict[tuple[str, bool], list[Case]] = {}
    for case in cases(gate.UNSEEN):
        kinds.setdefault((case.language, bool(case.held_as)), []).append(case)
    found = []
    for own in kinds.values():
        number = len(own) if limit is None else min(limit, len(own))
        found += [own[place * len(own) // number] for place in range(number)]
    return found


def clear(running: Studio) -> None:
    """A reviewer's signature for this assistant, at both elevated levels."""
    from chat.policy.clearance import clearance_sign, probes_record
    from chat.policy.fingerprints import checkpoint_hash
    from chat.safety.levels import Level
    from finetune.teams.models import User

    name = running.assistant.engine_name
    for level in (Level.RAISED, Level.HIGH):
        row = probes_record(
            assistant=name,
            level=level,
            probe_set_version="benchmark",
            passed=True,
            checkpoint_hash=checkpoint_hash(name),
        )
        reviewer = User.objects.get(username="alice")
        clearance_sign(clearance=row, reviewer=reviewer, words="So that the gate is measured.")


def sent(to: ways.Clients, way: str, found: list[Case]) -> list[Seen]:
    """What a client has seen of each case on one way."""
    if way == "samples":
        return ways.samples(to, found)
    seen = []
    for number, case in enumerate(found):
        seen.append(ways.through(to, SINGLE[way], case, number))
        if number % 100 == 99:
            print(f"{way}: {number + 1} of {len(found)}", flush=True)
    by_library = sum(one.by_library for one in seen)
    print(f"{way}: {len(found)} sent, {by_library} for the library", flush=True)
    return seen


def harmless(to: ways.Clients, wanted: list[str]) -> set[str]:
    """Fragments that stand on pages anyway: reviewed words, cards, and what is around a reply."""
    from chat.speech.firmness import CLASSES  # asks for settings, which `studio` makes

    texts = [words.text for language in ("en", "zh") for words in replies_in(language)]
    texts += [text for card in CARDS.values() for text in texts_in(vars(card))]
    texts += [words.called for words in CLASSES.values()]
    to.engine.case = CHROME
    if "page" in wanted:
        texts += ways.page(to, CHROME, ways.asked_of(CHROME, neutral=True), "").frames
    if "samples" in wanted:
        texts += ways.samples(to, [CHROME])[0].frames
    return fragments(*texts)


def expected(case: Case, asked: str, judge: gate.LocalJudge) -> bool:
    """Whether the gate shows the case, sentence by sentence as the stream cuts it."""
    before = ""
    for sentence in sentences(reply_of(case)):
        one = Case(case.language, asked, before, sentence, case.held_as)
        if gate.verdict(one, judge.scores(judged(sentence, before))):
            return False
        before = sentence
    return True


def row(name: str, found: list[Case], reached: list[bool]) -> list[str]:
    """The two shares that the issue names."""
    both = list(zip(found, reached, strict=True))
    unsafe = [shown for case, shown in both if case.held_as]
    good = [not shown for case, shown in both if not case.held_as]
    return [name, gate.said(sum(unsafe), len(unsafe)), gate.said(sum(good), len(good))]


def table(found: list[Case], seen: dict[str, list[Seen]], allowed: set[str]) -> None:
    print_head("way", "unsafe that reach a client", "good that do not", "fragments of held ones")
    for way, own in seen.items():
        leaks = [one.leaked(allowed) for one in own]
        lines = sum(map(bool, leaks))
        held = sum(len(pieces_of(one.case)) - len(one.shown()) for one in own)
        print_row(
            *row(way, found, [one.reached() for one in own]),
            f"{sum(map(len, leaks))} in {lines} of {held} held sentences",
        )
        for one, leak in zip(own, leaks, strict=True):
            if leak:
                print(f"  LEAK {way}: {one.case.sentence!r}: {sorted(leak)}")
    reached = [any(own[at].reached() for own in seen.values()) for at in range(len(found))]
    print_row(*row("any of them", found, reached), "")


def beside(found: list[Case], seen: dict[str, list[Seen]], encoders: Path) -> None:
    """The same without an engine, and whether each way agrees, case by case."""
    judge = gate.LocalJudge(encoders)
    alone = [not held_as for _, held_as in gate.measure(found, judge)]
    print_row(*row("`benchmarks.chat.gate`", found, alone), "")
    for way, own in seen.items():
        other = [at for at, one in enumerate(own) if one.reached() != alone[at]]
        wrong = [
            at
            for at, one in enumerate(own)
            if way != "samples" and one.reached() != expected(one.case, one.asked, judge)
        ]
        print(
            f"{way}: {len(other)} other than there, {len(wrong)} of {len(own)} other than the gate"
            " says of the same message, cut as a stream is"
        )
        for at in wrong:
            print(f"  {own[at].case}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--encoders", type=Path, default=gate.ENCODERS)
    parser.add_argument("--limit", type=int, help="cases of each language, unsafe and good")
    parser.add_argument("--ways", default=",".join(WAYS))
    parser.add_argument("--uncleared", action="store_true", help="the library answers danger")
    given = parser.parse_args()
    wanted = [way for way in WAYS if way in given.ways.split(",")]
    found, seen = chosen(given.limit), dict[str, list[Seen]]()
    engine = SayingEngine()
    with tempfile.TemporaryDirectory() as base, speaking_engine(engine):
        (Path(base) / "README").write_text("Nobody loads this: its replies are given.")
        speaks = int(engine.url.rpartition(":")[2])
        with studio(base=Path(base), encoders=given.encoders, speaks=speaks) as running:
            from django.conf import settings

            engine.judged_by(f"http://127.0.0.1:{running.engine}", settings.ENGINE_KEY)
            engine.judge_all(found)
            if not given.uncleared:
                clear(running)
            with ways.clients(running, engine, insists=not given.uncleared) as to:
                allowed = harmless(to, wanted)
                for way in wanted:
                    seen[way] = sent(to, way, found)
    table(found, seen, allowed)
    beside(found, seen, given.encoders)


if __name__ == "__main__":
    main()
