"""`/v1/moderations`: what the safety module finds in texts, in OpenAI's form.

Each text is read by itself, as a person's message would be in the chat: by the rules, and by the
engine's judge where that answers. Nothing is kept, and nobody's state moves.
"""

from __future__ import annotations

import uuid
from typing import Any

from django.http import HttpRequest
from ninja import Router

from chat.engine.exceptions import RequestError
from chat.engine.protocol import parse_json
from chat.policy.reading import Judge, judged
from chat.safety.cards import card_get, language_of
from chat.safety.detection import Finding, read, units
from chat.speech.telling import judge_client
from finetune.api.errors import ApiError

from .moderation import MODEL, card_of, result
from .schema import LONGEST_TEXT, MODERATIONS_ANSWER, MODERATIONS_REQUEST, MOST_TEXTS

router = Router(tags=["Chat"])

# OpenAI's names for what is looked for here; the rest of its names is not looked for at all.
NAMED = {
    "self-harm": {"suicide", "self_harm", "eating"},
    "self-harm/intent": {"suicide", "self_harm"},
    "violence": {"harm_to_others"},
}
NOT_LOOKED_FOR = (
    "harassment",
    "harassment/threatening",
    "hate",
    "hate/threatening",
    "illicit",
    "illicit/violent",
    "self-harm/instructions",
    "sexual",
    "sexual/minors",
    "violence/graphic",
)


@router.post(
    "",
    summary="Look for signs of danger in texts",
    openapi_extra={"requestBody": MODERATIONS_REQUEST, "responses": {200: MODERATIONS_ANSWER}},
)
async def moderations(request: HttpRequest) -> dict[str, Any]:
    """What is found in each text: a category or none, and the card that the chat would show.

    A text is flagged where there is such a card. `read_by` says whether the judge answered as
    well, or the rules alone. OpenAI's categories that are not looked for are null.
    """
    try:
        texts = texts_of(parse_json(request.body))
    except RequestError as error:
        raise ApiError(error.status, error.message, code=error.code, param=error.param) from error
    findings, by_judge = await found_in(texts)
    return {
        "id": f"modr-{uuid.uuid4().hex}",
        "model": MODEL,
        "read_by": "judge" if by_judge else "rules",
        "results": [entry(one, text) for one, text in zip(findings, texts, strict=True)],
    }


def texts_of(body: dict[str, Any]) -> list[str]:
    """The texts of a request.

    Raises:
        RequestError: no text, too many or too long ones, or something other than text.
    """
    given = body.get("input")
    if isinstance(given, str):
        given = [given]
    if not isinstance(given, list) or not given:
        raise bad("input: needed, as a text or a list of texts.", "input")
    if len(given) > MOST_TEXTS:
        raise bad(f"input: {len(given)} texts; at most {MOST_TEXTS} at once.", "input")
    return [text_of(item, f"input[{index}]") for index, item in enumerate(given)]


def text_of(item: Any, place: str) -> str:
    if isinstance(item, dict) and item.get("type") == "text":
        item = item.get("text")
    if not isinstance(item, str):
        raise bad(f"{place}: must be text; pictures are not looked at.", place)
    if len(item) > LONGEST_TEXT:
        raise bad(f"{place}: {len(item)} characters; at most {LONGEST_TEXT}.", place)
    return item


def bad(message: str, param: str) -> RequestError:
    return RequestError(message, param=param, code="invalid_value")


async def found_in(texts: list[str]) -> tuple[list[Finding], bool]:
    """What each text says, and whether the judge was heard on all of them."""
    findings: list[Finding] = []
    judge: Judge | None = judge_client()
    for text in texts:
        scores = await judged(judge, units(text))
        if scores is None:
            judge = None  # it does not answer: nobody waits for it once more
        findings.append(read(text, scores=scores))
    return findings, judge is not None


def entry(found: Finding, text: str) -> dict[str, Any]:
    """One result: the studio's own categories, then OpenAI's names for them."""
    category = found.category if found.card else ""
    entry = result(category) | {"flagged": bool(found.card)}
    flags: dict[str, bool | None] = dict.fromkeys(NOT_LOOKED_FOR)
    flags |= {name: category in ours for name, ours in NAMED.items()}
    for name, flag in flags.items():
        entry["categories"][name] = flag
        entry["category_scores"][name] = None if flag is None else float(flag)
        entry["category_applied_input_types"][name] = ["text"] if flag else []
    entry["card"] = card_of(card_get(found.card, language_of(text)) if found.card else None)
    return entry
