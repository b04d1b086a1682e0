"""What is not enough alone in English, but is within a few turns: a means at hand, and despair."""

# A pattern reads better whole than broken at 100 signs.
# ruff: noqa: E501

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
