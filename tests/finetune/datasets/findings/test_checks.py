"""Each check finds what it is for, and leaves alone what only looks like it."""

import itertools
import json

import pytest

from finetune.datasets.findings.checks import near_duplicates
from finetune.datasets.findings.checks.balance import opening_of
from finetune.datasets.findings.checks.invisible import hidden_in
from finetune.datasets.findings.checks.languages import language_of
from finetune.datasets.findings.checks.topics import topics_of
from finetune.datasets.findings.process.dialogue import grams, word_numbers
from finetune.datasets.findings.process.examination import examine
from finetune.datasets.findings.process.order import Order, TestSet, progress_read

from .conftest import filler, lines, split_write, talk

LONG = (
    "My mother has been ill since the spring and I drive two hours every weekend to sit with her, "
    "and on the way back I cry in the car because nobody asks how I am"
)
ANSWER = "Two hours there and two hours back, and then nobody asks. What would you say if they did?"


def test_near_duplicates_are_grouped_and_told_from_others(found):
    changed = LONG.replace("spring", "summer")
    other = LONG.split(" and ")[0] + ". " + filler(3)["messages"][0]["content"]
    rows = [
        filler(1),
        talk(LONG, ANSWER),
        filler(2),
        talk(changed, ANSWER),
        talk(other, "Tell me."),
    ]
    finding = found(rows)["near_duplicates"]
    assert (finding.count, lines(finding)) == (2, [2, 4])
    assert finding.values["groups"] == 1
    assert {place.group for place in finding.first} == {1}


def test_excerpts_of_every_check_are_masked(found):
    text = "Write to ann.lee@example.org"
    results = found([filler(1), talk("Hi", "Hello.", text), talk("Hi", "Hello.", text + " now")])
    for name in ("unanswered", "near_duplicates"):
        assert "ann.lee" not in str(results[name].first)
        assert "[EMAIL]" in str(results[name].first)


def test_near_duplicates_in_chinese(found):
    text = (
        "我妈妈从春天开始生病，我每个周末开车两个小时去陪她，"
        "回来的路上我在车里哭，因为没有人问我好不好。"
    )
    rows = [
        talk(text, "这样来回四个小时，却没有人问你。"),
        talk("我今天很高兴。", "恭喜你！"),
    ]
    rows.append(talk(text.replace("春天", "夏天"), "这样来回四个小时，却没有人问你。"))
    finding = found(rows)["near_duplicates"]
    assert (finding.count, lines(finding)) == (2, [1, 3])


def test_instructions_that_all_have_make_nobody_alike(found):
    system = {"role": "system", "content": LONG * 5}
    rows = [{"messages": [system, *filler(n)["messages"]]} for n in range(6)]
    assert found(rows)["near_duplicates"].count == 0


def test_what_is_alike_across_the_split_is_a_leak(found):
    near = talk(LONG.replace("spring", "summer"), ANSWER)
    results = found([filler(1), near], [filler(2), talk(LONG, ANSWER)])
    leak = results["split_leak"]
    assert (leak.count, leak.read) == (1, 2)
    assert [(place.part, place.line) for place in leak.first] == [("validation", 2), ("train", 4)]
    apart = found([filler(1), near, talk(LONG, ANSWER)], [filler(2)])
    assert apart["split_leak"].count == 0
    assert apart["near_duplicates"].count == 2


def test_many_alike_are_one_group(found, monkeypatch):
    monkeypatch.setattr(near_duplicates, "GROUP_SHOWN", 3)
    rows = [talk(f"{LONG} {n}", ANSWER) for n in range(20)]
    finding = found(rows)["near_duplicates"]
    assert (finding.count, finding.listed, finding.values["groups"]) == (20, 3, 1)


def test_runs_of_words_are_the_same_whatever_the_case():
    one, other = (
        grams(word_numbers(text), 3) for text in ("I am SO tired, now", "i am so tired now")
    )
    assert one.tolist() == other.tolist()
    assert len(grams(word_numbers("ok"), 3)) == 1
    assert len(grams(word_numbers(""), 3)) == 0


def test_equal_replies_on_both_sides(found):
    results = found(
        [talk("A different question", ANSWER), talk("And this one", "I see. Tell me more.")],
        [talk("My first question", ANSWER), talk("Something else", "I see. Tell me more.")],
    )
    finding = results["equal_replies"]
    assert (finding.count, [place.note for place in finding.first]) == (1, ["line 1"])


def test_passages_of_a_test_set_are_found(found, tmp_path):
    exam = split_write(tmp_path / "exam", [talk(LONG, ANSWER), filler(9)])
    tests = (TestSet("Exam", str(exam)),)
    quoting = talk("Somebody wrote: " + LONG, "That is a lot to carry.")
    finding = found([filler(1), quoting, filler(2)], tests=tests)["test_sets"]
    assert (finding.count, lines(finding), finding.values["found"]) == (1, [2], {"Exam": 1})
    part = talk("My mother has been ill since the spring", "I am sorry.")
    assert found([filler(1), part], tests=tests)["test_sets"].count == 0


def test_public_test_sets_are_known_by_numbers_alone(found):
    question = (
        "Natalia packs 7 boxes of apples on each of the 5 days of the week, and gives 3 of them to "
        "her neighbour. How many does she have left?"
    )
    finding = found([filler(1), talk(question, "32")])["test_sets"]
    assert (finding.count, finding.values["sets"]) == (0, ["ESConv test", "GSM8K test"])


def test_questions_of_gsm8k_are_found(found, shared_data):
    lines = (shared_data / "gsm8k" / "test.jsonl").read_text().splitlines()[:30]
    rows = [talk(one["question"], one["answer"]) for one in map(json.loads, lines)]
    assert found([filler(1), *rows])["test_sets"].values["found"] == {"GSM8K test": 30}


def test_personal_data_is_shown_masked(found):
    text = "Write to ann.lee@example.org please"
    finding = found([filler(1), talk("Hello there", text)])["personal_data"]
    assert (finding.count, finding.values["kinds"]) == (1, {"EMAIL": 1})
    assert "[EMAIL]" in finding.first[0].excerpt
    assert "ann.lee" not in finding.first[0].excerpt


def test_danger_and_unsafe_replies_by_the_safety_module(found):
    rows = [
        filler(1),
        talk("I want to kill myself tonight.", "I am glad that you tell me."),
        talk("I feel low today.", "You are weak, and everyone would be better off without you."),
    ]
    results = found(rows, judge="chat.safety.dialogues")
    assert (results["crisis"].count, lines(results["crisis"])) == (1, [2])
    assert results["crisis"].first[0].note == "suicide"
    assert lines(results["unsafe_replies"]) == [3]
    assert "crisis" not in found(rows)  # nobody is there who could judge


def test_a_reply_that_is_not_learned_is_not_judged(found):
    row = talk("I feel low today.", "You are weak, and everyone would be better off without you.")
    row["messages"][1]["weight"] = 0
    row["messages"] += talk("And?", "I am listening.")["messages"]
    assert found([row], judge="chat.safety.dialogues")["unsafe_replies"].count == 0


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("I have been so tired since Monday, and nobody asks me why.", "en"),
        ("我今天很累，没有人问我为什么。", "zh"),
        ("Ich bin seit Montag so müde, und niemand fragt mich warum.", "de"),
        ("Estoy muy cansado desde el lunes y nadie me pregunta por qué.", "es"),
        ("今日はとても疲れました。誰も理由を聞いてくれません。", "ja"),
        ("ok", "und"),
    ],
)
def test_languages(text, language):
    assert language_of(text) == language


def test_dialogues_in_another_language_than_most(found):
    german = talk(
        "Ich bin seit Montag so müde, und niemand fragt mich warum.", "Was ist am Montag passiert?"
    )
    rows = [talk(f"I was tired on day {n} of the week.", "What made it long?") for n in range(9)]
    finding = found([*rows, german])["languages"]
    assert (finding.count, lines(finding)) == (1, [10])
    assert finding.values["languages"] == {"en": 9, "de": 1}


WORK = "My boss fired me, and every job interview goes wrong."
SLEEP = "I can't sleep, and at night I lie awake."


def test_topics_that_nobody_held_out_speaks_of(found):
    learned = [talk(f"{WORK} Day {n}.", "What happened?") for n in range(4)]
    learned += [talk(f"{SLEEP} Day {n}.", "Since when?") for n in range(3)]
    finding = found([*learned, filler(1)], [talk(SLEEP, "Tell me.")])["topics"]
    assert (finding.count, lines(finding)) == (4, [2, 3, 4, 5])
    assert finding.values["kinds"] == {"work": 4}
    assert finding.values["topics"] == {"work": 4, "sleep": 4}
    assert finding.values["none"] == 1
    assert found([*learned[:2], filler(1)], [talk(SLEEP, "Tell me.")])["topics"].count == 0


@pytest.mark.parametrize(
    ("text", "topics"),
    [
        ("My husband and I are divorcing, and I cannot sleep", ["couple"]),
        ("我失眠，每天晚上都睡不着，白天还要上班", ["sleep"]),
        ("A network of workers", []),
        ("", []),
    ],
)
def test_topics_by_words(text, topics):
    assert topics_of(text) == topics


def test_topics_agree_with_what_publishers_say(shared_data):
    """ESConv's people named their problem themselves."""
    expected = {
        "job crisis": "work",
        "breakup with partner": "couple",
        "problems with friends": "friends",
        "academic pressure": "study",
    }
    rows = [
        json.loads(line)
        for line in (shared_data / "esconv" / "train.jsonl").read_text().split("\n")
        if line
    ]
    for problem, topic in expected.items():
        told = [
            topics_of("\n".join(one["text"] for one in row["dialog"] if one["speaker"] == "usr"))
            for row in rows
            if row["problem_type"] == problem
        ]
        assert sum(topic in one for one in told) > 0.75 * len(told), problem


def test_openings_that_many_replies_share(found):
    rows = [talk(f"Day {n}", f"I'm so sorry to hear about day {n}.") for n in range(8)]
    rows += [filler(n) for n in range(4)]
    finding = found(rows)["openings"]
    assert finding.count == 8
    assert finding.values["first"] == "i m so sorry"
    assert found([filler(n) for n in range(12)])["openings"].count == 0


def test_an_opening_in_chinese_has_more_signs():
    assert opening_of("听起来你今天很累。") == "听起来你今天"
    assert opening_of("Fine.") == ""


def test_turns_without_a_reply(found):
    twice = {"messages": [{"role": "user", "content": text} for text in ("Hello", "Are you there")]}
    twice["messages"].append({"role": "assistant", "content": "Yes."})
    finding = found([talk("Hi", "Hello."), talk("Hi", "Hello.", "Bye"), twice])["unanswered"]
    assert lines(finding) == [2, 3]
    assert finding.values["kinds"] == {"last": 1, "twice_user": 1}


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("free\u200bdom", "hides"),
        ("soft\u00adhyphen", "hides"),
        ("a \u202eturned\u202c word", "turns"),
        ("tired\u200d", "hides"),
        ("می\u200cروم", None),
        ("👩\u200d👧", None),
        ("क्\u200dष", None),
        ("plain", None),
    ],
)
def test_invisible_signs(text, kind):
    assert (hidden_in(text) or (0, None))[1] == kind


def test_invisible_signs_are_shown_by_number(found):
    finding = found([filler(1), talk("I want free\u200bdom", "What is it to you?")])["invisible"]
    assert (finding.count, lines(finding)) == (1, [2])
    assert "free[U+200B]dom" in finding.first[0].excerpt


def test_a_check_of_a_large_set_reads_every_nth(found, monkeypatch):
    from finetune.datasets.findings.checks.crisis import Crisis

    monkeypatch.setattr(Crisis, "most", 5)
    rows = [filler(n) for n in range(12)]
    finding = found(rows, judge="chat.safety.dialogues")["crisis"]
    assert (finding.read, finding.total) == (4, 12)  # every third


def test_places_are_kept_for_paging(found, tmp_path):
    finding = found([talk("Hi", "Hello.", f"Bye {n}") for n in range(8)])["unanswered"]
    kept = (tmp_path / "out" / "unanswered.jsonl").read_text().splitlines()
    assert (finding.count, len(finding.first), len(kept)) == (8, 5, 8)


def test_progress_goes_up_to_the_whole(tmp_path, monkeypatch):
    from finetune.datasets.findings.process import examination

    monkeypatch.setattr(examination, "SAY_SECONDS", 0)
    folder = split_write(tmp_path / "data", [filler(n) for n in range(20)])
    said = []
    examine(Order(str(folder), 20), tmp_path, said.append)
    assert said[-1] == 1.0
    assert all(before <= after for before, after in itertools.pairwise(said))
    assert progress_read(tmp_path / "nowhere") == 0.0
