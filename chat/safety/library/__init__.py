"""Every word that is shown without a model: reviewed replies, care cards, help lines.

Plain files and small rules, no Django: what may be said is read from `words/` and `lines.json`, and
chosen by `choice`. The console lists all of it with version and reviewer.
"""

from .choice import ai_answer, answer_to, held_reply, question_for, quiet_line, reply_for
from .human import asks_whether_human
from .lines import COUNTRIES, COUNTRY_CHOICES, INTERNATIONAL, Country, country_get, country_guess
from .replies import ReviewedReply

__all__ = [
    "COUNTRIES",
    "COUNTRY_CHOICES",
    "INTERNATIONAL",
    "Country",
    "ReviewedReply",
    "ai_answer",
    "answer_to",
    "asks_whether_human",
    "country_get",
    "country_guess",
    "held_reply",
    "question_for",
    "quiet_line",
    "reply_for",
]
