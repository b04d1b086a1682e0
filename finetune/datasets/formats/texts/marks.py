"""Texts in which a template has marked the turns, taken apart again.

Sources: OpenAI's ChatML; Meta's model cards for Llama 2 and Llama 3; Google's Gemma formatting
guide; Hugging Face's Zephyr and Microsoft's Phi-3 model cards; Stanford Alpaca's prompt;
Anthropic's hh-rlhf; timdettmers/openassistant-guanaco; lmsys Vicuna.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from finetune.datasets.reading.exceptions import RecordProblem
from finetune.datasets.reading.visibility import is_visible

from ..form import Message

ROLES = {
    **dict.fromkeys(("user", "human", "instruction", "question", "prompter"), "user"),
    **dict.fromkeys(
        ("assistant", "response", "output", "gpt", "bot", "model", "answer"), "assistant"
    ),
    **dict.fromkeys(("system", "developer"), "system"),
    "input": "input",
}
_EDGES = re.compile(r"<s>|</s>|<bos>|<eos>|<\|begin_of_text\|>|<\|end_of_text\|>|<\|endoftext\|>")
_NAMES = "Human|User|Instruction|Question|Input|Assistant|Response|Output|GPT|Bot|Answer|System"


@dataclass(frozen=True)
class Marks:
    """How one template marks turns.

    Attributes:
        start: what stands before a turn; its first group that matches is who speaks.
        end: what stands behind it; None where the next start ends it.
        exact: whether every letter between is the turn's own; else blanks around it are not.
    """

    start: re.Pattern[str]
    end: re.Pattern[str] | None = None
    exact: bool = False


MARKS = (
    Marks(
        re.compile(r"<\|im_start\|>[ \t]*(\w+)[^\S\n]*\n?"), re.compile(r"<\|im_end\|>"), exact=True
    ),
    Marks(
        re.compile(r"<\|start_header_id\|>(\w+)<\|end_header_id\|>\n{0,2}"),
        re.compile(r"<\|eot_id\|>|<\|eom_id\|>|<\|end_of_text\|>"),
        exact=True,
    ),
    Marks(re.compile(r"<start_of_turn>(\w+)\n?"), re.compile(r"<end_of_turn>")),
    Marks(
        re.compile(r"<\|(system|user|assistant)\|>\n?"),
        re.compile(r"</s>|<\|end\|>|<\|endoftext\|>|<\|user_end\|>"),
    ),
    Marks(
        re.compile(
            rf"(?:^|(?<=\n))[ \t]*###[ \t]*({_NAMES})[ \t]*(?::|(?=\n))|###[ \t]*({_NAMES})[ \t]*:",
            re.IGNORECASE,
        )
    ),
    Marks(re.compile(r"(?:^|(?<=\n))[ \t]*(Human|Assistant|System):")),
    Marks(re.compile(r"(?:^|(?<=\s)|(?<=</s>))(USER|ASSISTANT|SYSTEM):"), re.compile("</s>")),
)
_LLAMA2 = re.compile(r"\[(/?)INST\]")
_LLAMA2_SYSTEM = re.compile(r"\s*<<SYS>>(.*?)<</SYS>>(.*)", re.DOTALL)


def is_marked(text: str) -> bool:
    """Whether somebody's reply is marked in it, and whom it answers.

    Words before a reply that is marked first are nobody's: "Person: Hi\\nAssistant: Hello".
    """
    return bool(_LLAMA2.search(text)) or any(_marks_turns(text, marks) for marks in MARKS)


def _marks_turns(text: str, marks: Marks) -> bool:
    starts = list(marks.start.finditer(text))
    sides = [ROLES.get(_who(match)) for match in starts]
    if "assistant" not in sides:
        return False
    return sides[0] != "assistant" or not is_visible(_EDGES.sub("", text[: starts[0].start()]))


def marked_messages(text: str) -> list[Message]:
    """The messages of a marked text. What stands before the first mark is the system text.

    Raises:
        RecordProblem: nobody is marked, somebody unknown is, or words stand between the turns.
    """
    firsts = [(match.start(), marks) for marks in MARKS if (match := marks.start.search(text))]
    llama2 = _LLAMA2.search(text)
    if llama2 and all(llama2.start() < at for at, _ in firsts):
        return _llama2(text)
    if not firsts:
        raise no_marks()
    return _marked(text, min(firsts, key=lambda one: one[0])[1])


def no_marks() -> RecordProblem:
    """Describe a text in which nobody can be told from anybody."""
    return RecordProblem(
        "missing_marks",
        "the text has no marks that say who speaks",
        "Mark the turns as a chat template does (<|im_start|>user …), or begin each with a name "
        "and a colon; or give the dialogue as 'messages'.",
    )


def _who(match: re.Match[str]) -> str:
    return next(group for group in match.groups() if group is not None).lower()


def _marked(text: str, marks: Marks) -> list[Message]:
    starts = list(marks.start.finditer(text))
    messages = _system(text[: starts[0].start()])
    ends = [match.start() for match in starts[1:]] + [len(text)]
    for index, (match, end) in enumerate(zip(starts, ends, strict=True), 1):
        words = text[match.end() : end]
        closed = marks.end.search(words) if marks.end else None
        if closed:
            behind = _EDGES.sub("", words[closed.end() :])
            if is_visible(behind):
                raise RecordProblem(
                    "text_between_turns",
                    f"words stand behind the end of turn {index} ({behind.strip()[:40]!r})",
                    "Put them into a turn, or take them out.",
                )
            words = words[: closed.start()]
        elif index == len(starts):
            words = _EDGES.sub("", words)
        role = ROLES.get(_who(match))
        if role is None:
            raise RecordProblem(
                "unrecognized_role",
                f"turn {index} is by {_who(match)[:40]!r}",
                f"Known here: {', '.join(ROLES)}.",
            )
        words = words if marks.exact else words.strip()
        if role == "input":
            if messages and is_visible(words):
                messages[-1]["content"] += f"\n\n{words}"
            continue
        messages.append({"role": role, "content": words})
    if not messages[-1]["content"].strip() and len(messages) > 2:
        messages.pop()  # the mark behind which a model was to go on
    return messages


def _llama2(text: str) -> list[Message]:
    """[INST] <<SYS>> system <</SYS>> question [/INST] reply </s><s>[INST] ..."""
    before, *rest = _LLAMA2.split(text)
    messages = _system(before)
    for closes, words in zip(rest[0::2], rest[1::2], strict=True):
        words = _EDGES.sub("", words).strip()
        if closes:
            if words:
                messages.append({"role": "assistant", "content": words})
            continue
        match = _LLAMA2_SYSTEM.match(words)
        if match:
            messages.append({"role": "system", "content": match[1].strip()})
            words = match[2].strip()
        messages.append({"role": "user", "content": words})
    return messages


def _system(before: str) -> list[Message]:
    words = _EDGES.sub("", before).strip()
    return [{"role": "system", "content": words}] if is_visible(words) else []
