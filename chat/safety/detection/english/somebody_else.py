"""Rules on fear for somebody else, in English: their own card, and no level of the person's own."""

# A pattern reads better whole than broken at 100 signs.
# ruff: noqa: E501

from chat.safety.detection.english.words import PILLS, SOMEBODY, STORY, en
from chat.safety.detection.rule import LAUGHTER, SOMEBODY_ELSE
from chat.safety.levels import Level

THEMSELVES = r"(?:himself|herself|themsel(?:f|ves))"
DANGER = rf"""(?:kill(?:s|ed|ing)?\ {THEMSELVES}|suicid\w+|(?:end(?:s|ing)?\ it|end(?:s|ed|ing)?\ life|end(?:s|ed|ing)?\ (?:her|their)\ life)\b|(?:take|took|taking)\ (?:his|her|their)\ (?:own\ )?life|wants?\ to\ (?:die|be\ dead|end\ it|disappear\ forever)|(?:doesn't|don't|does\ not)\ want\ to\ (?:live|be\ alive|be\ here)
    |(?:hurt|harm|cutt?|starv|burn)(?:s|ing|e|es|ed)?\ {THEMSELVES}|self[\ -]?harm\w*|(?:took|taken|swallowed)\ (?:\w+\ ){{0,3}}?{PILLS}|overdos\w+|topping\ {THEMSELVES}|giving\ away\ (?:her|his|their|all)|better\ (?:off\ )?without\ (?:him|her|them)|jump(?:ing)?\b(?=.*\b(?:jok|bridge|roof|worried|scared|afraid))
    |stopped\ eating|(?:doesn't|won't)\ eat\b.{{0,30}}(?:bones|throws|anymore)|hears?\ voices|plan\ to\ die|(?:texted|wrote|posted|said|posting)\ (?:me\ )?goodbye|(?:has|got)\ (?:a|the|his|her)\ gun\b|won't\ be\ here\ (?:next|by|tomorrow)|on\ (?:the|a)\ (?:bridge|ledge|roof)\b)"""
SOMEBODY_ELSE_RULES = [
    en(
        "somebody_else.danger",
        SOMEBODY_ELSE,
        rf"""\b{SOMEBODY}\b(?:'s)?(?:\ (?!i\b|i'm\b|me\b|my\ own)[\w',]+){{0,7}}?\ {DANGER}
            |\b(?:friend|brother|sister|son|daughter|boyfriend|girlfriend|husband|wife|mother|mom|mum|father|dad|student|roommate|partner)\ (?:who\ )?(?:is|was|has\ been|might\ be|feels|gets)\ (?:so\ |very\ |really\ )?suicidal\b
            |\b(?:cuts?|bruises|burns|marks|note|rope|tablets|pills)\ (?:\w+\ ){{0,3}}?(?:on|in)\ (?:my|his|her)\ (?:\w+'s|friend's|son's|daughter's|arms?|room|car)\b|\bfound\ (?:a|his|her|the)\ (?:\w+\ )?(?:note|rope|tablets|pills|blades?|gun)\ in\ (?:my\ \w+'s|his|her)""",
        unless=rf"{STORY}|\b(?:i\ want\ to|i'm\ going\ to|i'll|i\ will)\ (?:kill|end|die)|\b(?:bored\ to\ death|ended\ it\ with)|\b(?:lied|laugh\w*)\b.*\blol\b|{LAUGHTER}|\bbungee\b|\b(?:took|taken)\ (?:his|her|their)\ own\ life\ (?:\w+\ )?(?:years?|when)|\bdied\ by\b",
        level=Level.ORDINARY,
        card=SOMEBODY_ELSE,
    ),
    en(
        "somebody_else.harmed",
        SOMEBODY_ELSE,
        rf"""\b(?:beats?|beating|hits?|hitting|abus\w+|touch(?:es|ing)|molest\w*|threaten\w*|controls|following)\ (?:my\ (?:little\ |older\ |younger\ |best\ )?(?:sister|friend|best\ friend|daughter|son|niece|nephew|neighbou?r|mate|roommate|colleague|cousin|grand\w+)|(?:the|her|his|their|his\ own)\ (?:kids?|children|wife|husband|girlfriend|son|daughter)|her\b(?!\ at))(?!\ (?:up\b|at\ chess))
            |\b(?:friend|sister|neighbou?r|cousin|colleague|daughter|niece|mate|roommate|coworker)\b.{{0,24}}?\b(?:is\ being\ (?:beaten|abused|hit|hurt)|in\ an\ abusive\ relationship|bruises)\b|\b{SOMEBODY}\b.{{0,16}}?\bbruises\ all\ the\ time\b""",
        unless=rf"{STORY}|{LAUGHTER}|\bi\ (?:hit|beat)\b|\b(?:in|at)\ (?:chess|tennis|cards)\b|\bdog|cat\b",
        level=Level.ORDINARY,
        card=SOMEBODY_ELSE,
    ),
]
