"""What takes a head's word back: a helper's sentence, long ago, a story, a plain denial.

A head sees words of danger there and cannot tell that there is none. Rules have the same excuses.
"""

# A pattern reads better whole than broken at 100 signs.
# ruff: noqa: E501

import re

from chat.safety.detection.english.words import EXCUSED, STORY

DENIED = r"""\b(?:not|never|no|nobody|nothing|don't|didn't|doesn't|isn't|aren't|wouldn't|won't|haven't|hasn't|i'd\ never)\ (?:\w+\ ){0,4}?
    (?:suicid\w*|kill\w*|die\b|dying|(?:hurt|harm)\w*\ (?:myself|me|us|anyone)|self\W?harm\w*|cut\b|cutting|(?:hit|hits|hitting)\ (?:me|us)|touched\ (?:me|us)|hear\w*\ (?:voices|things)|starv\w*|thoughts\ (?:of|like|about)|in\ danger|laid\ a\ hand|going\ to\ do\ anything|end\ (?:it|my))"""
NO_DENIAL = r"\b(?:can't\ promise|can't\ stop|not\ sure|don't\ know|hope|wish|wouldn't\ (?:care|mind)|why\ (?:not|don't)|anyone\ would|i\ won't\ tell|don't\ want\ to\ (?:live|be|exist|wake)|not\ wake|want\ (?:to\ die|it\ over)|without|if\ i\ don't|no\ he|no\ she|until|scared\ of)\b"
EXCUSE = re.compile(rf"{EXCUSED}|{STORY}|^(?!.*{NO_DENIAL}).*{DENIED}", re.VERBOSE | re.DOTALL)


def is_excused(unit: str) -> bool:
    """Whether a plain text says of itself that there is no danger. English only."""
    return EXCUSE.search(unit) is not None
