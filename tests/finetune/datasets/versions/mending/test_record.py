"""Slips that people's files have, mended; what is in doubt is left alone."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finetune.datasets.doctor.checks import check_messages
from finetune.datasets.doctor.control_tokens import ControlTokens
from finetune.datasets.formats.registry import FORMATS
from finetune.datasets.reading.limits import Limits
from finetune.datasets.versions.mending.record import Mender
from finetune.datasets.versions.mending.turns import near_role

LIMITS = Limits(max_turns=6)
ASKED = {"role": "user", "content": "Can't sleep"}
SAID = {"role": "assistant", "content": "Since when?"}
TALK = [ASKED, SAID]
WHOLE = '{"messages": [{"role": "user", "content": "Can\'t sleep"}, {"role": "assistant", "content": "Since when?"}]}'  # noqa: E501


def mender(name="openai", limits=LIMITS):
    return Mender(FORMATS[name], {}, limits, ControlTokens())


def of_text(text, name="openai"):
    raw = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    return mender(name).of_bytes(raw)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (WHOLE.replace('"}]}', '",}]}'), "json"),
        (WHOLE.replace("}]}", "},]}"), "json"),
        (WHOLE[:-1], "json"),
        (WHOLE[:-2], "json"),
        (repr({"messages": TALK, "rated": None, "good": True}), "json"),
        (WHOLE.replace("}]}", '}], "score": NaN}'), "json"),
        (WHOLE.replace("[{", "[ /* the talk */ {"), "json"),
        (WHOLE + " // the first", "json"),
        (WHOLE.replace('"', "“", 1).replace('messages"', "messages”"), "json"),
        (WHOLE.replace('"messages"', "messages"), "json"),
        (WHOLE.replace('", "content"', '" "content"'), "json"),
        (WHOLE.replace("}]}", '}], "id": 1, "id": 1}'), "json"),
        (WHOLE.replace("sleep", "sl\0eep"), "null_bytes"),
        (WHOLE + "\0", "null_bytes"),
    ],
)
def test_nearly_json(text, what):
    mended = of_text(text)
    assert mended is not None
    assert mended.dialogues == [TALK]
    assert what in mended.steps[0].what


def test_a_line_break_inside_a_text_stays_one():
    mended = of_text(WHOLE.replace("Can't sleep", "Can't\nsleep"))
    assert mended.dialogues[0][0]["content"] == "Can't\nsleep"


@pytest.mark.parametrize(
    ("words", "encoding"), [("café, “schön”", "cp1252"), ("睡不着，怎么办", "gb18030")]
)
def test_another_encoding(words, encoding):
    text = json.dumps({"messages": [{**ASKED, "content": words}, SAID]}, ensure_ascii=False)
    mended = of_text(text.encode(encoding))
    assert mended.dialogues[0][0]["content"] == words
    assert mended.steps[0].what == (encoding,)


@pytest.mark.parametrize(
    "text",
    [
        '{"messages": [{"role": "user", "content": "Can',  # who knows what came then
        "I cannot sleep",
        "{}",
        WHOLE.replace("}]}", '}], "id": 1, "id": 2}'),  # which of the two?
        "睡不着".encode() + "é".encode("cp1252"),
        b"\xff\xfe" * 40,
        "[" * 100_000,
        '{"messages": ' * 500,
    ],
)
def test_what_is_in_doubt_is_left_alone(text):
    assert of_text(text) is None


@pytest.mark.parametrize(
    ("messages", "after"),
    [
        ([{**ASKED, "role": "User"}, {**SAID, "role": "asistant"}], TALK),
        ([{**ASKED, "role": "human"}, {**SAID, "role": "bot:"}], TALK),
        ([{"Role": "user", "text": "Can't sleep"}, SAID], TALK),
        ([{"from": "user", "value": "Can't sleep"}, SAID], TALK),
        ([{**ASKED, "id": 7}, SAID], TALK),
        ([ASKED, {**SAID, "content": "   "}, SAID], TALK),
        ([ASKED, {**SAID, "content": None}, SAID], TALK),
        ([ASKED, {**SAID, "content": "Since\0 when?"}], TALK),
        ([ASKED, {**SAID, "content": "Since when?\ud83d"}], TALK),
        ([ASKED, {**SAID, "weight": True}], [ASKED, {**SAID, "weight": 1}]),
        ([ASKED, {**SAID, "weight": "1"}], [ASKED, {**SAID, "weight": 1}]),
        ([ASKED, {**SAID, "content": 7}], [ASKED, {**SAID, "content": "7"}]),
        (
            [{"role": "User", "text": "Can't sleep"}, {**SAID, "weight": "1"}],  # three at once
            [ASKED, {**SAID, "weight": 1}],
        ),
    ],
)
def test_slips_in_turns(messages, after):
    mended = mender().of_record({"messages": messages})
    assert mended is not None
    assert mended.dialogues == [after]
    assert mended.steps[-1].before != mended.steps[-1].after


@pytest.mark.parametrize(
    "messages",
    [
        [ASKED],
        [ASKED, {**SAID, "content": ""}],
        [ASKED, {**SAID, "weight": 0.5}],
        [ASKED, {"role": "tool", "content": "22 °C"}, SAID],
        [ASKED, {**SAID, "tool_calls": [{"id": 1}]}],
        ["Can't sleep", "Since when?"],
    ],
)
def test_turns_that_nobody_can_mend(messages):
    assert mender().of_record({"messages": messages}) is None


def test_two_systems_become_one():
    record = {"system": "Be kind.", "messages": [{"role": "system", "content": "Be short."}, *TALK]}
    mended = mender().of_record(record)
    assert mended.dialogues[0][0] == {"role": "system", "content": "Be kind.\n\nBe short."}


def test_other_forms_are_mended_in_their_own_words():
    turns = [{"from": "humann", "value": "Can't sleep"}, {"from": "gpt", "value": "Since when?"}]
    mended = mender("sharegpt").of_record({"conversations": turns})
    assert mended.dialogues == [TALK]


def test_messages_under_another_name():
    assert mender().of_record({"chat": TALK, "id": 1}).dialogues == [TALK]
    assert of_text(json.dumps(TALK)) is None  # it is JSON: mended as a record
    assert mender().of_record(TALK).dialogues == [TALK]


def test_a_long_dialogue_is_split_where_the_person_speaks():
    system = {"role": "system", "content": "Be kind."}
    turns = [one for number in range(5) for one in ({**ASKED, "content": f"{number}"}, SAID)]
    mended = mender().of_record({"messages": [system, *turns]})
    assert [len(part) for part in mended.dialogues] == [5, 5, 3]
    assert all(part[0] == system and part[1]["role"] == "user" for part in mended.dialogues)
    spoken = [one for part in mended.dialogues for one in part[1:]]
    assert [one["content"] for one in spoken] == [one["content"] for one in turns]


def test_control_tokens_are_taken_out():
    messages = [ASKED, {**SAID, "content": "Since when?<|im_end|>"}]
    mended = mender().without_tokens(messages)
    assert mended.dialogues == [TALK]
    assert mender().without_tokens(TALK) is None
    assert mender().without_tokens([ASKED, {**SAID, "content": "<|im_end|>"}]) is None


def test_names_of_roles():
    assert near_role("assitant") == "assistant"
    assert near_role("  SYSTEM ") == "system"
    assert near_role("function") is None
    assert near_role("narrator") is None
    assert near_role(["user"]) is None


texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40)


@settings(max_examples=150, deadline=None)
@given(texts, texts, st.integers(0, 400), st.sampled_from(["", ",", "}", "]", '"', "'", "\0"]))
def test_whatever_is_offered_passes_the_checks_and_loses_no_letter(asked, said, at, put):
    """One sign of a line is changed, somewhere."""
    line = json.dumps({"messages": [{**ASKED, "content": asked}, {**SAID, "content": said}]})
    broken = line[:at] + put + line[at + 1 :]
    mended = of_text(broken)
    if mended is None:
        return
    for messages in mended.dialogues:
        assert check_messages(messages, LIMITS) == messages
