"""The rules of the safety seam: one table per speaker, most urgent first.

Each rule is a pattern on one lower-case sentence, with the idioms that excuse it. English, Chinese
(both scripts where they differ) and Indonesian. Adding a rule is one entry here and one line of
examples in tests/chat/safety/test_assessment.py.
"""

# A pattern reads better whole than broken at 100 signs.
# ruff: noqa: E501

import re
from dataclasses import dataclass

SUICIDE, SELF_HARM, OTHERS, ABUSE = "suicide", "self_harm", "harm_to_others", "abuse"
CATEGORIES = (SUICIDE, SELF_HARM, OTHERS, ABUSE)


@dataclass(frozen=True)
class Rule:
    """One pattern. `negatable`: a negation before it in the same clause takes it away."""

    id: str
    category: str
    card: str
    pattern: re.Pattern[str]
    unless: re.Pattern[str] | None = None
    negatable: bool = True


def rule(
    id: str,
    category: str,
    pattern: str,
    *,
    unless: str = "",
    card: str = "",
    negatable: bool = True,
) -> Rule:
    guard = re.compile(unless, re.VERBOSE) if unless else None
    return Rule(id, category, card or category, re.compile(pattern, re.VERBOSE), guard, negatable)


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

LAUGHTER = r"\b(?:lol|lmao|haha\w*|jk|rofl|kidding)\b|😂|🤣|哈哈|wkwk"
SELF = r"(?:myself|my\ ?self|meself)"
PERSON = (
    r"(?:he|she|they|dad|daddy|father|mom|mum|mother|parents?|step-?(?:dad|father|mom|mum|mother)"
    r"|husband|wife|boyfriend|girlfriend|bf|gf|partner|ex|uncle|aunt|brother|sister|boss|coach"
    r"|teacher|roommate|grandfather|grandpa|son|cousin)"
)
TARGET = (
    r"(?:him|her|them|someone|somebody|people|everyone|everybody|this\ (?:guy|man|woman|bitch)"
    r"|that\ (?:guy|man|woman|bastard|professor|teacher|bitch)"
    r"|my\ (?:ex|boss|wife|husband|dad|father|mom|mum|mother|brother|sister|boyfriend|girlfriend"
    r"|teacher|professor|neighbou?r|classmates?|coworkers?|colleagues?|roommate|kids?|baby|son"
    r"|daughter|parents|family))"
)

EMERGENCY = [
    rule(
        "emergency.overdose",
        SELF_HARM,
        r"""\b(?:took|taken|swallowed|downed)\b[^.]{0,25}?
            (?:too\ many|all\ (?:of\ )?(?:my|the)|\d{1,3}|a\ (?:whole\ )?(?:bottle|handful|bunch)(?:\ of)?
            |the\ (?:whole|entire)\ bottle(?:\ of)?|ten|twenty|thirty|fifty)\s*(?:of\ )?(?:my\ |the\ )?
            (?:\w+\ )?(?:pills|tablets|sleeping|painkillers|paracetamol|tylenol|antidepressants|meds)
            |\bi\ (?:just\ |have\ |might\ have\ |think\ i\ )?overdosed\b|\bi'm\ overdosing\b
            |(?:吞了|吃了|喝了)[^。]{0,8}(?:一整?瓶|很多|好多|几十|一大把|全部|大量|整瓶)[^。]{0,8}(?:药|安眠药|藥|农药)
            |(?:喝|吞)了(?:农药|百草枯|敌敌畏)
            |\b(?:nelen|minum|telan)\b[^.]{0,20}(?:\d+\ butir|kebanyakan|racun)""",
        unless=r"vitamin|as\ prescribed|years?\ ago|for\ (?:my|the)\ (?:headache|cold|flu)",
        card="emergency",
    ),
    rule(
        "emergency.bleeding",
        SELF_HARM,
        r"""\bi\ (?:just\ )?(?:cut|slit|slashed)\ my\ (?:wrists?|arms?|throat)
            |(?:割了|划了|割开)(?:自己的?)?(?:手腕|手|胳膊|脖子)
            |(?:potong|iris|sayat)\ tangan(?:ku|\ aku)""",
        unless=r"cooking|kitchen|chopping|shaving|by\ accident|accidentally|切菜|做饭|不小心",
        card="emergency",
    ),
    rule(
        "emergency.medical",
        SELF_HARM,
        r"""\b(?:call|calling|need|send)\ (?:me\ )?an?\ ambulance|\boverdosis\b|\bpanggil\w*\ ambulans|叫救护车|打120""",
        unless=r"\b(?:wee-woo|siren|last\ (?:year|month|week)|years?\ ago)\b",
        card="emergency",
    ),
]

SUICIDE_RULES = [
    rule(
        "suicide.explicit",
        SUICIDE,
        rf"""\b(?:kill|killing|hang|hanging|shoot|shooting|drown|drowning|unalive|unaliving)\ {SELF}\b
            |\bunalive\b|\bk1ll\ {SELF}
            |\b(?:end|ending|take|taking)\ (?:my\ (?:own\ )?life|it\ all)\b
            |\b(?:commit|committing|attempt|attempted|considering|contemplating|thinking\ (?:about|of)
            |think\ (?:about|of)|thoughts\ (?:about|of)|plan(?:ning)?|want)\ (?:a\ |of\ )?(?:suicide|sewerslide)\b
            |\b(?:i'm|i\ am|im|i\ feel|i've\ been|feeling|being|getting|been)\ (?:so\ |very\ |really\ |a\ bit\ |kind\ of\ )?suicidal\b
            |\bsuicidal\ (?:thoughts?|ideation|urges?|again|tonight)\b
            |\bsuicide\ (?:note|plan)\b|\bgoodbye\ (?:letters?|notes?)\b
            |(?<!\d)(?<!\d\ )\bkms\b(?!\ (?:away|from|per))""",
        unless=rf"{LAUGHTER}|suicide\ squad|suicide\ prevention|prevent(?:ing)?\ suicide",
    ),
    rule(
        "suicide.wish",
        SUICIDE,
        r"""\b(?:want|wanna|wants|wanted|wish|wishing|ready|need|like|rather|better|deserve|hoping|hope)
            \ (?:to\ |i\ (?:could|would|was|were|am)\ |i'm\ )?(?:just\ |finally\ |all\ )?(?:be\ )?(?:die|dead)\b
            |\b(?:think(?:ing)?|fantasi[sz]e|dream(?:ing)?|daydream(?:ing)?)\ (?:about|of)\ (?:dying|my\ (?:own\ )?death|being\ dead|jumping\ off|jumping\ in\ front)\b
            |\bworth\ more\ dead\b|\bi(?:'d|\ would)\ (?:rather|sooner)\ be\ dead\b
            |\bhope\ (?:a|the|some)\ (?:car|bus|truck|train|accident)\b
            |\b(?:feels?\ like|wonder\ (?:what|how)[\w\ ]*)\ to\ jump\b""",
        unless=rf"""{LAUGHTER}|\bdie\ (?:of|from)\ (?:laugh|embarrass|boredom|shame|curiosity|hunger|heat|cold)
            |die\ laughing|to\ die\ for|die\ hard|embarrass|mortif|cring|so\ cute|battery|phone|in\ (?:the|this)\ game|boss\ fight|level
            |dead\ (?:end|line|lift|inside\ lol|tired)|dead\ (?:last|wrong|serious|sure)""",
    ),
    rule(
        "suicide.passive",
        SUICIDE,
        r"""\b(?:don't|dont|do\ not|didn't|never|not)\ (?:really\ |even\ )?(?:want|wanna|wanting)\ (?:to\ )?
            (?:be\ (?:here|alive|around)(?!\ (?:for|when|at|today|tonight|this))|live(?!\ (?:in|with|at|here|there|near|alone|like|on|off))|exist|go\ on\ living|wake\ up\b(?!\ (?:early|at|late|so|before)))
            |\b(?:tired|sick|exhausted|done)\ (?:of|with)\ (?:living|being\ alive|life\ itself|existing)\b
            |\b(?:no|not\ any|don't\ have\ a|without\ a|any)\ (?:reason|point|purpose)\ (?:to|in|for)\ (?:live|living|go\ on|going\ on|be\ alive|being\ alive)\b
            |\b(?:can't|cannot|cant|couldn't)\ (?:go\ on|keep\ going|live)\ (?:like\ this\ )?(?:any\ ?more|any\ longer|with\ this)
            |\b(?:better\ off|happier|easier|relieved)\ (?:if\ i\ (?:was|were|wasn't|weren't|died|disappeared)|without\ me)\b
            |\b(?:miss|notice|care|sad|cry)\b[\w\ ]{0,12}\bif\ i\ (?:was|were|am|wasn't|weren't|died|disappeared|was\ gone|wasnt)\ ?(?:n't|not|here|gone|dead|anymore|around)?
            |\b(?:go\ to|fall\ a?sleep|falling\ a?sleep|sleep)\ (?:and\ (?:never|not)\ wake|forever)
            |\bnever\ wak(?:e|ing)\ up\ (?:again)?|\bto\ never\ wake\ up
            |\bwish\ i\ (?:could|would)\ (?:just\ )?(?:disappear|vanish|cease|stop\ existing)\b(?!\ for\ (?:a|the)|\ into)
            |\bwant\ to\ (?:just\ )?(?:disappear|vanish)\ (?:forever|for\ good|from\ this\ world)
            |\b(?:this|it)\ is\ the\ only\ way\ out\b|\bready\ to\ go\ tonight\b
            |\bwish\ (?:i\ (?:was|were|had)(?:\ never\ been|n't\ been|\ never|n't)\ born|i'd\ never\ been\ born)
            |\blife\ (?:is\ not|isn't|is\ no\ longer)\ worth\ (?:living|it)\b""",
        unless=rf"{LAUGHTER}|monday|vacation|holiday\ to\ end|alarm",
        negatable=False,
    ),
    rule(
        "suicide.other_person",
        SUICIDE,
        r"""\b(?:wants?|wanted|going|gonna|plans?|planning|threaten(?:s|ed|ing)|tried|trying|talks?\ about|talking\ about)
            \ (?:to\ )?(?:kill(?:ing)?\ (?:himself|herself|themsel(?:f|ves))
            |end(?:ing)?\ (?:his|her|their)\ (?:own\ )?life|tak(?:e|ing)\ (?:his|her|their)\ own\ life|suicide)\b""",
        unless=r"\b(?:movie|novel|film|book|episode)\b",
    ),
    rule(
        "suicide.zh",
        SUICIDE,
        r"""自杀|自殺|轻生|輕生|寻死|(?:想|要)去?死(?![你妳他她我大家])|(?:结束|了结)(?:自己|我|这)?(?:的)?(?:生命|一生|一切)|了结自己|一了百了
            |(?:想|要|准备|打算|去)(?:从\S{0,8})?(?:跳楼|跳樓|跳河|跳下去|上吊|割腕|烧炭|卧轨)|(?:离开|消失在)这个世界|遗书|遺書""",
        unless=r"自杀式|自杀小队|预防自杀|防止自杀|尴尬|社死|哈哈|笑死|电影|游戏里|快要死|[累困饿冷热渴]得要死|要死不活",
    ),
    rule(
        "suicide.zh_passive",
        SUICIDE,
        r"""不想(?:再)?活|活不下去|活着(?:真)?没(?:有)?(?:意思|意义)|(?:活着|活下去)(?:还)?有什么(?:意思|意义|用)|死了算了|不如死
            |(?:再也|永远)不(?:想|要|用)?(?:再)?醒(?:来|过来)|没有我[^。，]{0,6}(?:更好|轻松)""",
        unless=r"哈哈|不想活动|小说|电影",
        negatable=False,
    ),
    rule(
        "suicide.id",
        SUICIDE,
        r"""\bbunuh\ diri|\b(?:mau|pengen|ingin|pingin|mending|biarin)\ (?:aku\ |saya\ |aja\ )?mati\b|\bmati\ aja\b
            |\b(?:ng|meng)?akhiri\ (?:hidup|semua|semuanya)\w*|\btidur\ selamanya\b
            |\bgantung\ diri\b|\bminum\ racun\b|\bracun\ (?:tikus|serangga)|\bsurat\ wasiat\b|\btenang\ selamanya\b
            |\b(?:loncat|lompat)\ (?:dari|pas|biar)\b|\baku\ yang\ (?:ilang|hilang)\b|\bcapek\ (?:banget\ )?hidup\b
            |\bselesai\ semua(?:nya)?\b|\bsatu\ langkah\ lagi\b""",
        unless=r"takut\ mati|wkwk|haha|basmi",
    ),
    rule(
        "suicide.id_passive",
        SUICIDE,
        r"""\b(?:nggak|gak|tidak|ga)\ (?:usah\ |mau\ )?bangun\ lagi""",
        negatable=False,
    ),
]

SELF_HARM_RULES = [
    rule(
        "self_harm.explicit",
        SELF_HARM,
        rf"""\b(?:hurt|hurting|harm|harming|cut|cutting|burn|burning|punish|punishing|starve|starving|hit|hitting|scratch|scratching)\ {SELF}\b
            |\bself[\ -]?harm(?:ing|ed)?\b|\bi(?:'ve|\ have)?\ (?:been|started|keep|kept)\ cutting\b(?!\ (?:back|down|out|off|class|corners|the|carbs|weight|my\ (?:hair|hours)))
            |\b(?:clean|relapsed?)\ (?:from|on|into|with)\ (?:cutting|self)|\b(?:urge|want|wanna|need|start|started|stop)\ (?:to\ )?(?:cut|cutting)\ (?:again|tonight|my\ (?:arms?|wrists?|legs?|thighs?|skin))
            |\b(?:want|need|going)\ to\ (?:burn|cut|scratch|break)\ my\ (?:own\ )?(?:arms?|wrists?|hands?|legs?|skin|fingers)
            |\b(?:scratching|cutting|burning|biting)\ my\ (?:arms?|wrists?|legs?|thighs?|skin)\b
            |\bcut\ it\ out\ myself|\bbang(?:ing)?\ my\ head\ (?:against|on|into)\ (?:the|a)\ wall\ (?:until|so|to|again)""",
        unless=rf"{LAUGHTER}|shaving|by\ accident|accidentally|gym|workout|cooking|sunburn|mosquito|eczema|some\ slack|a\ (?:piece|slice)",
    ),
    rule(
        "self_harm.eating",
        SELF_HARM,
        r"""\b(?:haven't|have\ not|havent)\ eaten\ (?:anything\ )?(?:in|for)\ (?:\d+|two|three|four|five|six)\ days
            |\brather\ die\ thin\b|\bmake\ myself\ (?:throw\ up|sick|vomit)\b|\bmaking\ myself\ (?:throw\ up|sick|vomit)\b""",
        unless=r"stomach\ (?:bug|flu)|ramadan|surgery",
        negatable=False,
    ),
    rule(
        "self_harm.zh",
        SELF_HARM,
        r"""自残|自殘|自伤|自傷|(?:伤害|傷害|惩罚|割|划|烫|掐|打|弄伤)(?:我)?自己|割腕|(?:用刀|拿刀|刀片)(?:划|割)
            |(?:拿|用)头(?:去)?撞墙|(?:划|割)(?:我的|自己的)?(?:手腕|手臂|胳膊|大腿)""",
        unless=r"打自己的(?:电话|广告)|不小心|切菜|做饭",
    ),
    rule(
        "self_harm.id",
        SELF_HARM,
        r"""\b(?:ngelukain|melukai|nyakitin|nyayat|menyayat|sayat|ngiris)\ (?:diri|tangan|lengan|badan)\w*
            |\b(?:jedotin|benturin|membenturkan)\ kepala|\bnyulut\ rokok\ ke\b|\b(?:butuh|perlu)\ luka\ fisik|\bsakit\ fisik\b""",
    ),
]

OTHERS_RULES = [
    rule(
        "harm_to_others.intent",
        OTHERS,
        rf"""\b(?:i'm|i\ am|im|i|i'll|i\ will|i\ swear\ i'll)\ (?:\w+\ ){{0,3}}?
            (?:kill|killing|stab|stabbing|shoot|shooting|murder|murdering|strangle|poison|attack)\ {TARGET}\b
            |\b(?:i'm|i\ am|im)\ (?:going\ to|gonna|about\ to)\ (?:hurt|beat)\ {TARGET}
            |\bi\ (?:want|wanna|plan|need|intend)\ (?:to\ )?(?:really\ )?(?:hurt|beat)\ (?:\w+\ ){{0,1}}{TARGET}
            |\b(?:thoughts|urges?|fantasies)\ (?:of|about|to)\ (?:hurt|kill|stab|harm)(?:ing)?\ {TARGET}
            |\b(?:brought|bring|bringing|got|carry|carrying|have)\ a\ (?:knife|gun)\ (?:in\ my\ bag|to\ (?:school|work|class)|in\ my\ (?:pocket|backpack|car))
            |\bburn\ (?:down\ )?(?:his|her|their|the)\ (?:house|car|home|school)(?:\ down)?""",
        unless=rf"""{LAUGHTER}|shoot\ (?:him|her|them)\ an?\ |kill\ (?:for|time|it)|if\ (?:he|she|they)\ (?:eats?|finds?|spoils?|forgets?|is\ late)
            |video\ game|in\ (?:the|this)\ game|chess|i\ could\ (?:have\ )?(?:just\ )?(?:kill|murder|strangle)|kitchen\ knife|i\ (?:could|would)\ never|love\ (?:him|her|them)\ to\ (?:bits|death)""",
    ),
    rule(
        "harm_to_others.zh",
        OTHERS,
        r"""(?:我|想|要|会|准备|打算)\S{0,4}(?:杀了?|杀死|杀掉|捅死?|捅了|砍死?|弄死|打死|毒死|掐死)
            (?:了)?(?:他|她|它们|他们|那个|这个|我(?:爸|妈|老板|室友|老师|同学|老公|老婆|孩子)|所有人|全家|人)""",
        unless=r"哈哈|游戏|蚊子|蟑螂|开玩笑|小说",
    ),
    rule(
        "harm_to_others.id",
        OTHERS,
        r"""\b(?:bakal|mau|akan|harus|ingin|pengen)\ (?:aku\ )?(?:tusuk|nusuk|bunuh|bacok|bakar|habisi)\ (?:dia|mereka|motor|rumah|si\b|semua)
            |\bbawa\ (?:pisau|golok|bensin)\b""",
        unless=r"wkwk|haha|dapur|masak|bercanda",
    ),
]

ABUSE_RULES = [
    rule(
        "abuse.violence",
        ABUSE,
        rf"""\b{PERSON}(?:'s)?\ (?:\w+\ ){{0,3}}?(?:hits?|hitting|beats?|beating|punch(?:es|ed|ing)?|slap(?:s|ped|ping)?|chok(?:es?|ed|ing)
            |strangl(?:es?|ed|ing)|kick(?:s|ed|ing)?|rap(?:es?|ed|ing)|molest(?:s|ed|ing)?|hurts|shov(?:es|ed)|burn(?:s|ed))
            \ (?:me|us|my\ (?:mom|mum|mother|brother|sister|kids?|son|daughter|little\ \w+))\b
            (?!\ (?:up\b|with\ (?:a|the|another)|at\b|to\ (?:it|the)|out\b|in\ (?:chess|a\ game|the\ game)|by\ \w+\ points|on\ the\ back|off\b|like\ a\ ton))
            |\b{PERSON}\ (?:\w+\ ){{0,2}}?(?:threatened|threatens|threatening)\ to\ (?:kill|hurt|beat|stab|shoot)\ (?:me|us|my)
            |\b{PERSON}\ (?:\w+\ ){{0,2}}?(?:hit|beat)\ (?:me|us|my\ (?:mom|mum|mother|brother|sister|kids?))\b
            (?!\ (?:up\b|with\ (?:a\ (?:question|bill|joke))|at\b|to\ (?:it|the)|in\ (?:chess|a\ game|the\ game|the\ race)|by\b|again\ at|on\ (?:facebook|insta)|with\ the\ news))
            |\b{PERSON}\ (?:\w+\ ){{0,2}}?(?:touches|touched|touching)\ me\ (?:there|inappropriately|sexually|at\ night|down|when\ i)""",
        unless=rf"{LAUGHTER}|mario|chess|ping\ ?pong|tennis|karate|sparring|pillow\ fight",
    ),
    rule(
        "abuse.assault",
        ABUSE,
        r"""\b(?:i\ was|i\ got|i've\ been|was\ just|i\ have\ been|being|been)\ (?:just\ )?(?:being\ )?(?:raped|sexually\ (?:assaulted|abused|harassed)|molested|groped|gang[\ -]?raped|beaten\ (?:up|by\ (?:my|him|her|them|a)))\b
            |\b(?:abusive|violent)\ (?:relationship|marriage|husband|wife|partner|boyfriend|girlfriend|father|dad|mother|mom|mum|home|stepfather|stepdad)\b
            |\bdomestic\ (?:violence|abuse)\b|\b(?:scared|afraid|terrified)\ (?:of|that)\ (?:my\ )?(?:husband|wife|boyfriend|partner|dad|father|stepdad|stepfather|he)\ (?:will|might|would|is\ going\ to)\ (?:hurt|kill|hit|beat)
            |\b(?:locked|locks)\ me\ (?:in|up|inside)\b""",
        unless=r"\b(?:movie|novel|film|lecture|course|class\ on|thesis\ on|my\ paper)\b|(?:like|as\ if)\ i\ was\ beaten",
    ),
    rule(
        "abuse.zh",
        ABUSE,
        r"""家暴|虐待我|性侵|强奸|強姦|猥亵|强暴|(?:老公|丈夫|老婆|妻子|男朋友|女朋友|男友|女友|爸爸?|妈妈?|父亲|母亲|继父|继母|他|她|同学|他们)
            [^。，,没不]{0,6}(?:打我|揍我|掐我|踢我|扇我|殴打我|摸我)(?!电话|的?电话|手机|一个电话)|(?:被|又被)[^。，,]{0,6}(?:打了|毒打|殴打|霸凌|欺凌)""",
        unless=r"哈哈|打我电话|游戏|电影|论文",
    ),
    rule(
        "abuse.id",
        ABUSE,
        r"""\b(?:nampar|mukulin|mukul|tampar|nendang|memukul|menampar|memperkosa|perkosa)\ (?:aku|saya|ibu)\b|\bngance?m\ mau\b|\bdiperkosa\b|\bdilecehkan\b
            |\bngunci\ aku\b|\b(?:takut|scared)\b[^.]{0,20}\bpulang\ ke\ rumah\b""",
        unless=r"wkwk|haha",
    ),
]

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
