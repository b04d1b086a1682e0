"""The words of the notices, in English and Chinese. Knows nothing of Django."""

from __future__ import annotations

from chat.notices.schedule import ABSENCE, HOURS

# A talk's first notice is the page's own (`templates/chat/_notice.html`).
NOTICES = {
    (
        HOURS,
        "en",
    ): "A reminder: you are writing with an AI, not with a person. If you have been here "
    "for long, a break, some water or a few steps may do you good.",
    (
        HOURS,
        "zh",
    ): "提醒您：与您对话的是人工智能，不是真人。如果您已经写了很久，不妨歇一歇，喝点水，走几步。",
    (
        ABSENCE,
        "en",
    ): "It has been a while. As before, this is an AI, not a person: it can be wrong, "
    "and it does not replace care by people who are trained for it.",
    (ABSENCE, "zh"): "好久不见。和以前一样，与您对话的是人工智能，不是真人：它可能出错，"
    "也不能代替专业人员的帮助。",
}


def notice_text(kind: str, language: str) -> str:
    """What a notice of this kind says; empty where the page says it already."""
    return NOTICES.get((kind, language)) or NOTICES.get((kind, "en"), "")
