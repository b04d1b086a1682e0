"""OpenAI's moderation object, filled from the safety rules."""

from typing import Any

from chat.safety import Assessment, assess
from chat.safety.detection.rule import CATEGORIES

RULES = "wukong-rules"


def moderation(messages: list[dict[str, str]], replies: list[str]) -> dict[str, Any]:
    """The rules' view of the newest message of the person and of each reply to it."""
    own = [index for index, item in enumerate(messages) if item["role"] == "user"]
    asked = messages[own[-1]]["content"] if own else ""
    before = messages[: own[-1]] if own else []
    return {
        "input": moderated([assess(asked, before)]),
        "output": moderated([assess(text, role="assistant") for text in replies]),
    }


def moderated(assessments: list[Assessment]) -> dict[str, Any]:
    return {
        "type": "moderation_results",
        "model": RULES,
        "results": [moderation_result(assessment) for assessment in assessments],
    }


def moderation_result(assessment: Assessment) -> dict[str, Any]:
    """Rules are sure or silent, so a score is 1 or 0; the care card's words come along."""
    flags = {name: name == assessment.category for name in CATEGORIES}
    card = assessment.card
    return {
        "type": "moderation_result",
        "model": RULES,
        "flagged": bool(assessment),
        "categories": flags,
        "category_scores": {name: float(flag) for name, flag in flags.items()},
        "category_applied_input_types": {name: ["text"] if flags[name] else [] for name in flags},
        "card": card
        and {
            "heading": card.heading,
            "text": card.text,
            "urge": card.urge,
            "danger": card.danger,
        },
    }
