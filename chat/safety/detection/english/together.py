"""What is not enough alone in English, but is within a few turns: a means at hand, and despair."""

# A pattern reads better whole than broken at 100 signs.
# ruff: noqa: E501

from chat.safety.detection.english.words import en
from chat.safety.detection.rule import SUICIDE, rule

MEANS = rule(
    "suicide.means",
    SUICIDE,
    r"""\b(?:on|at|near|standing\ on|by)\ (?:the|a)\ (?:\w+\ )?(?:bridge|roof|rooftop|ledge|edge|cliff|train\ tracks?|railway|rails)\b
        |\btop\ floor\b|\b(?:bottle|stash|lot|box|handful)\ of\ (?:\w+\ )?(?:pills|tablets|meds|medication)\b|\bpills\ (?:still\ )?in\ (?:the|my)\ (?:cabinet|drawer)
        |\bbought\ (?:a\ )?(?:rope|gun|razor)|\b(?:how\ many)\ (?:\w+\ )?(?:pills|tablets)\b|\bloaded\ (?:the\ )?gun""",
)
DESPAIR = rule(
    "suicide.despair",
    SUICIDE,
    r"""\bwhat's\ the\ point\b|\bno\ point\b|\bpointless\b|\bnothing\ left\b|\bnobody\ (?:cares|would\ miss)|\bno\ one\ (?:cares|would\ miss)
        |\btired\ of\ (?:fighting|everything|it\ all|trying)\b|\bi'm\ done\b|\bim\ done\b|\bgoodbye\b|\bhopeless\b|\bgive\ up\b|\blet\ me\ go\b|\bpain\ (?:won't|to)\ stop\b
        |\bonly\ solution\b|\bi\ just\ look\ at\ (?:the|it|them)|\bcan't\ (?:do|take)\ (?:this|it)\ any ?more""",
    negatable=False,
)
# A loss, and in the next breath a question about heights, trains or what is deadly.
LOSS = en(
    "suicide.loss",
    SUICIDE,
    r"""\b(?:lost|lose)\ (?:my|the|our|custody|everything|her|him)\b|\b(?:fired|laid\ off|let\ me\ go|kicked\ me\ out|evicted|dumped|rejected\ by|divorc\w+|bankrupt|failed\ (?:the|my)|taken\ my)\b|\b(?:left\ me|broke\ up\ with\ me|chose\ (?:her|him)|died|is\ dead|passed\ away|not\ coming\ back|is\ gone|are\ gone|my\ (?:last|only)\ (?:friend|hope))\b""",
    negatable=False,
)
HEIGHTS = en(
    "suicide.loss_then_heights",
    SUICIDE,
    r"""\b(?:tall(?:est)?|high(?:est)?|deep)\b.{0,30}\b(?:bridges?|buildings?|viaducts?|cliffs?|parking\ (?:garages?|structure)|towers?|floor|river|water|roofs?|enough)\b|\b(?:bridges?|cliffs?|viaducts?|rooftops?|buildings?|roofs?)\b.{0,40}\b(?:near|around\ here|in\ (?:this|the|town)|open|locked|height|get\ (?:up|to)|at\ night|taller|meters|metres|feet|drive\ to|nyc|new\ york)|\btrains?\b.{0,40}\b(?:without\ stopping|come\ through|pass\ through|fast|how\ often)|\bhow\ often\b.{0,24}\btrains\b|\bhow\ many\b.{0,30}\b(?:pills|painkillers|tablets)\b|\brat\ poison\b|\bwhere\ (?:can|do)\ i\ (?:get|buy)\ (?:a\ )?(?:gun|rope|cyanide|poison)\b""",
    negatable=False,
)
