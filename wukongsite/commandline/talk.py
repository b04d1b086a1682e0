"""`studio chat`: a talk in the terminal, gated and stored nowhere, as the site's incognito ones."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from chat.conversations.exceptions import ChatRefused
from chat.conversations.generation import in_thread
from chat.conversations.selectors import country_of
from chat.conversations.services import cleaned
from chat.incognito.speaking import reply
from chat.incognito.transcript import Exchange, entry_of, within
from chat.notices.words import notice_text
from chat.safety import Country, country_get
from chat.safety.cards import card_get, language_of
from finetune.api.errors import not_found
from finetune.exceptions import StudioError
from finetune.runs.assistants import Assistant, assistant_get
from finetune.teams.keys.callers import Member

from .cards import card_lines
from .consent import consent_asked
from .printing import Printer

FIRST_NOTICE = (
    "This is an AI, not a person. It can listen and help you sort your thoughts, but it can be "
    "wrong, and it is not a substitute for care by people who are trained for it."
)
HOW_TO_LEAVE = "Nothing said here is stored. Ctrl-C stops a reply, Ctrl-D ends the talk."


def talk(asked: Member, options: Mapping[str, Any], printer: Printer) -> int:
    """Answer each line of standard input. Status 1 where the last one got no whole reply."""
    assistant = assistant_get(asked.team, options["assistant"])
    if assistant is None:
        raise not_found("model", options["assistant"], param="assistant")
    country = country_for(asked, options["country"])
    consent_asked(asked.user, printer)
    if not printer.as_json:
        printer.line(FIRST_NOTICE)
        printer.line(HOW_TO_LEAVE)
    with asyncio.Runner() as runner:
        return Talk(asked, assistant, country, printer).carry_on(runner)


def country_for(asked: Member, code: str) -> Country:
    """Whose help lines a card shows: the one that was named, else as on the site."""
    if not code:
        return country_of(asked.user)
    found = country_get(code.upper())
    if found is None:
        words = f"No help lines are known of the country {code[:20]!r}."
        raise StudioError(words, code="unknown_country", field="country")
    return found


class Talk:
    """One talk, held in memory and sent along each time."""

    def __init__(
        self, asked: Member, assistant: Assistant, country: Country, printer: Printer
    ) -> None:
        self.asked = asked
        self.assistant = assistant
        self.country = country
        self.printer = printer
        self.said: list[Exchange] = []
        self.exchange = Exchange("", "")  # the last one, while it is written too

    def carry_on(self, runner: asyncio.Runner) -> int:
        problem = ""
        while (text := self.read()) is not None:
            try:
                self.exchange = Exchange(cleaned(text), "")
                problem = runner.run(self.answer())
            except ChatRefused as refusal:
                self.tell(refusal.message)
                continue
            except KeyboardInterrupt:
                problem = "The reply was stopped."
            self.close(problem)
            self.said = within([*self.said, self.exchange])
        return 1 if problem and not sys.stdin.isatty() else 0

    def read(self) -> str | None:
        """The next message; None at the end of what is typed."""
        asks = sys.stdin.isatty() and not self.printer.as_json
        try:
            return input("\nYou: " if asks else "")
        except (EOFError, KeyboardInterrupt):
            if asks:
                self.printer.line()
            return None

    async def answer(self) -> str:
        """Print a reply as it leaves, with what stands around it; return why it ended early."""
        problem, begun = "", False
        text = self.exchange.said
        pieces = reply(user=self.asked.user, assistant=self.assistant, talk=self.said, text=text)
        async with aclosing(pieces) as open_pieces:  # type: ignore[type-var]
            async for piece in open_pieces:
                problem = piece.problem or problem
                notice = notice_text(piece.notice, language_of(text))
                if piece.card:
                    lines = await in_thread(card_lines)(card_get(*piece.card), self.country)
                    self.tell("\n".join(lines))
                for words in filter(None, (notice, piece.quiet)):
                    self.tell(words)
                if piece.unread:
                    self.tell("The assistant no longer reads the beginning of this talk.")
                if piece.text and not self.printer.as_json:
                    if not begun:
                        self.printer.words(f"\n{self.assistant.title}: ")
                    self.printer.words(piece.text)
                    begun = True
                self.exchange = replace(
                    self.exchange,
                    reply=self.exchange.reply + piece.text,
                    card=piece.card or self.exchange.card,
                    quiet=piece.quiet or self.exchange.quiet,
                    notice=notice or self.exchange.notice,
                    unread=piece.unread or self.exchange.unread,
                    told=piece.told if piece.unread else self.exchange.told,
                )
        return problem

    def tell(self, words: str) -> None:
        if not self.printer.as_json:
            self.printer.line(words)

    def close(self, problem: str) -> None:
        """End the reply's line, or print the exchange as one object."""
        self.exchange = replace(self.exchange, reply=self.exchange.reply.strip())
        if self.printer.as_json:
            entry = entry_of(self.exchange)
            self.printer.json_line({**entry, "problem": problem} if problem else entry)
            return
        self.printer.line()
        if problem:
            self.printer.line(problem)
