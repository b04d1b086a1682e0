"""Words that the English rules share, and what excuses a sentence whatever it says."""

# A pattern reads better whole than broken at 100 signs.
# ruff: noqa: E501

from chat.safety.detection.rule import Rule, rule
from chat.safety.levels import Level

I_AM = r"(?:i'm|i\ am|im|i've\ been|i\ have\ been|been|i\ keep|i\ was|am)"
GOING = r"(?:going\ to|gonna|gunna|goin\ to|about\ to|will|want\ to|wanna|need\ to|plan\ to|planning\ to|ready\ to|trying\ to|try\ to|might|could|should|have\ to|decided\ to|thinking\ (?:of|about)|thinkin\ (?:of|about)|feel\ like|felt\ like)"
PILLS = r"(?:pills?|tablets?|meds|medications?|medicines?|capsules?|paracetamol|tylenol|ibuprofen|advil|aspirin|painkillers?|antidepressants?|xanax|oxy\w*|morphine|insulin|benzos?|sleeping\ pills?)"
SOMEBODY = (
    r"(?:(?:my|our|a|his|her)\ (?:\w+(?:'s)?\ ){0,2}?(?:friend|bestie|bff|mate|roommate|flatmate|classmate|colleague|coworker|neighbou?r|student|pupil|client|patient"
    r"|sister|brother|sibling|cousin|son|daughter|child|kid|teen(?:ager)?|mother|mom|mum|father|dad|parents?|aunt|uncle|grand\w+|niece|nephew|wife|husband|partner"
    r"|boyfriend|girlfriend|bf|gf|fianc\w+|ex|boss|teacher|guy|girl|boy|man|woman|kid\ i\ know)|someone|somebody|he|she|they)"
)
# A sentence that asks, offers help, teaches or tells of long ago, whoever writes it.
HELPER = r"""^(?:so\ |and\ |ok(?:ay)?,?\ )?(?:are|were|do|did|have|has|can|could|would|is|when\ did)\ you\b(?!\ (?:tell|help|give|know\ (?:how|what|of|any)|list|explain|say|recommend|suggest|think|die|ever|just))
    |\bif\ (?:you|someone|somebody|anyone|a\ (?:friend|person))\b.*\b(?:call|text|contact|reach|dial|talk\ to|seek|get\ help|tell)\b
    |\b(?:call|text|dial)\ (?:988|911|999|112|116\s?123|a\ (?:crisis|help)\ ?line)|\b(?:hot|help)lines?\b.*\b(?:open|free|available|call|shift|posters?|volunteer)|\bsamaritans\b|\bcrisis\ (?:line|text)\b
    |\b(?:prevention|awareness|first\ aid)\b|\b(?:warning|risk)\ (?:signs|factors|assessment)\b
    |\bi(?:'m|\ am)\ (?:a|an)\ (?:\w+\ ){0,2}?(?:counsell?or|therapist|nurse|psychologist|psychiatrist|social\ worker|volunteer|paramedic|doctor|teacher)\b
    |\bas\ (?:a|an)\ (?:\w+\ )?(?:counsell?or|therapist|nurse|psychologist|psychiatrist|social\ worker|volunteer|paramedic|doctor)\b|\bi\ (?:volunteer|work\ with|train|treat|support|teach|counsel)\b|\bmy\ (?:clients|patients|students)\b
    |\b(?:lecture|seminar|workshop|training|presentation|essay|thesis|documentary|podcast|leaflet|statistics|stats|study|studying|research|charity|conference)\b|\bpeople\ who\b|\bimportant\ to\ ask\b|\bis\ often\ a\ way\ to\ cope\b|\bteachers?\ (?:showed|taught)\b|\b(?:film|movie|lesson|book|class)\ (?:about|on)\b|\b(?:my|the)\ therapist\ (?:asked|says|told)\b|\bshould\ (?:always\ )?be\ taken\ seriously
    |\byou\ are\ not\ alone\b|\bit\ sounds\ (?:as\ if|like)\ you\b"""
LONG_AGO = r"""\b(?:\d+|ten|twenty|fifteen|thirty|many|several|some|a\ (?:few|couple\ of))\ (?:years|decades)\ (?:ago|clean|since|now|back)|\b(?:decades?|years)\ ago\b|\bused\ to\b(?!\ (?:it|this|the)\b)
    |\bin\ (?:my\ (?:youth|teens|twenties|thirties|school|childhood)|college|university|(?:19|20[01])\d(?:\d)?)\b|\bwhen\ i\ was\ (?:\d+|a\ (?:teen|child|kid|student)|young|little|small|twenty|nineteen|eighteen)|\bas\ a\ (?:child|kid|teen\w*)\b
    |\b(?:clean|free|recovered|safe|sober|stable)\ (?:from\ [\w\ -]+\ )?(?:for|since)\b.{0,12}\b(?:years|decade|20[01]\d)|\b(?:years|decade)\ since\ my\b|\bback\ then\b|\bmy\ (?:old\ )?scars\b"""
STILL = r"\b(?:again|still|now\ i|these\ days\ i|lately|tonight|today|last\ (?:night|week)|yesterday|this\ (?:week|morning)|recently|relapsed|thinking\ about|back\ again|and\ i\ want)\b"
EXCUSED = rf"{HELPER}|^(?!.*{STILL}).*(?:{LONG_AGO})"
STORY = r"\b(?:movie|film|novel|episode|season\ \d|chapter|book|podcast|series|spoiler|documentary|netflix|minecraft|level\ \d|boss\ fight|final\ boss|second\ boss|respawn\w*|d&d|sims?|npc|zombies?|creeper|dragon|quest|ranked|controller|in\ (?:the|this|that|my)\ game|video\ game)\b"


def en(
    id: str,
    category: str,
    pattern: str,
    *,
    unless: str = "",
    card: str = "",
    negatable: bool = True,
    level: Level = Level.HIGH,
) -> Rule:
    """A rule with what excuses any sentence in English."""
    guard = f"{EXCUSED}|{unless}" if unless else EXCUSED
    return rule(id, category, pattern, unless=guard, card=card, negatable=negatable, level=level)
