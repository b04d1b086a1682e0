"""Which of two people the assistant is, guessed from their names."""

from __future__ import annotations

from collections.abc import Iterable

from ..sharegpt import ASSISTANTS, USERS

HELPERS = frozenset(
    (
        *ASSISTANTS,
        *("counseling", "psychologist", "psychotherapist", "doctor", "dr", "coach", "helper"),
        *("listener", "support", "operator", "advisor", "adviser", "tutor", "teacher", "expert"),
        *("ai assistant", "answer", "response", "th", "interviewer"),
        *(
            "咨询师",
            "心理咨询师",
            "咨询员",
            "支持者",
            "治疗师",
            "心理医生",
            "医生",
            "客服",
            "助手",
            "助理",
        ),
        *("机器人", "老师", "倾听者", "ai助手", "人工智能", "答"),
    )
)
SEEKERS = frozenset(
    (
        *USERS,
        *("caller", "visitor", "member", "student", "guest", "question", "cl", "pt", "help seeker"),
        *(
            "来访者",
            "求助者",
            "用户",
            "患者",
            "病人",
            "学生",
            "咨询者",
            "顾客",
            "客户",
            "访客",
            "问",
        ),
    )
)


def assistant_among(names: Iterable[str]) -> str | None:
    """The name that says by itself that it is the assistant's; None where none does, or several."""
    known = list(dict.fromkeys(names))
    short = {_short(name) for name in known}
    if short == {"q", "a"}:
        return next(name for name in known if _short(name) == "a")
    helpers = [name for name in known if _short(name) in HELPERS]
    if len(helpers) == 1:
        return helpers[0]
    seekers = [name for name in known if _short(name) in SEEKERS]
    if not helpers and len(known) == 2 and len(seekers) == 1:
        return next(name for name in known if name not in seekers)
    return None


def _short(name: str) -> str:
    """In small letters, without the number or the remark behind it."""
    return name.lower().partition("(")[0].rstrip("0123456789 .#").strip()
