"""What an assistant is told of turns that it no longer reads: sentences of the person, quoted.

No model writes any of it. A small model takes words in its system prompt for its own, for an order,
or for something to say again, so a sentence is only told if it would do no harm there: the person
says it of themselves, it asks nothing of the assistant, the policy has nothing to say about it, and
the gate would not have to hold it back for its content. Whole messages that the policy was
concerned with are left out by the caller.

Knows nothing of rows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from chat.notes.quoting import SELF, Said, in_chinese, quotes
from chat.safety.detection import read
from chat.safety.detection.finding import NOTHING
from chat.safety.gate import held
from chat.safety.language import language_of

MOST = 6  # sentences
FRAMES = {
    True: ("对方在这次谈话前面说过自己的事：", "“{}”", ""),
    False: ("Earlier in this talk the person said of themselves:", "“{}”", " "),
}
# Words to the assistant, and orders to it; marks with which a text could pose as another's.
ADDRESSED = re.compile(
    r"\b(you|your|yours|yourself|u|please|pretend|ignore|forget|repeat|write|say|answer|reply|"
    r"act as|role ?play|instructions?|prompt|system|assistant|ai|bot|chatbot|user)\b|"
    r"你|您|请|假装|扮演|忽略|忘掉|重复|回答|回复|指令|提示词|系统|助手|机器人|人工智能|[?？]",
    re.I,
)
MARKS = re.compile(r"[<>{}\[\]|`#*_\\“”\"「」『』]|https?:|www\.|\w@\w")
# Things that no reply should take up unasked, whoever brought them in: means, amounts, dying.
GRAVE = re.compile(
    r"\b(pills?|tablets?|meds?|medications?|medicines?|mg|doses?|overdose\w*|drugs?|insulin|knife|"
    r"knives|guns?|ropes?|razors?|blades?|bridge|calories|kilos?|kg|diets?|starv\w+|purg\w+|"
    r"vomit\w*|kill\w*|suicid\w*|die|dying|dead|disappear|cut|cutting|hurt|harm)\b|"
    r"药|片|毫克|剂量|刀|枪|绳|割|卡路里|热量|体重|公斤|节食|催吐|死|自杀|自残|消失|跳楼|伤害",
    re.I,
)
# For these a person's sentence about their own life does no harm; only the assistant must not say
# it of itself.
OWN = frozenset({"", "human", "lived_it", "wrong_language", "promise", "blame", "belittling"})


def background(messages: Sequence[Said], fits: Callable[[str], bool]) -> str:
    """The sentences that say most of the person, as many as fit; empty for none."""
    for most in range(MOST, 0, -1):
        chosen = quotes(messages, most, suits=may_be_told)
        if not chosen:
            return ""
        opening, quoted, between = FRAMES[in_chinese(chosen)]
        words = between.join([opening, *(quoted.format(quote.text) for quote in chosen)])
        if fits(words):
            return words
    return ""


def may_be_told(sentence: str) -> bool:
    """Whether a small model may have this sentence before it."""
    if not SELF.search(sentence):
        return False
    if any(words.search(sentence) for words in (ADDRESSED, MARKS, GRAVE)):
        return False
    if read(sentence) != NOTHING:
        return False
    language = language_of(sentence)
    return held(sentence, before="", asked="", language=language, scores=None) in OWN
