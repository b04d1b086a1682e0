"""Rules on what a reply says to the person ("hurt yourself"), for the older callers of `assess`."""

# A pattern reads better whole than broken at 100 signs.
# ruff: noqa: E501

from chat.safety.detection.rule import OTHERS, SELF_HARM, SUICIDE, rule

REPLY_RULES = [
    rule(
        "reply.suicide",
        SUICIDE,
        r"""\b(?:kill|hang|shoot)(?:ing)?\ yourself\b|\b(?:end|take|ending|taking)\ your\ (?:own\ )?life\b|\bsuicid(?:e|al)\b
            |\bthoughts\ (?:of|about)\ (?:dying|death|not\ being\ here)|\bwant(?:ing)?\ to\ die\b
            |自杀|自殺|结束(?:你的|自己的)生命|轻生|bunuh\ diri""",
        negatable=False,
    ),
    rule(
        "reply.self_harm",
        SELF_HARM,
        r"""\b(?:hurt|harm|cut|burn|punish|starv)(?:e|ing|ting)?\ yourself\b|\bself[\ -]?harm|自残|自伤|伤害自己|menyakiti\ diri""",
        negatable=False,
    ),
    rule(
        "reply.harm_to_others",
        OTHERS,
        r"""\byou\ should\ (?:kill|hurt|stab|attack|shoot)\ (?:him|her|them)\b|你应该(?:杀|打死)""",
        negatable=False,
    ),
]
