"""The page of an incognito talk: what was said comes with each request and leaves with it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from asgiref.sync import async_to_sync
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from chat.conversations.exceptions import ChatRefused
from chat.conversations.generation import in_thread
from chat.conversations.selectors import Choices, assistant_choices, country_of
from chat.conversations.services import cleaned
from chat.conversations.views import by_script, refused
from chat.incognito.speaking import Piece, Speaking, reply
from chat.incognito.transcript import Exchange, Unreadable, read, within, written
from chat.notices.words import notice_text
from chat.privacy.services import country_choose
from chat.safety import COUNTRIES, Country
from chat.safety.cards import card_get, language_of
from chat.visitors.selectors import assistant_offered
from chat.visitors.services import SESSION_KEY
from finetune.runs.assistants import Assistant, assistant_get
from finetune.teams.access import SiteRequest, signed_in

UNREADABLE = gettext_lazy("What was said before could not be read. Begin the talk again.")


@sensitive_post_parameters()
@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def incognito(request: SiteRequest) -> HttpResponseBase:
    """Write and be answered. A script gets the reply as it comes; without one, the page waits."""
    choices = choices_for(request)
    if request.method != "POST":
        return page(request, choices, [], initial=request.GET.get("assistant", ""))
    talk: list[Exchange] = []
    try:
        talk = talk_of(request)
        text = cleaned(request.POST.get("text", ""))
        if "country" in request.POST:
            country_choose(user=request.user, country=request.POST["country"])
        assistant = assistant_for(request, request.POST.get("assistant", ""))
    except ChatRefused as refusal:
        if by_script(request):
            return refused(refusal)
        return page(request, choices, talk, refusal.message, request.POST.get("text", ""))
    if by_script(request):
        try:
            with Speaking(request.user):  # before the first byte, when it can still be refused
                pass
        except ChatRefused as refusal:
            return refused(refusal)
        country = country_of(request.user, request.headers.get("accept-language", ""))
        stream = lines(request, assistant, talk, text, country)
        return StreamingHttpResponse(
            stream, content_type="application/x-ndjson", headers={"X-Accel-Buffering": "no"}
        )
    exchange, problem = async_to_sync(whole)(request, assistant, talk, text)
    if problem and not exchange.reply:
        return page(request, choices, talk, problem, text)
    return page(request, choices, within([*talk, exchange]), problem)


def choices_for(request: SiteRequest) -> Choices:
    """Whom one can talk to: the team's assistants, or for a visitor the one that is offered."""
    if request.session.get(SESSION_KEY):
        offered = assistant_offered()
        those = [offered[1]] if offered else []
        return Choices(those, len(those), len(those), "")
    if not request.team:
        return Choices([], 0, 0, "")
    return assistant_choices(request.team, "", [request.GET.get("assistant", "")])


def assistant_for(request: SiteRequest, name: str) -> Assistant:
    offered = assistant_offered() if request.session.get(SESSION_KEY) else None
    if offered is not None:
        return offered[1]
    found = assistant_get(request.team, name) if request.team else None
    if found is None:
        raise ChatRefused(
            _("This assistant is not there any more. Choose another."),
            code="assistant_gone",
            field="assistant",
        )
    return found


def talk_of(request: SiteRequest) -> list[Exchange]:
    """What was said so far, as the page sent it."""
    try:
        talk = read(request.POST.get("talk", ""))
        for exchange in talk:
            if exchange.card:
                card_get(*exchange.card)
    except (Unreadable, KeyError, ValueError):
        raise ChatRefused(str(UNREADABLE), code="unreadable", field="talk") from None
    return talk


def page(
    request: SiteRequest,
    choices: Choices,
    talk: list[Exchange],
    problem: str = "",
    text: str = "",
    initial: str = "",
) -> HttpResponse:
    context = {
        "talk": [shown(number, exchange) for number, exchange in enumerate(talk, 1)],
        "written": written(talk),
        "assistants": choices,
        "chosen": request.POST.get("assistant", initial),
        "country": country_of(request.user, request.headers.get("accept-language", "")),
        "countries": COUNTRIES.values(),
        "problem": problem,
        "text": text,
    }
    return render(request, "chat/incognito/talk.html", context, status=422 if problem else 200)


def shown(number: int, exchange: Exchange) -> dict[str, Any]:
    card = card_get(*exchange.card) if exchange.card else None
    return {"number": number, "card": card, "exchange": exchange}


async def whole(
    request: SiteRequest, assistant: Assistant, talk: list[Exchange], text: str
) -> tuple[Exchange, str]:
    """The exchange when the reply has ended, and what went wrong."""
    exchange, problem = Exchange(text, ""), ""
    try:
        pieces = reply(user=request.user, assistant=assistant, talk=talk, text=text)
        async for piece in pieces:
            problem = piece.problem or problem
            exchange = replace(
                exchange,
                reply=exchange.reply + piece.text,
                card=piece.card or exchange.card,
                quiet=piece.quiet or exchange.quiet,
                notice=notice_text(piece.notice, language_of(text)) or exchange.notice,
                unread=piece.unread or exchange.unread,
                told=piece.told if piece.unread else exchange.told,
            )
    except ChatRefused as refusal:
        problem = refusal.message
    return replace(exchange, reply=exchange.reply.strip()), problem


async def lines(
    request: SiteRequest,
    assistant: Assistant,
    talk: list[Exchange],
    text: str,
    country: Country | None,
) -> AsyncIterator[bytes]:
    """Each piece as a line of JSON, while the reply is written; its reader's end ends it."""
    pieces = reply(user=request.user, assistant=assistant, talk=talk, text=text)
    try:
        async with aclosing(pieces) as open_pieces:  # type: ignore[type-var]
            async for piece in open_pieces:
                # A card asks the database which of its numbers are confirmed.
                if line := await in_thread(line_of)(piece, text, len(talk) + 1, country):
                    yield json.dumps(line, ensure_ascii=False).encode() + b"\n"
    except ChatRefused as refusal:
        yield json.dumps({"problem": refusal.message}).encode() + b"\n"
    yield b'{"end": true}\n'


def line_of(piece: Piece, text: str, number: int, country: Country | None) -> dict[str, Any]:
    line: dict[str, Any] = {}
    if piece.card:
        context = {
            "card": card_get(*piece.card),
            "turn": {"number": number},
            "country": country,
            "incognito": True,
        }
        line |= {"card": list(piece.card), "html": render_to_string("chat/_card.html", context)}
    if piece.unread:
        html = render_to_string("chat/context/_beginning.html", {"told": piece.told})
        line |= {"unread": True, "told": piece.told, "beginning": html}
    notice = notice_text(piece.notice, language_of(text))
    named = {"notice": notice, "quiet": piece.quiet, "text": piece.text, "problem": piece.problem}
    return line | {name: value for name, value in named.items() if value}
