"""Rules on danger that is told without its name, in English: only the wound, the sink, the other ears.

They came of talks in which rules and encoder found nothing (docs/safety.md, "Scripted talks").
"""

# A pattern reads better whole than broken at 100 signs.
# ruff: noqa: E501

from chat.safety.detection.english.words import STORY, en
from chat.safety.detection.rule import (
    EATING,
    LAUGHTER,
    PSYCHOSIS,
    SELF_HARM,
    SOMEBODY_ELSE,
    SUICIDE,
)
from chat.safety.levels import Level

LINEN = r"(?:towels?|bandages?|gauze|tissues?|sheets?|sleeves?|shirt|dressing|sock|paper)"
CLOSE = r"(?:brother|sister|mother|mum|mom|father|dad|parents|wife|husband|son|daughter|child|family|partner|boyfriend|girlfriend|neighbou?rs?)"
NOT_STOPPING = r"(?:won't|wont|will\ not|can't|cannot|isn't|is\ not|it's\ not|its\ not|doesn't|hasn't|never)\ (?:\w+\ ){0,2}?stop\w*|(?:keeps|kept)\ (?:on\ )?(?:bleeding|coming)"
UNNAMED_RULES = [
    en(
        "emergency.bleeding_now",
        SELF_HARM,
        rf"""\bi\ (?:\w+\ )?(?:went|gone|cut|pressed|got)\ (?:\w+\ )?too\ deep\b(?!\ in)(?=.*(?:\b(?:blood\w*|bleed\w*|stitch\w*|this\ time|tonight|today|just\ now|{LINEN})\b|{NOT_STOPPING}))
            |\b(?:blood|bleed\w*|cuts?|wound|wrists?|arms?|thighs?|legs?)\b.{{0,40}}\b(?:soak\w*|pour\w*|drip\w*|running|coming)\ (?:right\ |straight\ |all\ )?(?:through|down|over|out\ of)\b.{{0,20}}\b(?:{LINEN}|floor|carpet|bed|sink|fingers)\b
            |\b(?:soak\w*|bled|bleeding)\ (?:right\ |straight\ |all\ )?through\ (?:\w+\ ){{0,2}}?{LINEN}\b
            |\b(?:cuts?|wound|wrists?|thighs?|it)\b.{{0,24}}\b(?:{NOT_STOPPING})\b.{{0,16}}\bbleed\w*\b""",
        unless=rf"{STORY}|{LAUGHTER}|\b(?:nose\w*|gums?|tooth|teeth|period|menstru\w+|tampons?|pads?|postpartum|giving\ birth|onions?|cooking|kitchen|knife\ slip\w*|shaving|razor\ burn|blister\w*|paper\ ?cut|by\ accident|accidentally|dog|cat|sweat\w*|rain\w*|tea|coffee|wine|water|diving|dived|dug|digging|research|feelings)\b",
        card="emergency",
        negatable=False,
    ),
    en(
        "eating.brought_up",
        EATING,
        r"""\b(?:bring(?:ing)?|throw(?:ing)?|sick(?:ing)?|puk(?:e|ing)|vomit(?:ing)?)\ (?:it\ |them\ |everything\ |all\ |up\ )*(?:back\ )?(?:up\ )?(?:everything|whatever|anything|all|every\ (?:meal|bite|thing)|what(?:ever)?)\ (?:of\ (?:it|what)\ )?(?:that\ )?(?:i\ )?(?:\w+\ )?(?:eat|ate|swallow|had)\b
            |\b(?:throw(?:ing)?\ (?:\w+\ )?up|vomit(?:ing)?|puk(?:e|ing)|bring(?:ing)?\ (?:\w+\ )?up|over\ the\ (?:toilet|sink))\b.{0,40}\b(?:\d+|two|three|four|five|six|seven|several|many)\ (?:(?:or|to)\ \w+\ )?times\ (?:a|each|every)\ day\b
            |\b(?:after|each|every)\ (?:every\ |each\ )?(?:meals?|dinner|lunch|breakfast|bite)\b.{0,30}\b(?:over|to|into)\ the\ (?:toilet|bathroom|sink)\b.{0,40}\b(?:up|out|rid)\b""",
        unless=rf"{STORY}|{LAUGHTER}|\b(?:stomach\ (?:bug|flu)|norovirus|virus|food\ poisoning|infection|chemo\w*|pregnan\w+|morning\ sickness|surgery|migraines?|hangover|seasick|baby|toddler|dog|cat|since\ (?:last\ night|yesterday|this\ morning))\b",
        negatable=False,
    ),
    en(
        "psychosis.another_in_their_place",
        PSYCHOSIS,
        rf"""\b(?:swapped|replaced|exchanged|switched)\b.{{0,16}}\bmy\ (?:\w+\ )?{CLOSE}\b.{{0,70}}\b(?:different|not\ (?:really\ )?(?:him|her|them)|isn't|aren't|impostor|imposter|pretend\w*|copy|copies|lives\ here\ now|looks?\ like|the\ real)
            |\bmy\ (?:\w+\ )?{CLOSE}\b.{{0,30}}\b(?:was|were|has\ been|have\ been|got)\ (?:swapped|replaced|exchanged|switched)\b(?=.*\b(?:different|impostor|imposter|copy|copies|real|same\ (?:voice|face|clothes|walk)|double)\b)
            |\b(?:clicks?|beeps?|flickers?|rings?|buzz\w*|blinks?)\b.{{0,20}}\b(?:when(?:ever)?|each\ time|every\ time)\ i\ think\b""",
        unless=rf"{STORY}|{LAUGHTER}|\b(?:in\ the\ (?:team|band|line-?up|office|shift)|substitut\w+|dementia|alzheimer\w*|twins?|hip|knee|kidney|as\ my\ emergency\ contact)\b",
        negatable=False,
    ),
    en(
        "somebody_else.marks",
        SOMEBODY_ELSE,
        r"""\b(?:saw|seen|see|noticed|spotted|found|discovered|there\ (?:are|were)|has|had|covered\ in)\b.{0,24}\b(?:cuts|slashes|scratches|burns|burn\ marks|scars|cut\ marks)\ (?:\w+\ ){0,2}?(?:up|on|along|over|across|down|inside)\ (?:\w+\ ){0,2}?(?:her|his|their|my\ \w+'s|my\ \w+\ \w+'s)\ (?:\w+\ )?(?:arms?|forearms?|wrists?|legs?|thighs?|stomach|belly)\b
            |\b(?:her|his|their|my\ \w+'s)\ (?:\w+\ )?(?:arms?|forearms?|wrists?|legs?|thighs?)\ (?:is|are|was|were)\ (?:all\ )?(?:full\ of|covered\ (?:in|with))\ (?:\w+\ )?(?:cuts|scars|slashes|scratches|burns)\b""",
        unless=rf"{STORY}|{LAUGHTER}|\b(?:cats?|kittens?|puppy|brambles?|thorns?|roses|climbing|oven|stove|kitchen|cook\w*|chef|surgery|operation|accident|crash|football|rugby|skateboard\w*|eczema|the\ war|as\ a\ (?:child|baby))\b|\byears\ ago\b",
        level=Level.ORDINARY,
        card=SOMEBODY_ELSE,
        negatable=False,
    ),
    en(
        "suicide.played",
        SUICIDE,
        r"""\b(?:he|she|they|the\ \w+|my\ character|who)\ (?:\w+\ )?(?:wants?|wishes|is\ (?:about|going)|are\ (?:about|going)|decides?|plans?|longs?)\ (?:to\ )?(?:jump|leap)\b(?!\ (?:on|in|into|to|at|up|ship|over|rope|through|ahead|around|back|for\ joy|higher|the\ (?:queue|line|gun)))(?=.*(?:\byou\b|\broof|\bbridge|\btower|\bcliff|\bedge|\blet\ go|\blighthouse|\bdie\b|\bend\b))
            |\b(?:you|i|he|she)\ (?:\w+\ )?(?:tell|tells|whisper|whispers|say|says|let|lets)\ (?:to\ )?(?:him|her|them|me|the\ \w+)\b.{0,16}\b(?:(?:it's|it\ is|that\ it\ is|that\ it's)\ (?:ok|okay|all\ right|alright|fine)|(?:he|she|i|they)\ (?:may|can))\ to?\ ?(?:let\ go|die|jump|go\ now|end\ it|leave\ this\ world)\b(?!\ (?:of|home|to|out))""",
        unless=rf"{LAUGHTER}|\b(?:bungee|parachut\w*|skydiv\w*|trampoline|pool|swim\w*|diving|lake|puddles?|hospice|palliative|dog|cat|horse|frog)\b",
        level=Level.RAISED,
        negatable=False,
    ),
]
