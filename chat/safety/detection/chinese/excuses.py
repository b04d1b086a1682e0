"""What takes the meaning of a Chinese match away: who is spoken of, a negation, the setting.

A pattern alone cannot say whether it is the person who wants to die, or a friend of theirs, or
someone in a film. These look at the sentence around a match.
"""

# A pattern reads better whole than broken at 100 signs.

import re

from chat.safety.detection.chinese.words import SOMEBODY

NEAR = 80  # characters before a match in which its speaker is looked for
CLAUSE_END = re.compile(r"[,，;；:：、()（）\s…~～]+|但是?|可是|因为|所以|不过|然后")

# The nearest of these before a match is whom it speaks of. 我 as an object is nobody's wish.
SPEAKER = re.compile(
    rf"(?P<self>(?<![跟对和给向让骂打逼同与问把被])(?<!告诉)(?<!威胁)(?:我(?!们?的?{SOMEBODY}|们班|们公司|们学校|们小区)|本人|俺|自己都)(?:自己)?)"
    rf"|(?P<other>(?:我们?|你们?)?的?{SOMEBODY})"
)
ABOUT_THEM = re.compile(
    r"[说讲喊闹称]|威胁|担心|害怕[他她]|怕[他她]|怎么[劝帮救跟和办陪安回]|如何[劝帮救]|该怎么|怎样[劝帮]|劝|安慰"
    r"|要不要告诉|该不该|帮帮?[他她]|救救?[他她]|陪[他她]|报警"
)
IN_TRUTH_OWN = re.compile(
    r"(?:那个|这个)?(?:朋友|人|她|他|主角)?(?:其实)?(?:就)?是我(?:自己|本人|$|[,，。!！])|假设|假如(?:有|一)|替[^,，。]{0,4}朋友[^,，。]{0,2}问|我问的不是自己"
)
HOW_TO_HELP = re.compile(
    r"(?:怎么|如何|怎样|该)(?:去)?(?:安慰|劝|帮助?|陪伴?|救|开导)[^,，。我]{0,8}$"
)
ASKED = re.compile(
    r"问我?[^。]{0,8}(?:有没有|是否|有无|想不想)[^。]{0,12}(?:说|回答)?(?:没有|不想)(?!.*(?:其实|撒谎|骗))"
)
OWN_WORDS = re.compile(
    r"我(?:也|真的?|都|好|现在|自己|就|又|总是?|一直|只|很|想了很久|今晚|明天|每天|天天|其实)*"
    r"(?:想死|想自杀|要自杀|不想活|活不下去|想去死|想轻生|想跳|撑不下去)|那个(?:朋友|人|她|他)?(?:其实)?(?:就)?是我|就是我(?:本人|自己)?(?:$|[,，。!！?？\s])|其实是我|是认真的|我是认真|不是(?:开|在)?玩(?:笑|梗)|没开玩笑|没在开玩笑"
)
NEGATION = re.compile(
    r"(?:没有?(?:想过?要?|打算|在想|任何|什么|真的?)?|不会(?:去|想|再)?|不想(?:再)?(?:去)?|不打算|从来?没(?:有)?(?:想过)?|从未(?:想过)?"
    r"|并不(?:是)?(?:真的?)?(?:想)?|并没有?|绝不(?:会)?|不是(?:真的?)?(?:要|想)?|不再(?:想)?|不要(?:再)?|别(?:再|去)?|不能(?:再)?|不可以|不准|不许|停止|戒掉了?|"
    r"已经不|没再|不用)$"
)
FALSE_NEGATION = re.compile(
    r"(?:不是不|没有[一哪]天不|无时无刻不|不得不|不能不|忍不住|控制不住|停不下来|不知道|不只|不仅|能不能|会不会|要不要|是不是|想不想|有没有)$"
)
HELPING = re.compile(
    r"如果(?:你|您)|除非|保密|涉及|生命教育|(?:你|您)(?:身边|是否|有没有|不是一个人)|请(?:拨打|联系|致电|及时)|热线|专线|预防|防止|识别|评估|量表|干预|我在写论文|演练|做手工|关于[^,，。]{0,10}论文|毕业论文|综述|研究|讲座|培训|班会|手册|宣传|科普|海报"
    r"|志工|志愿者|义工|社工|普法|课题|辩论|备考|统计|数据|自杀率|自杀日|互助小组|遗属|来访者说|咨询师应该|反家暴法|哪一年|是什么意思|心理老师|心理课|生命教育|新手咨询师"
)
FICTION = re.compile(
    r"小说|电影|电视剧|这部剧|这部片|剧里|剧中|剧本|剧情|片子|片里|纪录片|动漫|动画|漫画|游戏|副本|boss|关卡|这关|主角|男主|女主|角色|反派|书里|这本书|《|新闻|报道|明星|历史课|历史上|作家|诗人|画家|史记|红楼梦|三国"
    r"|狼人杀|剧本杀|密室|攻略|队友|对面|王者|吃鸡|僵尸|柯南|恐怖片|梗图|段子|鬼灭|小区[^。]{0,4}跳楼"
)
JOKING = re.compile(
    r"(?:好吃|好笑|好看|好听|可爱|尴尬|社死|丢人|丢脸|热|冷|困|饿|撑|馋|无聊|改|催|写|背|跑|加班|笑|追剧|抢票|挤)[^,，。]{0,3}[得到](?:我|人)?(?:都|简直|快)?$|又要?(?:开会|加班|上班|早起|考试|上课)[,，]?$"
)
LONG_AGO = re.compile(
    r"[几两三四五六七八九十\d]+年了[,，].{0,4}现在.{0,6}(?:幸福|好|自由|平静)|"
    r"(?:[几两三四五六七八九十\d]+多?年前|以前|从前|曾经|当年|小时候|初中时?|高中时?|大学时?|那时候?|那段|过去|去年|青春期|年轻时|走出来|[好戒][了掉]?.{0,6}年)"
    r".{0,40}(?:现在|如今|后来|早就|已经|回头看|幸好|感谢|如今|[两三四五六七八九十\d]+周?年(?:了|没)?|以后跟我道|不那样|没有了).{0,16}(?:好|走出|平静|幸福|珍惜|自由|顺利|淡|正常|那样|没有了?|感谢|放弃|和解|歉|孩子|没再|不再|蛋糕|护着|年了|周年)"
)
STILL = re.compile(
    r"又(?:开始|想|来|犯|割|划|有|一次)|还(?:是|会|在|有|想|打)|再次|最近(?!状态)|依然|仍然?|复发了|现在(?:又|还|也|每|天|就|都|一直|想|总)|下一次|想死|不想活|到现在"
)


def about_somebody_else(sentence: str, hit: re.Match[str]) -> bool:
    """Whether the match speaks of another person than the one who writes."""
    if IN_TRUTH_OWN.search(sentence):
        return False
    if HOW_TO_HELP.search(sentence[: hit.start()]):
        return True
    begins = SPEAKER.match(sentence, hit.start())
    if begins:
        return begins.lastgroup == "other"
    marks = list(SPEAKER.finditer(sentence, max(0, hit.start() - NEAR), hit.start()))
    if not marks:
        return False
    last = marks[-1]
    if last.lastgroup == "self":
        return False
    if not CLAUSE_END.search(sentence[last.end() : hit.start()]):
        return True
    # "孩子跟我吵架，不想活了": another person is named, but nothing says the wish is theirs.
    return bool(ABOUT_THEM.search(sentence)) and not OWN_WORDS.search(sentence)


def negated(sentence: str, hit: re.Match[str]) -> bool:
    before = CLAUSE_END.split(sentence[: hit.start()])[-1]
    if ASKED.search(sentence):
        return True
    return bool(NEGATION.search(before)) and not FALSE_NEGATION.search(before)


def told_of(sentence: str, hit: re.Match[str]) -> bool:
    """Whether the setting is help, knowledge, a story, or a joke's exaggeration."""
    if JOKING.search(sentence[: hit.start()]):
        return True
    if OWN_WORDS.search(sentence):
        return False
    return bool(HELPING.search(sentence) or FICTION.search(sentence))


def long_over(sentence: str, hit: re.Match[str]) -> bool:
    """Told of as past and over: a long time ago, and well now."""
    return bool(LONG_AGO.search(sentence)) and not STILL.search(sentence)


def not_own(sentence: str, hit: re.Match[str]) -> bool:
    """The usual excuse of a rule on the person themselves."""
    return any(
        excuse(sentence, hit) for excuse in (negated, told_of, long_over, about_somebody_else)
    )


def not_suffered(sentence: str, hit: re.Match[str]) -> bool:
    """The excuse of a rule on what others do to the person: the other is in the pattern."""
    return told_of(sentence, hit) or long_over(sentence, hit) or negated(sentence, hit)


def only_told(sentence: str, hit: re.Match[str]) -> bool:
    """The excuse of a question for a way to die: fiction does not take it away."""
    return negated(sentence, hit) or about_somebody_else(sentence, hit)


def not_somebody_else(sentence: str, hit: re.Match[str]) -> bool:
    """The excuse of a rule on another person: it is the person themselves, or a story."""
    return (
        not about_somebody_else(sentence, hit)
        or told_of(sentence, hit)
        or long_over(sentence, hit)
        or negated(sentence, hit)
    )


REPORTED = re.compile(
    rf"{SOMEBODY}[^。我]{{0,10}}(?:说|觉得|怀疑|认为|非说|总说)[^。我]{{0,8}}(?:有人|他|她|自己)"
)


def said_of_another(sentence: str, hit: re.Match[str]) -> bool:
    """The excuse where other people belong to the match itself, as they do in psychosis."""
    return (
        negated(sentence, hit)
        or told_of(sentence, hit)
        or long_over(sentence, hit)
        or bool(REPORTED.search(sentence[: hit.end()]))
    )


def threat_of_another(sentence: str, hit: re.Match[str]) -> bool:
    """The excuse of a rule on meaning harm: a story, or the threat of somebody else."""
    if told_of(sentence, hit):
        return True
    marks = {
        mark.lastgroup for mark in SPEAKER.finditer(sentence, max(0, hit.start() - NEAR), hit.end())
    }
    before = {
        mark.lastgroup
        for mark in SPEAKER.finditer(sentence, max(0, hit.start() - NEAR), hit.start())
    }
    return "self" not in marks and "other" in before
