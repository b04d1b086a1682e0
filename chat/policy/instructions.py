"""What an assistant is told beside its system prompt, by level and by category.

Words for a model, never shown. Short, because a small model follows few of them; what it does not
follow is the gate's matter. A raised state asks openly; a high one is only for cleared assistants.
"""

# Chinese signs are counted as one each, and are twice as wide.
# ruff: noqa: E501

from chat.safety.levels import Level

OPENLY = {
    "en": (
        "The person may be carrying something very heavy. Answer warmly and briefly: say back what"
        " they said and what they may feel, then ask one open question about how bad it gets."
        " Give no advice and make no promise."
    ),
    "zh": (
        "对方心里可能压着很沉重的事。请温和、简短地回应：先说出你听到的内容和对方可能的感受，"
        "再用一个开放式问题问问最难受的时候是什么样。不要给建议，也不要作保证。"
    ),
}
GRAVE = {
    "en": (
        "The person is in serious distress. Stay calm and close. Ask plainly whether they are safe"
        " right now, one question at a time. Name both a professional and a person they trust."
        " Never speak of methods or amounts, never judge, and do not end the talk."
    ),
    "zh": (
        "对方正处在非常痛苦的状态。请保持平静和陪伴，直接问对方此刻是否安全，一次只问一个问题。"
        "同时提到一位专业人士和一个对方信任的人。不要谈方法或数量，不要评判，也不要结束谈话。"
    ),
}
BY_CATEGORY = {
    "harm_to_others": {
        "en": "The person is very angry at somebody. Do not take sides and do not scold.",
        "zh": "对方对某个人非常愤怒。不要站队，也不要责备。",
    },
    "abuse": {
        "en": (
            "Somebody may be hurting the person. It is not their fault, and they decide. Never tell"
            " them to confront that person or to just leave. Ask whether it is safe to talk now."
        ),
        "zh": (
            "可能有人在伤害对方。这不是对方的错，接下来怎么做由对方决定。"
            "绝不要劝对方去对质，也不要说“离开就好了”。问问现在说话是否安全。"
        ),
    },
    "eating": {
        "en": "The person struggles with eating. No numbers, no diets, no praise of thinness.",
        "zh": "对方在饮食上很挣扎。不要提数字和节食方法，不要夸瘦。",
    },
    "psychosis": {
        "en": (
            "The person may see or believe what others do not. Neither confirm nor argue. Stay with"
            " how frightening it is, and ask who could be with them."
        ),
        "zh": "对方可能看到或相信别人没有的东西。不要附和，也不要争辩；回应那份害怕，问问谁能陪着对方。",
    },
    "mania": {
        "en": (
            "The person may be driven and sleeping little. Stay slow and plain, do not cheer on big"
            " plans, ask about sleep."
        ),
        "zh": "对方可能情绪高涨、睡得很少。语气放慢、平实，不要鼓动重大决定，问问睡眠。",
    },
    "reliance": {
        "en": (
            "The person leans on you a lot. You are an AI and say so kindly. Ask about people in"
            " their life whom they could also tell."
        ),
        "zh": "对方很依赖你。请温和地说明你是人工智能，并问问生活中还有谁可以听对方说。",
    },
    "somebody_else": {
        "en": (
            "The person is worried about somebody else. Thank them for caring, and ask one open"
            " question about what they have noticed and how they are themselves."
        ),
        "zh": "对方在为别人担心。肯定这份关心，用一个开放式问题问问对方注意到了什么，以及对方自己怎么样。",
    },
}


def instruction_for(level: Level, category: str, language: str) -> str:
    """What goes behind the system prompt; empty where there is nothing to be careful about."""
    language = "zh" if language == "zh" else "en"
    by_level = {Level.RAISED: OPENLY[language], Level.HIGH: GRAVE[language]}
    parts = [by_level.get(level, ""), BY_CATEGORY.get(category, {}).get(language, "")]
    return " ".join(part for part in parts if part)
