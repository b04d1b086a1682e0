"""Markdown of a reply as HTML that cannot do anything: no tags of its own, no pictures, no scripts.

What a model writes is not to be trusted. Raw HTML is shown as text; a picture is a link; a link
leads to http, https or mailto alone and says where; nothing has a style, an id or a class that the
text could choose. Knows nothing of rows and pages.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token

LONGEST = 20_000  # signs; a longer text stays plain
DEEPEST = 20  # lists and quotes in one another; the library drops what is deeper
HIGHEST = 2  # the page's own headings are the first two; a reply's begin below
LOWEST = 6
WEB = ("http", "https")
REL = "noopener noreferrer nofollow"
# Rules that would hide words of the text, or make of plain prose what was not meant.
WITHOUT = ("html_block", "html_inline", "image", "reference", "code", "lheading")


def link_allowed(address: str) -> bool:
    """Whether a link may lead there: a web site by its own name, or a mailbox."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    if parts.scheme.lower() == "mailto":
        return "@" in parts.path
    named = bool(parts.hostname) and "@" not in parts.netloc  # https://bank.example@elsewhere
    return parts.scheme.lower() in WEB and named


class SafeRenderer(RendererHTML):
    """Writes each kind of token itself wherever the library would take an attribute over."""

    def heading_open(self, tokens: Sequence[Token], at: int, *_: Any) -> str:
        return f"<h{level_of(tokens[at])}>"

    def heading_close(self, tokens: Sequence[Token], at: int, *_: Any) -> str:
        return f"</h{level_of(tokens[at])}>\n"

    def link_open(self, tokens: Sequence[Token], at: int, *_: Any) -> str:
        address = address_of(tokens[at])
        return f'<a href="{escape(address)}" rel="{REL}">' if link_allowed(address) else ""

    def link_close(self, tokens: Sequence[Token], at: int, *_: Any) -> str:
        """The end of a link, and behind it where it leads, unless its words say just that."""
        start = at - 1
        while tokens[start].type != "link_open":  # a link holds no other link
            start -= 1
        address = address_of(tokens[start])
        if not link_allowed(address):  # `[words]()`, which the parser takes for a link
            return ""
        words = "".join(token.content for token in tokens[start:at])
        if words in (address, address.removeprefix("mailto:")):
            return "</a>"
        return f'</a> <span class="link-address" dir="ltr">({escape(address)})</span>'

    def fence(self, tokens: Sequence[Token], at: int, *_: Any) -> str:
        """Code with what stands behind the first marks, which others make a class of."""
        info = f"{tokens[at].info.strip()}\n" if tokens[at].info.strip() else ""
        return f"<pre><code>{escape(info + tokens[at].content)}</code></pre>\n"

    def th_open(self, *_: Any) -> str:
        return "<th>"

    def td_open(self, *_: Any) -> str:
        return "<td>"


def level_of(token: Token) -> int:
    return min(int(token.tag[1:]) + HIGHEST, LOWEST)


def address_of(token: Token) -> str:
    return str(token.attrs["href"])


class SafeReader(MarkdownIt):
    """CommonMark with tables and strikethrough, without what could act or hide."""

    def __init__(self) -> None:
        options = {"html": False, "linkify": False, "breaks": True, "maxNesting": DEEPEST}
        super().__init__("commonmark", options, renderer_cls=SafeRenderer)
        self.enable(["table", "strikethrough"]).disable(list(WITHOUT))

    def validateLink(self, url: str) -> bool:
        return link_allowed(url)


READER = SafeReader()


def rendered(text: str) -> str:
    """The text as HTML; plain, with its line breaks, where it is too long or nested too deeply."""
    tokens = READER.parse(text) if len(text) <= LONGEST else []
    if not tokens or any(token.level >= DEEPEST - 1 for token in tokens):
        return f'<p class="plain">{escape(text)}</p>\n'
    return str(READER.renderer.render(tokens, READER.options, {}))
