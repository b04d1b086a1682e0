"""Every word that is shown without a model: reviewed replies, care cards, help lines.

Plain files and small rules, no Django: what may be said is read from `words/` and `lines.json`, and
chosen by `choice`. The console lists all of it with version and reviewer.
"""

from .choice import ai_answer, held_reply, question_for, quiet_line, reply_for
from .lines import COUNTRIES, Country, country_get
from .moments import asks_whether_human
from .replies import ReviewedReply

__all__ = [
    "COUNTRIES",
    "Country",
    "ReviewedReply",
    "ai_answer",
    "asks_whether_human",
    "country_get",
    "held_reply",
    "question_for",
    "quiet_line",
    "reply_for",
]
