"""All rules on what a person says, most urgent first, in every language.

Each rule is a pattern on one lower-case sentence, with the idioms that excuse it. A rule is one
entry in the table of its language and a few lines of examples in its test.
"""

from chat.safety.detection.chinese import rules as chinese
from chat.safety.detection.chinese import together as chinese_together
from chat.safety.detection.english import against_oneself, between_people
from chat.safety.detection.english import together as english_together
from chat.safety.detection.indonesian import rules as indonesian
from chat.safety.detection.indonesian import together as indonesian_together

USER_RULES = [
    *against_oneself.EMERGENCY,
    *chinese.EMERGENCY,
    *indonesian.EMERGENCY,
    *against_oneself.SUICIDE_RULES,
    *against_oneself.SELF_HARM_RULES,
    *between_people.OTHERS_RULES,
    *between_people.ABUSE_RULES,
    *chinese.RULES,
    *indonesian.RULES,
]

# Neither is enough alone; together within a few turns they are (see `reading.across_turns`).
TOGETHER = (english_together, chinese_together, indonesian_together)
MEANS = [each.MEANS for each in TOGETHER]
DESPAIR = [each.DESPAIR for each in TOGETHER]
