"""English: ways of speaking and words of each kind of harm, for the head to weigh together.

A supporter's sentence asks, says back what was said, names a feeling, says what the assistant is
or cannot do, or points to people. What claims, foretells, praises, advises or orders is another
way of speaking.
"""

# ruff: noqa: E501

import re

from ..rule import compiled

PIECES = re.compile(
    r"[,;:—–.!?]+\s+|\s[-–—]\s|\s(?:and|but|so|because|while|although|though)\s(?=(?:i|you|it|that|this|he|she|they|we|there|your|my|please|try|tell|take|just|don't|do|then)\b)"
)
SOFT = r"(?:so|really|very|truly|deeply|just|also|only|still|already|always|often|sometimes|never|even|now|not|quite|pretty|completely|perfectly|absolutely|too|a bit|a little|both|probably|maybe|all|hardly|finally|again|rather)"
FEELING = r"(?:sad|hard|heavy|painful|difficult|tough|tiring|exhausting|lonely|scary|frightening|terrifying|confusing|frustrating|disappointing|upsetting|awful|terrible|horrible|unfair|stressful|overwhelming|understandable|natural|normal|human|okay|ok|fine|good|great|lovely|nice|wonderful|kind|brave|important|a lot|easy|strange|odd|rough|cruel|bitter|tender|warm|hurtful|humiliating|embarrassing|annoying|unbearable|devastating|shocking|a (?:\w+ )?(?:shock|loss|burden|weight|blow|question|step|relief|feeling|thought|worry|night|day|week|time|place|moment|fear|change|reason)|much|big|real|possible|worth|touching|moving|funny|beautiful|quiet|empty|raw|fresh|clear|true|fair|useful|helpful|discouraging|isolating|draining|unsettling|numbing|maddening|sore|deep|long|precious|comforting|hopeful)"
INTERJECTION = r"^(?:yes|yeah|no|okay|ok|thank you|thanks|hello|hi|hey|welcome|good (?:morning|evening|night|afternoon)|oh|ah|wow|hmm+|of course|right|sure|well|please|then|so|and|but|maybe|perhaps|no (?:rush|pressure|hurry|wonder)|goodbye|bye|sleep well|congratulations|sorry|for now|right now|at the same time|in that case|if you (?:like|want|wish|can|would like)[^.]*)$"
ASKING = r"^(?:and |so |but |or |then |if you like |may i ask |can i ask |i wonder )*(?:what|how|when|where|who|whom|whose|which|is|are|isn't|was|were|do|does|did|have|has|had|can|could|would|will|shall|if|whether|may i|could you|would you|does|since when|in what|at what|to whom|for how|on which)\b"
HOLLOW = rf"^(?:(?:and|but|so|then|no wonder|of course|perhaps|maybe|even so) )*(?:it|that|this|these|those|all (?:of )?(?:this|that)|what (?:he|she|they) (?:did|said|does)(?: to you)?|such \w+|\w+ing(?: \w+)?)(?: {SOFT})* (?:sounds?|seems?|must|feels?|felt|makes? (?:\w+ )?sense|hurts?|matters?|counts?|stayed|stays|takes (?:a lot|courage|strength|time)|took (?:a lot|courage|strength)|(?:can|may|might|could|would) (?:\w+ )?(?:feel|hurt|be|make|shake|weigh|wear|leave|stay)|says|shows|touched|changed|happened|came|went|meant|means a lot)\b"
IS_FEELING = rf"^(?:(?:and|but|so|then|of course) )*(?:it|that|this|there|those|these|all of (?:this|that))(?:'s| is| was| has been|'s been| are| were| isn't| wasn't)(?: {SOFT})*(?: (?:such|the|no|an?|some))? ?(?:\w+ )?{FEELING}\b"
SELF = rf"^(?:(?:and|but|so|then|yes|no|please|today|for now|right now|as an ai|as a program|here) )*(?:i(?:'m| am)(?: {SOFT})* (?:sorry|glad|happy (?:to|for|that)|here|listening|worried|concerned|an? (?:ai|program|chat\w*|computer|language|digital|virtual|assistant|machine|bot)|software|curious|wondering|hearing|with you|grateful|moved|relieved|afraid (?:i|that i)|able|sure|going to (?:answer|describe|help|tell|stay|be honest)|proud of you for (?:writing|telling|calling|asking|reaching|saying)|asking)|i(?: {SOFT})* (?:hear|see|understand|wonder|hope|wish|appreciate|notice|get the sense|sense|believe (?:you|that)|think (?:it|that|you(?:'re| are| have| were)|your|a|this|of|about|someone|somebody|people)|would like|want (?:you|to)|can't|cannot|can not|won't|don't|do not|will not|would never|would not|wouldn't|haven't|may|might|ask|asked|read|have (?:read|been (?:wondering|thinking)|a question|one question)|care|remember (?:you|that you)|know (?:it|that|this|how (?:hard|much|difficult)|writing)|was wondering|will (?:listen|stay here|try|do my)|can(?: only| also| just)* (?:hear|see|imagine|understand|sense|tell|only|listen|stay (?:here|in|with)|help|feel how|be here)|could (?:be|hear|imagine))|i'd (?:like|love|be glad|rather|want)|my (?:answers?|question|words|worry))\b"
ADVICE_VERBS = r"(?:tell|talk|call|reach|write|share|take|ask|say|start|rest|breathe|let|decide|choose|come back|stay|wait|look|go (?:for|slowly|on|at|out)|put|keep (?:writing|talking)|feel|cry|bring|show (?:it|this|them|her|him)|speak|be (?:sad|angry|tired|gentle|kind|proud|safe|upset|as)|need|want|still|have|get through|write down|pick|name|think|use|do it|practi[sc]e|sit|walk|drink|text|send|visit|see (?:a|your)|contact|find (?:a|some|someone|out)|consider|trust yourself|plan|count|set|try (?:to )?(?:\w+ )?(?:breath\w*|rest\w*|talk\w*|writ\w*|walk\w*|tell\w*|call\w*|tak\w*|sleep\w*|one|a|small|nam\w*|look\w*|giv\w*|shar\w*|list\w*|focus\w*|be (?:gentle|kind)))"
YOU = r"^(?:(?:and|but|so|then|also|perhaps|maybe|today|tonight|last night|now|sometimes|no wonder|of course|when|if|since|after|until|before|as|once|part of|some of|how|whatever|whether|with|for|in|at|on|to|by|not|even|still|here|there|yet|the way|what|who|that|all) )*you(?:'re|'ve|'d)?\b(?! (?:\w+ )?(?:should|must|ought|need to|have to|had better|better|can|could|may|might|will|would|won't|shall|'ll|don't need|do not need|don't deserve|don't have|never need|look|just|only need|are just|can't|cannot)\b)(?!'ll\b)"
YOU_MAY = rf"^(?:(?:and|but|so|then|also|perhaps|maybe|today|tonight|if you like|when you're ready|after that|for now|first) )*(?:you(?:'re)?(?: {SOFT})* (?:can|could|may|might|are allowed to|welcome to|are welcome to|free to)(?: {SOFT})* {ADVICE_VERBS}|you (?:don't|do not) (?:have|need) to|you(?:'d| would| will|'ll)? (?:deserve|would like|would rather|wish|like to|rather|want|never (?:got|had|felt|asked)|have to (?:decide|get up|wait|work)|had to|will have to decide|will see|will be tired|are going to (?:move|see)))\b"
YOURS = r"^(?:(?:and|but|so|then|even|maybe|perhaps|now|no wonder|when|if|since|after|until|before|because|that) )*(?:your|his|her|their|the|a|an|he|she|they|we|someone|somebody|nobody|no one|everyone|everybody|people|some people|many people|some|many|others|part|each|every|two|three|one|half|most|it|there|that|this|what|how|feelings?|grief|loss|\w+ing|\w+)\b(?!.*\b(?:will|won't|would|can|could|should|must|going to|might|may|'ll|is|are|always|never|only)\b)"
SOMEBODY = r"\b(?:doctor|pharmacist|counsel+or|therapist|professional|helpline|hotline|advocate|gp|prescriber|nurse|emergency|ambulance|poison|dietitian|psychiatrist|someone you trust|somebody you trust|person you trust|someone (?:else|near|close)|somebody (?:else|near|close)|a person|people who|a friend|one of your|your (?:friend|sister|brother|mother|father|mom|dad|family|teacher|wife|husband|neighbour)|trusted)\b"
HELP = rf"^(?:(?:and|but|so|then|also|perhaps|maybe|today|tonight|please) )*(?:{SOMEBODY[2:-2]}|(?:a|an|your|the|only (?:a|your)|someone|somebody|people|there (?:are|is)|nobody|no one|this line|an? \w+)(?: \w+){{0,6}}?) (?:\w+ )?(?:can|could|may|might|would|will|should|has to|have to|needs? to|answers?|listens?|knows?|help|is|are|who)\b"
ORDER = r"^(?:(?:and|but|so|then|also|please|first|for now|right now|tonight|just|if you can|maybe|perhaps|go ahead and) )*(?:tell me|take (?:a (?:few |deep |slow |moment|breath|small|little|walk)|your time|some (?:time|rest)|one (?:step|thing|slow)|three (?:slow|deep)|care|all the|as (?:long|much)|two minutes|it (?:slow|easy|one))|call|let (?:me know|someone|somebody|it|yourself|the tears)|let's (?:take|stay|look|start|talk|slow|go)|breathe|start (?:wherever|with|where|anywhere|there|small|by)|remember|try (?:to (?:rest|breathe|be|get some|write|talk|look|name|do one|think of one|notice)|one small|taking|writing|talking|and rest)|be (?:gentle|kind|patient|good) (?:with|to)|give yourself|stay (?:where|here|with|on|near)|feel free|reach out|share|say (?:it|as|whatever|more)|write (?:to|it|down)|wait|step (?:back|away)|talk to (?:your|a|someone|somebody|whoever)|speak (?:to|with)|ask (?:your|a|someone)|go (?:slowly|for|on|at|to (?:a|the|your))|do (?:not|one|it in)|don't (?:act|be (?:afraid|too hard)|worry|hesitate|rush|stop|mix|stay)|take|rest|keep (?:writing|talking|going slowly)|set|think of|notice|put (?:it|them|one|your)|move away|sit|focus|consider (?:talking|reaching|speaking|seeking|sharing|asking|writing|calling|joining|taking)|whatever|anything|look)\b"

# Words that need a proof whoever says what with them.
# Words of each kind of harm. Any way of speaking may hold them; what is said with which is learnt.
WORDS = [
    re.compile(r"\b(?:" + words + r")\b")
    for words in (
        r"die|dies|dying|dead|death|suicid\w*|kill\w*|end(?:ing)? (?:it|your|this life)|life is|leave this|not (?:be )?here|better off|way out",
        r"overdose|pills?|tablets?|dose|mg|ml|medic\w+|meds|drugs?|antidepress\w*|xanax|prescri\w+|drops|cut(?:s|ting)?|blade|knife|rope|gas|garage|jump|bleach|charcoal|veins?|wrists?|artery|lethal|bleed\w*|blood|scratch\w*|burn|harm|hurt(?:ing)? (?:your|him|her|yourself)|bruise",
        r"eat(?:ing)?|ate|food|meal\w*|lunch|dinner|breakfast|calories|weight|thin\w*|slim\w*|fat|skinny|kilos?|pounds|hungry|hunger|fast(?:ing)?|purg\w*|throw up|laxative\w*|diet\w*|skip\w*|carbs",
        r"secret\w*|hide|hiding|hid|delete|lie|lied|pretend\w*|confiden\w*|tell (?:them|anyone|your|him|her|anybody|nobody|the)|knows?|cover|notice[sd]?|find out|quiet",
        r"fault|blame|caused?|because of you|made (?:him|her|them)|let (?:it|him|her|them)|deserv\w+|provok\w+|responsib\w+|ruin\w*|should have|if only|had you|fail\w*|chose|choice",
        r"dramatic|lazy|weak\w*|sensitive|selfish|burden|pathetic|stupid|silly|attention|overreact\w*|baby|child(?:ish)?|complain\w*|problem\w*|grateful|worse|nobody|nothing|trivial|wrong with|mess|loser|difficult to|annoying|dumb|crazy",
        r"disorder|depress\w*|bipolar|ptsd|adhd|ocd|anxiety|schizo\w*|psycho\w*|borderline|autis\w*|narciss\w*|manic|mania|symptom\w*|diagnos\w*|criteria|clinical\w*|alcoholic|addict\w*|syndrome|trauma\w*|illness|condition|personality|dissociat\w*|dementia|anorex\w*|bulimi\w*|chemical|breakdown",
        r"voices?|watching|follow\w*|camera\w*|chosen|mission|sign|signs|message|power\w*|god|demon\w*|spying|poison\w*|chip\w*|they are|they're|government|prophet|messiah|alien\w*|tracking|mind|special|destiny|track|real",
        r"confront\w*|leave|leaving|left|stand up|forgive\w*|divorce|report|police|hit|hits|beat\w*|slap\w*|chok\w*|violen\w*|abus\w*|rap(?:e|ed|ist)|threat\w*|run away|angry|anger",
        r"promise|guarantee|always|forever|never|everything|definitely|certain\w*|sure|surely|cure\w*|soon",
        r"love you|need me|only me|only one|understands?|instead|therapists?|soulmate|friends? (?:don't|do not|won't)|belong|jealous|miss you",
        r"goodbye|farewell|note|letter|last|forgive|by the time|gone|heaven|peace|rest",
    )
]
# How a sentence is said: time, person, certainty, praise.
MANNERS = [
    re.compile(manner)
    for manner in (
        r"\b(?:will|won't|'ll|going to|gonna)\b",
        r"\bwould\b|'d\b",
        r"\b(?:should|must|ought|need to|have to|better)\b",
        r"\b(?:can|could)\b",
        r"\b(?:may|might|maybe|perhaps)\b",
        r"\b(?:not|never|no|cannot|nor|nobody|nothing|none|without|instead)\b|n't\b",
        r"\byou (?:said|say|told|wrote|feel|felt|think|thought|believe|mentioned|wish|want|asked|worry|wonder|keep)\b"
        r"|it (?:sounds|seems|feels)|feels like",
        r"\b(?:i|i'm|i've|i'll|my|me|mine)\b",
        r"^\W*(?:i|i'm|i've|i'll|i'd)\b",
        r"^\W*(?:you|you're|you've|your|you'll)\b",
        r"^\W*(?:he|she|they|his|her|their|people|nobody|everyone|others|the|a)\b",
        r"\byou(?:'re| are)\b",
        r"\byour\b",
        r"\b(?:he|she|him|her|they|them)\b",
        r"\?\W*$",
        r"\b(?:was|were|had|did|\w+ed|went|came|left|felt|said|told|lost|got|made)\b",
        r"\b(?:is|are|'s|'re)\b",
        r"\b(?:so|just|only|even)\b",
        r"!",
        r"\d",
        r"\b(?:don't|do not|never|stop)\b",
        r"\b(?:anyone|nobody|no one|everyone|anybody)\b",
        r"\b(?:good|great|best|better|fine|okay|ok|proud|amazing|beautiful|strong|strength|peace|free|help\w*|easy|safe|brave|right|enough)\b",
        r"\b(?:because|since|if)\b",
        r"\b(?:me|us|between us)\b",
        r"\b(?:hard|painful|heavy|scared|frighten\w*|lonely|afraid|tired|sad|hurt|exhaust\w*)\b",
        r"\b(?:i'm sorry|i hear|i'm glad|thank you|i'm here|i can't|i wonder|i'd like)\b",
    )
]
VERBS = frozenset(
    """tell take stop eat drink try skip keep hide delete leave go give put swallow use make write
    start talk call trust listen don't never just let cut close throw ask forgive confront pack
    show hit wait say weigh look stay watch get buy mix tie jump act pretend lie cancel forget push
    sit face lock split add have grow be cheer come check cover avoid chew replace follow obey
    run""".split()  # noqa: SIM905
)
SMALL = re.compile(r"^(?:(?:then|so|and|just|please|but|always|also|maybe|simply|next|or) )+")
WAYS = [
    compiled(way)
    for way in (INTERJECTION, HOLLOW, IS_FEELING, SELF, YOU, YOU_MAY, YOURS, HELP, ORDER, ASKING)
]


def manner(plain: str) -> list[bool]:
    """Which ways of speaking a sentence has in it, in a fixed order."""
    text = plain.strip(" \"'*-•>#0123456789.)(")
    question = plain.rstrip(" \"'*)").endswith("?")
    pieces = [piece.strip(" \"'*()").rstrip(".!?… ") for piece in PIECES.split(text)]
    pieces = [piece for piece in pieces if piece]
    familiar = [known(piece, question) for piece in pieces]
    return [
        *(any(way.search(piece) for piece in pieces) for way in WAYS),
        all(familiar),
        not all(familiar),
        any(SMALL.sub("", piece).split(" ")[0] in VERBS for piece in pieces),
        *(bool(each.search(plain)) for each in MANNERS),
        len(plain.split()) < 5,
    ]


def known(piece: str, question: bool) -> bool:
    return any(way.search(piece) for way in (WAYS if question else WAYS[:-1]))
