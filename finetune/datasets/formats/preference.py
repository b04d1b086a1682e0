"""Preference pairs: what was said, a reply that was preferred to another, and that other one.

Three forms are read: OpenAI's lines for DPO, TRL's `chosen` and `rejected` (with a `prompt`, or as
two conversations with a common beginning; text, messages, or columns of a table), and the texts of
Anthropic's hh-rlhf. What `convert` returns is one list: the messages up to the person's last turn,
then the preferred reply, then the other one; `pair_record` writes it as the trainer reads it.

Sources: OpenAI's guide "Direct preference optimization"; TRL's documentation, "Dataset formats and
types: preference"; Bai et al., arXiv 2204.05862 (hh-rlhf).
"""

from __future__ import annotations

import re
from itertools import takewhile
from typing import Any

from finetune.datasets.reading.exceptions import RecordProblem

from .calls import has_calls
from .form import PREFERENCE, Columns, Format, Message, Record
from .turns import EMPTY, NO_TOOLS, SYSTEM_KEYS, joined, turn_list, with_system

PREFERRED, OTHER = "preferred_output", "non_preferred_output"
REPLIES = (("chosen", "rejected"), ("chosen_response", "rejected_response"))
PROMPTS = ("prompt", "messages", "question", "instruction", "query")
CONTEXTS = ("input", "context")  # what a question is about, put below it
_SPEAKERS = {"Human": "user", "Assistant": "assistant"}
_SPEAKER = re.compile(r"(?:^|\n\n)(Human|Assistant):")
ONE_REPLY = 'Give one reply of the assistant to each, such as {"role": "assistant", …}.'


# -- what every form comes to ---------------------------------------------------------------------


def pair_check(messages: list[Message]) -> None:
    """Look at a pair whose messages are right by themselves.

    Raises:
        RecordProblem: nothing is preferred to anything, or nobody has asked.
    """
    if any(one["role"] != "assistant" for one in messages[-2:]):
        raise RecordProblem(
            "preference_not_one_reply",
            "its last two messages are not two replies of the assistant",
            "Let it end with the preferred reply, and then the other one.",
        )
    prompt, replies = messages[:-2], messages[-2:]
    if not prompt or prompt[-1]["role"] != "user":
        raise RecordProblem(
            "missing_prompt",
            "no person's turn stands before the two replies",
            "Give what the person said, in 'prompt' or 'input'.",
        )
    if has_calls(messages):
        raise RecordProblem("tool_call", "a tool is called in the pair", NO_TOOLS)
    if replies[0]["content"].strip() == replies[1]["content"].strip():
        raise RecordProblem(
            "equal_replies",
            "the preferred reply and the other one are the same",
            "Give two replies that differ, or leave the pair out.",
        )


def pair_record(messages: list[Message]) -> Record:
    """A checked pair as files of this project hold it."""
    *prompt, chosen, rejected = ({k: v for k, v in m.items() if k != "weight"} for m in messages)
    return {"messages": prompt, "chosen": chosen, "rejected": rejected}


def pair_messages(record: Record) -> list[Message]:
    """The one list of messages of what `pair_record` made."""
    return [*record["messages"], record["chosen"], record["rejected"]]


def _reply(record: Record, key: str) -> Any:
    """The one reply under a key: a text, a message, or a list with one."""
    value = record.get(key)
    if isinstance(value, str) and value.lstrip().startswith("[{"):
        value = turn_list(record, key)
    if isinstance(value, list):
        if len(value) != 1:
            raise RecordProblem(
                "preference_not_one_reply",
                f"{len(value)} messages under {key!r} where one reply is needed",
                ONE_REPLY,
            )
        value = value[0]
    if value in EMPTY:
        raise RecordProblem("message_missing_key", f"no {key!r}", ONE_REPLY)
    reply = {"role": "assistant", "content": value} if isinstance(value, str) else value
    if not isinstance(reply, dict) or reply.get("role") != "assistant":
        role = reply.get("role") if isinstance(reply, dict) else reply
        raise RecordProblem(
            "unrecognized_role", f"the reply under {key!r} is by {str(role)[:40]!r}", ONE_REPLY
        )
    return reply


def _parted(chosen: list[Any], rejected: list[Any]) -> list[Any]:
    """Two conversations as their common beginning and the two replies in which they part."""
    both = zip(chosen, rejected, strict=False)
    common = sum(1 for _ in takewhile(lambda pair: _same(*pair), both))
    left = [("chosen", chosen[common:]), ("rejected", rejected[common:])]
    if not any(rest for _, rest in left):
        return [*chosen, chosen[-1]]  # the same throughout, which `pair_check` says
    return [*chosen[:common], *(_reply({key: rest}, key) for key, rest in left)]


def _same(one: Any, other: Any) -> bool:
    """Whether two messages say the same; further keys, such as a turn's number, do not count."""
    if not isinstance(one, dict) or not isinstance(other, dict):
        return bool(one == other)
    return all(one.get(key) == other.get(key) for key in ("role", "content"))


# -- OpenAI ---------------------------------------------------------------------------------------


def _openai(record: Record, columns: Columns) -> list[Any]:
    asked = record.get("input")
    if not isinstance(asked, dict):
        raise RecordProblem(
            "missing_messages_list", "no object under 'input'", 'Write {"input": {"messages": …}}.'
        )
    return [*turn_list(asked, "messages"), _reply(record, PREFERRED), _reply(record, OTHER)]


# -- Anthropic ------------------------------------------------------------------------------------


def _is_transcript(value: Any) -> bool:
    return isinstance(value, str) and value.lstrip().startswith(("Human:", "Assistant:"))


def _transcript(text: str) -> list[Message]:
    """The turns of "Human: …" and "Assistant: …"; an empty one at the end is not said yet."""
    pieces = _SPEAKER.split(text.strip())[1:]  # speaker, words, speaker, words
    turns = [
        {"role": _SPEAKERS[speaker], "content": words.strip()}
        for speaker, words in zip(pieces[::2], pieces[1::2], strict=True)
    ]
    return turns[:-1] if turns and not turns[-1]["content"] else turns


def _hh(record: Record, columns: Columns) -> list[Any]:
    for key in ("chosen", "rejected"):
        if not _is_transcript(record.get(key)):
            raise RecordProblem(
                "message_missing_key",
                f"no conversation under {key!r}",
                'Write it as "\\n\\nHuman: … \\n\\nAssistant: …".',
            )
    return _parted(_transcript(record["chosen"]), _transcript(record["rejected"]))


# -- TRL ------------------------------------------------------------------------------------------


def _keys(record: Record) -> tuple[str, str] | None:
    """Under which names the two replies stand."""
    return next((both for both in REPLIES if all(key in record for key in both)), None)


def _is_conversation(value: Any) -> bool:
    """Whether it begins with another turn than the assistant's."""
    first = value[0] if isinstance(value, list) and value else None
    return isinstance(first, dict) and first.get("role") != "assistant"


def _trl(record: Record, columns: Columns) -> list[Any]:
    names = _keys(record)
    if names is None:
        raise RecordProblem(
            "message_missing_key",
            f"no pair of replies, only {', '.join(map(str, record))[:80]}",
            "Give 'chosen' and 'rejected'.",
        )
    replies = dict(zip(("chosen", "rejected"), (record[name] for name in names), strict=True))
    for key, value in replies.items():
        if isinstance(value, str) and value.lstrip().startswith("[{"):
            replies[key] = turn_list(replies, key)
    if all(map(_is_conversation, replies.values())):
        messages = _parted(replies["chosen"], replies["rejected"])
        _check_prompt(record, messages)
    else:
        both = (_reply(replies, key) for key in replies)
        messages = [*_prompt(record), *both]
    return with_system(record, messages)


def _prompt(record: Record) -> list[Any]:
    """What was said before the replies."""
    given = [name for name in PROMPTS if record.get(name) not in EMPTY]
    if len(given) > 1:
        raise RecordProblem(
            "another_prompt",
            f"{' and '.join(map(repr, given))} both say what the replies answer",
            "Keep one of them.",
        )
    key = given[0] if given else None
    if key is None:
        raise RecordProblem(
            "missing_prompt",
            "no 'prompt' beside the two replies",
            "Give what the person said, or two whole conversations.",
        )
    value = record[key]
    if isinstance(value, list) or (isinstance(value, str) and value.lstrip().startswith("[{")):
        return turn_list(record, key)
    if isinstance(value, str) and _is_transcript(value):
        return list(_transcript(value))
    if not isinstance(value, str):
        raise RecordProblem("missing_content", f"{key!r} is not text", "Write it as text.")
    about = [record[name] for name in CONTEXTS if record.get(name) not in EMPTY]
    return [{"role": "user", "content": joined([value, *about], repr(key)) if about else value}]


def _check_prompt(record: Record, messages: list[Any]) -> None:
    """What stands beside whole conversations says again what is said in them."""
    again = record.get("messages")
    if isinstance(again, list) and not (
        len(again) == len(messages) - 1 and all(map(_same, again, messages[:-1]))
    ):
        raise RecordProblem(
            "another_prompt", "'messages' is not the preferred conversation", "Leave it out."
        )
    prompt = record.get("prompt")
    if not isinstance(prompt, str) or prompt in EMPTY:
        return
    said = [one.get("content") for one in messages[:-2] if isinstance(one, dict)]
    if not any(isinstance(text, str) and text.strip() == prompt.strip() for text in said):
        raise RecordProblem(
            "another_prompt",
            "the text under 'prompt' is nobody's turn in the two conversations",
            "Leave it out, or give the replies alone.",
        )


OPENAI_DPO = Format(
    "openai_dpo",
    "OpenAI DPO",
    '{"input": {"messages": [...]}, "preferred_output": [...], "non_preferred_output": [...]}',
    lambda record: "input" in record and PREFERRED in record,
    _openai,
    ("input", PREFERRED, OTHER),
    ("role", "content", "weight", "name"),
    inner_keys=("messages", "parallel_tool_calls"),
    kind=PREFERENCE,
    recognised="`input` and `preferred_output`",
    notes="pairs of replies",
)
ANTHROPIC_HH = Format(
    "anthropic_hh",
    "Anthropic hh",
    '{"chosen": "\\n\\nHuman: … \\n\\nAssistant: …", "rejected": "\\n\\nHuman: … …"}',
    lambda record: all(_is_transcript(record.get(key)) for key in ("chosen", "rejected")),
    _hh,
    ("chosen", "rejected"),
    kind=PREFERENCE,
    recognised="both texts begin with a speaker",
    notes="pairs, hh-rlhf's texts with a common beginning",
)
TRL_PREFERENCE = Format(
    "trl_preference",
    "Chosen and rejected",
    '{"prompt": [...], "chosen": [{"role": "assistant", ...}], "rejected": [...]}',
    lambda record: _keys(record) is not None,
    _trl,
    (*PROMPTS, *CONTEXTS, *(key for both in REPLIES for key in both), *SYSTEM_KEYS),
    ("role", "content", "weight", "name"),
    kind=PREFERENCE,
    write=pair_record,
    recognised="`chosen` and `rejected`, or `chosen_response` and `rejected_response`",
    notes="pairs, TRL's, with a `prompt` (or `question`, `instruction`, `query`, with `input` or "
    "`context` below it), or two whole conversations with a common beginning; as text, as "
    "messages, or as columns of a table; and what this project writes, "
    '`{"messages": […], "chosen": {…}, "rejected": {…}}`',
)
PAIR_FORMATS = (OPENAI_DPO, ANTHROPIC_HH, TRL_PREFERENCE)
