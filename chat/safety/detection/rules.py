"""All rules on what a person says, most urgent first, in every language.

Each rule is a pattern on one lower-case sentence, with the idioms that excuse it. A rule is one
entry in the table of its language and a few lines of examples in its test.
"""

from chat.safety.detection.chinese import rules as chinese
from chat.safety.detection.chinese import together as chinese_together
from chat.safety.detection.english import (
    against_oneself,
    between_people,
    hints,
    minds,
    planning,
    unnamed,
)
from chat.safety.detection.english import somebody_else as others
from chat.safety.detection.english import together as english_together
from chat.safety.detection.indonesian import rules as indonesian
from chat.safety.detection.indonesian import together as indonesian_together

USER_RULES = [
    *against_oneself.EMERGENCY,
    *chinese.EMERGENCY,
    *indonesian.EMERGENCY,
    *against_oneself.SUICIDE_RULES,
    *planning.PLANNING_RULES,
    *against_oneself.SELF_HARM_RULES,
    *between_people.OTHERS_RULES,
    *between_people.ABUSE_RULES,
    *minds.EATING_RULES,
    *minds.PSYCHOSIS_RULES,
    *minds.MANIA_RULES,
    *minds.RELIANCE_RULES,
    *others.SOMEBODY_ELSE_RULES,
    *unnamed.UNNAMED_RULES,
    *hints.HINT_RULES,
    *chinese.RULES,
    *indonesian.RULES,
]

LANGUAGES = (english_together, chinese_together, indonesian_together)
# Of each pair neither is enough alone; within a few turns both are (see `reading.across_turns`).
TOGETHER = (
    ([english_together.LOSS], [english_together.HEIGHTS]),
    ([chinese_together.LOSS], [chinese_together.HEIGHT]),
    ([each.DESPAIR for each in LANGUAGES], [each.MEANS for each in LANGUAGES]),
)
