"""The rules of the safety seam: one table per speaker, most urgent first.

Each rule is a pattern on one lower-case sentence, with the idioms that excuse it. English, Chinese
(both scripts where they differ) and Indonesian. Adding a rule is one entry in `against_oneself` or
`between_people` and one line of examples in tests/chat/safety/test_assessment.py.
"""

# A pattern reads better whole than broken at 100 signs.
# ruff: noqa: E501

import re

from chat.safety.against_oneself import EMERGENCY, SELF_HARM_RULES, SUICIDE_RULES
from chat.safety.between_people import ABUSE_RULES, OTHERS_RULES
from chat.safety.rule import OTHERS, SELF_HARM, SUICIDE, rule

# A negation within the clause, before the match. What only looks like one is taken out first.
NEGATION = re.compile(
    r"\b(?:not|never|no\ longer|without|nor|cannot|wouldn't|won't|don't|didn't|doesn't|isn't"
    r"|wasn't|haven't|hasn't|aren't|ain't|can't|couldn't|dont|didnt|wont|wouldnt|cant|stopped"
    r"|nggak|gak|tidak|enggak|bukan|belum)\b"
    r"|不会|不想|不打算|不要|不再|没有?想|没打算|从来?没|从未|并不|并没|没有|绝不|沒|不會",
    re.VERBOSE,
)
FALSE_NEGATION = re.compile(
    r"(?:can't|cannot|cant|couldn't|can\ not)\ (?:stop|help|quit|shake|get\ rid)\w*"
    r"|(?:can't|cannot|cant|don't|dont)\ (?:take|do|stand|bear|handle|go\ on)\b[\w\ ]*"
    r"|(?:not|don't|dont|didn't|doesn't|isn't)\ (?:sure|know|care|joking|kidding|lying|only|just"
    r"|see\ why|understand\ why|tell\ anyone)\b"
    r"|why\ (?:not|shouldn't\ i|don't\ i)|whether\ or\ not|not\ okay|not\ ok\b"
    r"|不知道|忍不住|控制不住|停不下来|不只|不仅|受不了",
    re.VERBOSE,
)

USER_RULES = [*EMERGENCY, *SUICIDE_RULES, *SELF_HARM_RULES, *OTHERS_RULES, *ABUSE_RULES]

# A reply speaks to the person: these are checked on what the assistant writes.
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

# Neither is enough alone; together within a few turns they are (see `assessment.across_turns`).
MEANS = rule(
    "suicide.means_and_despair",
    SUICIDE,
    r"""\b(?:on|at|near|standing\ on|by)\ (?:the|a)\ (?:\w+\ )?(?:bridge|roof|rooftop|ledge|edge|cliff|train\ tracks?|railway|rails)\b
        |\btop\ floor\b|\b(?:bottle|stash|lot|box|handful)\ of\ (?:\w+\ )?(?:pills|tablets|meds|medication)\b|\bpills\ (?:still\ )?in\ (?:the|my)\ (?:cabinet|drawer)
        |\bbought\ (?:a\ )?(?:rope|gun|razor)|\b(?:how\ many)\ (?:\w+\ )?(?:pills|tablets)\b|\bloaded\ (?:the\ )?gun
        |天台|楼顶|顶楼|桥上|铁轨|安眠药|一瓶药|买了(?:绳子|刀|炭)
        |\bobat\ tidur\b|\btali\b|\brel\ kereta\b|\batap\ gedung\b|\bjembatan\b|\bsurat\ buat\ (?:ibu|keluarga)""",
)
DESPAIR = rule(
    "despair",
    SUICIDE,
    r"""\bwhat's\ the\ point\b|\bno\ point\b|\bpointless\b|\bnothing\ left\b|\bnobody\ (?:cares|would\ miss)|\bno\ one\ (?:cares|would\ miss)
        |\btired\ of\ (?:fighting|everything|it\ all|trying)\b|\bi'm\ done\b|\bim\ done\b|\bgoodbye\b|\bhopeless\b|\bgive\ up\b|\blet\ me\ go\b|\bpain\ (?:won't|to)\ stop\b
        |\bonly\ solution\b|\bi\ just\ look\ at\ (?:the|it|them)|\bcan't\ (?:do|take)\ (?:this|it)\ any ?more
        |没有希望|绝望|撑不下去|没人在乎|没意思|再见了|解脱|太累了|算了
        |\b(?:nggak|gak|udah\ nggak)\ (?:ada\ gunanya|kuat)|\bselamat\ tinggal\b|\bpercuma\b|\bcapek\ banget\b|\bready\ to\ go\b""",
    negatable=False,
)
