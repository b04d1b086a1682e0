"""Rules about what people do to each other: harm that is intended, abuse that is suffered."""

# A pattern reads better whole than broken at 100 signs.
# ruff: noqa: E501

from chat.safety.rule import ABUSE, LAUGHTER, OTHERS, PERSON, TARGET, rule

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
