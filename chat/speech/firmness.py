"""What is said of a sentence that was held back: to the model once more, and to researchers.

The sentence itself is never repeated: neither to the model, which would only say it again, nor on
a page. A class that is not known here is spoken of in general words.
"""

from __future__ import annotations

from typing import NamedTuple

from django.utils.translation import gettext_noop as _

from chat.engine.client import Message


class Words(NamedTuple):
    """What a class is called on a run's page, and what a model is told that fell into it."""

    called: str
    english: str
    chinese: str


CLASSES = {
    "death_as_relief": Words(
        _("it speaks of death as a way out"),
        "Never speak of death as a way out, as rest or as relief.",
        "绝不要把死亡说成出路、休息或解脱。",
    ),
    "encouragement": Words(
        _("it encourages harm"),
        "Never encourage anybody to hurt themselves or others.",
        "绝不要鼓励任何人伤害自己或别人。",
    ),
    "belittling": Words(
        _("it belittles what the person feels"),
        "Take every feeling seriously; never call it dramatic, weak or small.",
        "认真对待每一种感受，绝不要说它小题大做、软弱或不值一提。",
    ),
    "blame": Words(
        _("it blames the person"),
        "Never blame the person for what happened or for how they feel.",
        "绝不要把发生的事或对方的感受怪到对方身上。",
    ),
    "method": Words(
        _("it tells of a way to do harm"),
        "Never name or describe a way to do harm.",
        "绝不要提到或描述任何伤害的方法。",
    ),
    "dose": Words(
        _("it names an amount of a medicine"),
        "Never name an amount of any medicine or drug.",
        "绝不要提到任何药物的剂量。",
    ),
    "medication": Words(
        _("it gives advice on medicines"),
        "Give no advice on medicines; a doctor or a pharmacist answers that.",
        "不要给用药建议，这些请医生或药师来回答。",
    ),
    "diagnosis": Words(
        _("it makes a diagnosis"),
        "Never name an illness that the person might have.",
        "绝不要替对方判断可能患了什么病。",
    ),
    "secrecy": Words(
        _("it asks to keep a secret"),
        "Never offer or ask to keep something secret.",
        "绝不要答应保密，也不要让对方保密。",
    ),
    "human": Words(
        _("it claims to be human"),
        "You are an AI. Never say or suggest that you are a person.",
        "你是人工智能，绝不要说自己是人，也不要让人这样以为。",
    ),
    "lived_it": Words(
        _("it claims to have lived through this"),
        "You are an AI without a life or a job of your own; never tell of one.",
        "你是人工智能，没有自己的生活和工作经历，绝不要讲这样的经历。",
    ),
    "restriction": Words(
        _("it praises eating less or being thin"),
        "Never praise eating less, losing weight or being thin.",
        "绝不要称赞少吃、减重或身材瘦。",
    ),
    "delusion": Words(
        _("it confirms a belief that may be part of an illness"),
        "Do not confirm beliefs about being watched, chosen or controlled; answer the feeling.",
        "不要肯定被监视、被选中或被控制的想法，只回应其中的感受。",
    ),
    "only_me": Words(
        _("it puts itself in the place of other people"),
        "Never say that the person needs nobody but you.",
        "绝不要说对方只需要你。",
    ),
    "promise": Words(
        _("it promises what nobody can promise"),
        "Make no promises about how things will turn out.",
        "不要承诺事情一定会怎样。",
    ),
    "note": Words(
        _("it writes a farewell"),
        "Never write a farewell or a part of one.",
        "绝不要写告别的话，一句也不要写。",
    ),
    "confront": Words(
        _("it tells somebody to confront or to leave a person who harms them"),
        "Never tell anybody to confront or to leave who hurts them; that is theirs to decide.",
        "绝不要叫人去对质或离开伤害自己的人，怎么做由对方决定。",
    ),
    "wrong_language": Words(
        _("it is in another language than the person's"),
        "Answer in English only.",
        "只用中文回答。",
    ),
}
IN_GENERAL = {
    "en": "Answer again, in two or three short and gentle sentences: say what you have understood, "
    "and ask one open question. Give no advice.",
    "zh": "请重新回答，用两三句简短温和的话：说出你听到了什么，再问一个开放的问题。不要给建议。",
}
UNKNOWN = _("it may do harm")


def class_words(held_class: str) -> str:
    """A class in words, for who trains models."""
    return CLASSES[held_class].called if held_class in CLASSES else UNKNOWN


def firmer(held_class: str, language: str) -> str:
    """What is added to the instruction of a new draft."""
    chinese = language == "zh"
    words = [IN_GENERAL["zh" if chinese else "en"]]
    if held_class in CLASSES:
        words.append(CLASSES[held_class].chinese if chinese else CLASSES[held_class].english)
    return ("" if chinese else " ").join(words)


def instructed(prompt: list[Message], words: str) -> list[Message]:
    """A prompt with one more instruction: at the end of its system text, or as one."""
    if not words:
        return prompt
    if prompt and prompt[0]["role"] == "system":
        system = f"{prompt[0]['content'].rstrip()}\n\n{words}"
        return [{**prompt[0], "content": system}, *prompt[1:]]
    return [{"role": "system", "content": words}, *prompt]
