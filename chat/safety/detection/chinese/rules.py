"""The table of rules in Chinese, most urgent first. Both scripts: the text is simplified before."""

from chat.safety.detection.chinese import between_people, harm, suicide

EMERGENCY = suicide.EMERGENCY
RULES = [*suicide.RULES, *harm.RULES, *between_people.RULES]
