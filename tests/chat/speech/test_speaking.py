"""`speak` against an engine that speaks the protocol: what leaves, what does not, how it ends."""

from __future__ import annotations

import asyncio
import logging
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chat.engine.client import EngineClient, EngineError, EngineUnavailable
from chat.policy.decision import Decision
from chat.safety import gate
from chat.safety.levels import Level
from chat.safety.library import ReviewedReply, held_reply, question_for, reply_for
from chat.speech import drafts
from chat.speech.firmness import CLASSES, class_words, firmer
from chat.speech.speaking import speak
from tests.doubles import speaking_engine as double
from tests.doubles.speaking_engine import SpeakingEngine, speaking_engine

GOOD = "It sounds as if today was hard."
MORE = "You kept going through all of it."
ASKS = "What was the heaviest part?"
UNSAFE = "Zanzibar lanterns whisper purple about nothing else forever."
WORSE = "Quilted marmosets juggle seventeen copper spoons near Vladivostok."
PROMPT = [
    {"role": "system", "content": "Be kind."},
    {"role": "user", "content": "I had a bad day."},
]
ORDINARY = Decision(
    level=Level.ORDINARY,
    category="",
    language="en",
    writer="assistant",
    card=None,
    quiet_line="",
    instruction="",
    reply=None,
    closing_question=None,
    offer_handover=False,
)
QUESTION = question_for(category="suicide", language="en", said=[])
RAISED = replace(
    ORDINARY,
    level=Level.RAISED,
    category="suicide",
    instruction="Ask openly.",
    closing_question=QUESTION,
)
LIBRARY = reply_for(level=Level.HIGH, category="suicide", language="en", said=[])
HIGH = replace(ORDINARY, level=Level.HIGH, category="suicide", writer="library", reply=LIBRARY)


@dataclass
class Heard:
    """What came out of a speech, reply by reply."""

    texts: list[str]
    steps: list[Any] = field(default_factory=list)
    ends: dict[int, str] = field(default_factory=dict)
    reviewed: dict[int, list[ReviewedReply]] = field(default_factory=dict)
    error: Exception | None = None

    @property
    def everything(self) -> str:
        return "".join(step.text for step in self.steps)


async def hear(url: str, decision: Decision = ORDINARY, **given_options: Any) -> Heard:
    options = {"max_tokens": 200, **given_options.pop("options", {})}
    heard = Heard([""] * int(options.get("n") or 1))
    steps = speak(
        decision,
        client=EngineClient(url),
        model="calm",
        prompt=given_options.pop("prompt", PROMPT),
        options=options,
        language=given_options.pop("language", "en"),
        **given_options,
    )
    try:
        async with aclosing(steps):
            async for step in steps:
                heard.steps.append(step)
                heard.texts[step.index] += step.text
                if step.finish_reason:
                    assert step.index not in heard.ends, "a reply ends once"
                    heard.ends[step.index] = step.finish_reason
                if step.reviewed:
                    heard.reviewed.setdefault(step.index, []).append(step.reviewed)
    except (EngineError, EngineUnavailable) as error:
        heard.error = error
    return heard


@pytest.fixture
def engine(speaker: SpeakingEngine) -> SpeakingEngine:
    speaker.unsafe = {UNSAFE: "belittling", WORSE: "method"}
    return speaker


async def test_a_good_reply_leaves_whole_and_counted(engine: SpeakingEngine) -> None:
    engine.drafts = [[f"{GOOD} {MORE}\n\n{ASKS}"]]
    heard = await hear(engine.url)
    assert heard.texts == [f"{GOOD} {MORE}\n\n{ASKS}"]
    assert heard.ends == {0: "stop"}
    usage = heard.steps[-1].usage
    assert (usage.prompt_tokens, usage.completion_tokens) == (
        9,
        len(double.tokens_of(heard.texts[0])),
    )
    assert len(engine.requests) == 1


async def test_nothing_leaves_before_its_sentence_is_judged(engine: SpeakingEngine) -> None:
    engine.drafts = [[f"{GOOD} {ASKS}"]]
    engine.holds_at = len(double.tokens_of(GOOD)) - 1  # all but its full stop
    task = asyncio.create_task(hear(engine.url))
    await asyncio.sleep(0.3)
    assert engine.judged == []
    engine.gate.set()
    heard = await task
    assert [step.text for step in heard.steps if step.text] == [GOOD, f" {ASKS}"]


async def test_a_model_is_not_asked_in_a_language_that_it_cannot_know(
    engine: SpeakingEngine,
) -> None:
    prompt = [{"role": "user", "content": "今天好累，什么都不想做。"}]
    said: list[str] = []
    for _ in range(3):
        heard = await hear(engine.url, prompt=prompt, language="zh", languages=["en"], said=said)
        (words,) = heard.reviewed[0]
        assert heard.texts == [words.text]
        assert "写好" in words.text, "it says that the model did not write this"
        assert words.id not in said
        assert heard.ends == {0: "content_filter"}
        said.append(words.id)
    assert engine.requests == []


async def test_a_model_is_asked_where_its_languages_are_not_known_or_others_than_ours(
    engine: SpeakingEngine,
) -> None:
    for language, languages in (("zh", []), ("other", ["en"]), ("en", ["en"])):
        engine.drafts = [[GOOD]]
        await hear(engine.url, language=language, languages=languages)
    assert len(engine.requests) >= 3


async def test_a_held_first_sentence_leads_to_one_new_draft(engine: SpeakingEngine) -> None:
    engine.drafts = [[f"{UNSAFE} {MORE}"], [f"{GOOD} {ASKS}"]]
    heard = await hear(engine.url, options={"seed": 5, "temperature": 0.7, "stop": ["END"]})
    assert heard.texts == [f"{GOOD} {ASKS}"]
    assert heard.ends == {0: "stop"}
    assert heard.reviewed == {}
    first, second = engine.requests
    assert second["messages"][0]["content"] == f"Be kind.\n\n{firmer('belittling', 'en')}"
    assert second["messages"][1:] == first["messages"][1:]
    assert second["max_tokens"] == first["max_tokens"]
    assert (second["temperature"], second["stop"]) == (0.7, ["END"])
    assert second["seed"] != first["seed"]
    assert "Zanzibar" not in str(engine.requests)


async def test_what_was_released_stays_and_the_new_draft_goes_on(engine: SpeakingEngine) -> None:
    engine.drafts = [[f"{GOOD} {UNSAFE} {MORE}"], [f" {ASKS}"]]
    heard = await hear(engine.url)
    assert heard.texts == [f"{GOOD} {ASKS}"]
    assert heard.ends == {0: "stop"}
    second = engine.requests[1]
    assert second["messages"][-1] == {"role": "assistant", "content": GOOD}
    assert second["continue_final_message"] is True
    assert second["max_tokens"] < engine.requests[0]["max_tokens"]


async def test_a_reply_that_the_request_begins_is_judged_and_gone_on_with_as_one(
    engine: SpeakingEngine,
) -> None:
    engine.drafts = [[f" {MORE} {UNSAFE}"], [f" {ASKS}"]]
    prompt = [*PROMPT, {"role": "assistant", "content": GOOD}]
    heard = await hear(engine.url, prompt=prompt, options={"continue_final_message": True})
    assert heard.texts == [f" {MORE} {ASKS}"]
    assert engine.requests[1]["messages"][-1]["content"] == f"{GOOD} {MORE}"
    assert engine.judged[0][0] == gate.judged(MORE, GOOD), (
        "a short sentence leans on the one before it"
    )


async def test_an_engine_that_cannot_go_on_is_not_asked_to(engine: SpeakingEngine) -> None:
    engine.drafts = [[f"{GOOD} {UNSAFE}"], [ASKS]]
    heard = await hear(engine.url, continues=False)
    words = held_reply(language="en", said=[], sentence_class="belittling")
    assert heard.texts == [f"{GOOD}\n\n{words.text}"]
    assert len(engine.requests) == 1


async def test_a_second_held_sentence_leads_to_a_reviewed_reply(engine: SpeakingEngine) -> None:
    engine.drafts = [[f"{UNSAFE} {MORE}"], [f"{GOOD} {WORSE} {MORE}"], ["Never asked for."]]
    heard = await hear(engine.url)
    words = held_reply(language="en", said=[], sentence_class="method")
    assert heard.texts == [f"{GOOD}\n\n{words.text}"]
    assert heard.ends == {0: "content_filter"}
    assert heard.reviewed == {0: [words]}
    assert len(engine.requests) == 2


async def test_nothing_that_was_said_lately_is_said_again(engine: SpeakingEngine) -> None:
    engine.drafts = [[UNSAFE]]
    first = (await hear(engine.url)).reviewed[0][0]
    second = (await hear(engine.url, said=[first.id])).reviewed[0][0]
    assert first.id != second.id


async def test_above_the_ordinary_level_the_library_stands_in_for_that_level(
    engine: SpeakingEngine,
) -> None:
    engine.drafts = [[UNSAFE]]
    heard = await hear(engine.url, RAISED)
    words = reply_for(
        level=Level.RAISED, category="suicide", language="en", said=[], text="I had a bad day."
    )
    assert heard.texts == [words.text]


async def test_a_judge_that_is_away_closes_the_gate(engine: SpeakingEngine) -> None:
    engine.drafts = [[f"{GOOD} {ASKS}"]]
    engine.judging = False
    heard = await hear(engine.url)
    assert heard.texts == [held_reply(language="en", said=[]).text]
    assert heard.ends == {0: "content_filter"}
    assert len(engine.requests) == 1, "nothing could judge a new draft either"


async def test_a_judge_that_dies_in_mid_reply_keeps_what_was_judged(
    engine: SpeakingEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.drafts = [[f"{GOOD} {MORE} {ASKS}"]]
    engine.holds_at = len(double.tokens_of(f"{GOOD} {MORE}"))
    task = asyncio.create_task(hear(engine.url))
    while not engine.judged:
        await asyncio.sleep(0.01)
    engine.judging = False
    engine.gate.set()
    heard = await task
    assert heard.texts == [f"{GOOD}\n\n{held_reply(language='en', said=[]).text}"]
    assert heard.ends == {0: "content_filter"}


async def test_a_judge_of_its_own_is_asked(engine: SpeakingEngine) -> None:
    engine.drafts = [[GOOD]]
    with speaking_engine() as judge:
        judge.unsafe = {GOOD: "method"}
        heard = await hear(engine.url, judge=EngineClient(judge.url))
        assert judge.judged == [[gate.judged(GOOD, "")]] * 2
    assert GOOD not in heard.everything
    assert engine.judged == []


async def test_a_fault_in_the_verdict_lets_nothing_out(
    engine: SpeakingEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(sentence: str, **context: Any) -> str:
        raise RuntimeError("a rule is broken")

    monkeypatch.setattr(drafts, "held", broken)
    steps = speak(
        ORDINARY, client=EngineClient(engine.url), model="calm", prompt=PROMPT, options={},
        language="en",
    )  # fmt: skip
    texts: list[str] = []

    async def listen() -> None:
        async with aclosing(steps):
            async for step in steps:
                texts.append(step.text)

    with pytest.raises(RuntimeError, match="a rule is broken"):
        await listen()
    assert "".join(texts) == ""


async def test_each_of_several_replies_has_its_own_gate(engine: SpeakingEngine) -> None:
    engine.drafts = [
        [f"{GOOD} {ASKS}", f"{UNSAFE} {ASKS}", f"{MORE} {UNSAFE}", f"{WORSE}"],
        [MORE],
    ]
    engine.script = lambda body: (
        engine.drafts[0] if body.get("n") else [UNSAFE if "harm." in str(body) else MORE]
    )
    heard = await hear(engine.url, options={"n": 4})
    assert heard.texts[0] == f"{GOOD} {ASKS}"
    assert heard.texts[1] == MORE
    assert heard.texts[2] == f"{MORE} {MORE}"
    assert heard.texts[3] == held_reply(language="en", said=[], sentence_class="belittling").text
    assert heard.ends == {0: "stop", 1: "stop", 2: "stop", 3: "content_filter"}
    assert len(engine.requests) == 4
    assert heard.steps[-1].usage.completion_tokens > 0


async def test_the_end_of_a_reply_is_the_engines(engine: SpeakingEngine) -> None:
    engine.drafts = [[f"{GOOD} {MORE} {ASKS}"]]
    limit = len(double.tokens_of(GOOD)) + 3
    heard = await hear(engine.url, options={"max_tokens": limit})
    assert heard.texts == ["".join(double.tokens_of(f"{GOOD} {MORE}")[:limit])]
    assert heard.ends == {0: "length"}


async def test_an_unfinished_sentence_is_judged_as_well(engine: SpeakingEngine) -> None:
    part = "".join(double.tokens_of(UNSAFE)[:5])
    engine.unsafe = {part: "belittling"}
    engine.drafts = [[UNSAFE], [GOOD]]
    heard = await hear(engine.url, options={"max_tokens": 5})
    assert "Zanzibar" not in heard.everything


async def test_a_raised_reply_ends_with_the_reviewed_question(engine: SpeakingEngine) -> None:
    engine.drafts = [[f"{GOOD} {MORE}"]]
    heard = await hear(engine.url, RAISED)
    assert heard.texts == [f"{GOOD} {MORE}\n\n{QUESTION.text}"]
    assert heard.ends == {0: "stop"}
    assert heard.reviewed == {0: [QUESTION]}
    assert "Ask openly." in engine.requests[0]["messages"][0]["content"]


async def test_no_half_sentence_before_the_reviewed_question(engine: SpeakingEngine) -> None:
    engine.drafts = [[f"{GOOD} {MORE}"]]
    limit = len(double.tokens_of(GOOD)) + 3
    heard = await hear(engine.url, RAISED, options={"max_tokens": limit})
    assert heard.texts == [f"{GOOD}\n\n{QUESTION.text}"]


async def test_the_library_answers_without_the_engine(engine: SpeakingEngine) -> None:
    heard = await hear("http://127.0.0.1:9", HIGH, options={"n": 3})
    assert heard.texts == [LIBRARY.text] * 3
    assert heard.ends == {0: "stop", 1: "stop", 2: "stop"}
    assert {one.id for said in heard.reviewed.values() for one in said} == {LIBRARY.id}
    assert engine.requests == []


async def test_ungated_is_what_the_model_says(engine: SpeakingEngine) -> None:
    engine.drafts = [[f"{GOOD} {UNSAFE}"]]
    for decision in (ORDINARY, RAISED, HIGH):
        heard = await hear(engine.url, decision, gated=False)
        assert heard.texts == [f"{GOOD} {UNSAFE}"]
        assert heard.steps[-1].usage.prompt_tokens == 9
    assert engine.judged == []


async def test_an_engine_that_dies_is_an_error_and_what_was_judged_stays(
    engine: SpeakingEngine,
) -> None:
    engine.drafts = [[f"{GOOD} {MORE} {ASKS}"]]
    engine.dies_after = len(double.tokens_of(f"{GOOD} {MORE}")) - 2
    heard = await hear(engine.url)
    assert isinstance(heard.error, EngineUnavailable)
    assert heard.texts == [GOOD]


async def test_an_engine_that_dies_in_the_new_draft_leaves_a_reviewed_reply(
    engine: SpeakingEngine,
) -> None:
    engine.drafts = [[UNSAFE]]

    def script(body: dict[str, Any]) -> list[str]:
        engine.dies_after = 3 if len(engine.requests) == 2 else None
        return [f"{UNSAFE} {MORE}"]

    engine.script = script
    heard = await hear(engine.url)
    assert heard.error is None
    assert heard.texts == [held_reply(language="en", said=[]).text]


async def test_who_leaves_stops_the_engine(engine: SpeakingEngine) -> None:
    engine.drafts = [[" ".join([GOOD, MORE] * 200)]]
    engine.pause = 0.005
    steps = speak(
        ORDINARY, client=EngineClient(engine.url), model="calm", prompt=PROMPT, options={},
        language="en",
    )  # fmt: skip
    async with aclosing(steps):
        async for step in steps:
            if step.text:
                break
    async with asyncio.timeout(5):
        while not engine.closed:
            await asyncio.sleep(0.02)
    mine = [task for task in asyncio.all_tasks() if "Drafts" in repr(task)]
    assert not mine


async def test_a_held_draft_is_not_read_to_its_end(engine: SpeakingEngine) -> None:
    engine.script = lambda body: [
        GOOD if len(engine.requests) == 2 else f"{UNSAFE} " + " ".join([MORE] * 400)
    ]
    engine.pause = 0.002
    heard = await hear(engine.url, options={"max_tokens": 9000})
    assert heard.texts == [GOOD]
    async with asyncio.timeout(5):
        while not engine.closed:
            await asyncio.sleep(0.02)


async def test_readers_hear_that_a_reply_is_being_written(
    engine: SpeakingEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drafts, "ALIVE_SECONDS", 0.05)
    engine.drafts = [[GOOD]]
    engine.holds_at = 2
    task = asyncio.create_task(hear(engine.url))
    await asyncio.sleep(0.4)
    engine.gate.set()
    heard = await task
    empty = [step for step in heard.steps if not (step.text or step.finish_reason or step.usage)]
    assert len(empty) > 2
    assert heard.texts == [GOOD]


async def test_sentences_that_are_ready_together_are_judged_together(
    engine: SpeakingEngine,
) -> None:
    many = " ".join([GOOD, MORE, ASKS] * 10)
    engine.drafts = [[many]]
    engine.judging_takes = 0.05
    heard = await hear(engine.url, options={"max_tokens": 5000})
    assert heard.texts == [many]
    assert 1 <= len(engine.judged) < 30
    assert sum(map(len, engine.judged)) == 30


async def test_the_log_tells_the_class_and_never_the_words(
    engine: SpeakingEngine, caplog: pytest.LogCaptureFixture
) -> None:
    engine.drafts = [[f"{GOOD} {UNSAFE}"], [WORSE]]
    with caplog.at_level(logging.DEBUG):
        await hear(engine.url)
    assert "belittling" in caplog.text
    assert not [word for word in (UNSAFE + WORSE).split() if len(word) > 6 and word in caplog.text]


def test_every_class_has_words_and_a_firmer_instruction() -> None:
    assert set(CLASSES) == set(gate.CLASSES)
    assert class_words("method") != class_words("a class of tomorrow")
    assert firmer("method", "en") != firmer("dose", "en")
    assert "只用中文" in firmer("wrong_language", "zh")
    assert firmer("a class of tomorrow", "en") in firmer("method", "en")


# -- any cutting into pieces, any order of good and bad ------------------------------------------

SENTENCES = st.lists(
    st.sampled_from([GOOD, MORE, ASKS, UNSAFE, WORSE, "😢 Oh.", "Dr. Lee said 3.5 hours!"]),
    min_size=1,
    max_size=6,
)


@settings(max_examples=60, deadline=None)
@given(first=SENTENCES, second=SENTENCES, cuts=st.integers(1, 40), count=st.integers(1, 3))
def test_no_word_of_a_held_sentence_leaves_however_it_comes(
    first: list[str], second: list[str], cuts: int, count: int
) -> None:
    with speaking_engine() as engine, pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            double,
            "tokens_of",
            lambda text: [text[at : at + cuts] for at in range(0, len(text), cuts)],
        )
        engine.unsafe = {UNSAFE: "belittling", WORSE: "method"}
        engine.script = lambda body: (
            [" ".join(first)] * count if len(engine.requests) == 1 else [" ".join(second)]
        )
        heard = asyncio.run(hear(engine.url, options={"n": count, "max_tokens": 5000}))
        assert heard.error is None
        assert not [word for word in ("Zanzibar", "lanterns", "Quilted", "marmosets", "Vladivostok")
                    if word in heard.everything]  # fmt: skip
        bad = [UNSAFE in first or WORSE in first, UNSAFE in second or WORSE in second]
        assert len(engine.requests) == 1 + count * bad[0]
        for index in range(count):
            filtered = all(bad)
            assert heard.ends[index] == ("content_filter" if filtered else "stop")
            assert bool(heard.reviewed.get(index)) == filtered
            if not bad[0]:
                assert heard.texts[index] == " ".join(first)
