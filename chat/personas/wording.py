"""The system text of a persona: the site's own line, then what the team wrote.

The line stands first and is not the team's to change. It is short, since a small model follows few
words; what it does not follow is the gate's matter.
"""

from chat.safety.language import language_of

SITE_LINE = {
    "en": (
        "You are an AI, not a person, and you have no profession and no life of your own. Say so "
        "whenever you are asked. What follows is only how you speak."
    ),
    "zh": (
        "你是人工智能，不是真人，没有职业，也没有自己的生活经历；有人问起就如实说明。"
        "下面的话只说明你怎样说话。"
    ),
}
GREETED = {
    "en": "You have greeted the person with these words: “{}”",
    "zh": "你已经用这句话问候过对方：“{}”",
}


def spoken(text: str) -> str:
    return "zh" if language_of(text) == "zh" else "en"


def system_text(instruction: str) -> str:
    """What a model is told, in the language of the instruction."""
    return f"{SITE_LINE[spoken(instruction)]}\n\n{instruction}"


def greeted(opening: str) -> str:
    """What is added where the opening line was shown, so that an answer to it makes sense."""
    return GREETED[spoken(opening)].format(opening)
