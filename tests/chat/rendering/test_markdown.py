"""What a reply may become: few tags, harmless links, every word kept. Hostile texts do nothing."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chat.rendering.markdown import LONGEST, REL, rendered

TAGS = {
    "a", "blockquote", "br", "code", "em", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre",
    "s", "span", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
EMPTY = {"br", "hr"}
ATTRIBUTES = {
    "a": {"href", "rel"},
    "ol": {"start"},
    "p": {"class"},
    "span": {"class", "dir"},
}
LINK = re.compile(r"(?:https?://[^/@\s]+|mailto:)[^\s\"'<>]*", re.I)


class Reading(HTMLParser):
    """A page as a browser takes it: what stands in it as text, and whether each tag may."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.links: list[str] = []
        self.words = ""
        self.feed(text)
        self.close()
        assert not self.open, f"not closed: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in TAGS, tag
        given_ones = dict(attrs)
        assert set(given_ones) <= ATTRIBUTES.get(tag, set()), (tag, given_ones)
        assert given_ones.get("class", "") in ("", "plain", "link-address")
        assert (given_ones.get("start") or "1").isdigit()
        if tag == "a":
            assert given_ones["rel"] == REL
            self.links.append(given_ones["href"] or "")
            assert LINK.fullmatch(self.links[-1]), self.links[-1]
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data

    def unknown_decl(self, data: str) -> None:
        raise AssertionError(data)

    handle_comment = handle_decl = handle_pi = unknown_decl


def test_what_people_expect():
    text = "# A plan\n\nYou **did** *it*. ~~Never~~\nNext line\n\n1. Sleep\n2. Eat\n   - soup\n"
    html = rendered(text + "\n> so\n\n`x`")
    for piece in (
        "<h3>A plan</h3>",
        "<strong>did</strong> <em>it</em>. <s>Never</s><br />\nNext line",
        "<ol>\n<li>Sleep</li>",
        "<ul>\n<li>soup</li>",
        "<blockquote>\n<p>so</p>",
        "<code>x</code>",
    ):
        assert piece in html
    table = rendered("| a | b |\n|:--|--:|\n| 1 | 2 |")
    assert "<td>1</td>" in table
    assert "style" not in table
    for page in (html, table):
        Reading(page)


def test_plain_words_stay_what_they_are():
    text = "I hear you.\nThat is hard.\n\n你好。\n    far in\nmore\n---"
    page = Reading(rendered(text))
    assert "".join(page.words.split()) == "".join(text.replace("---", "").split())
    assert "<pre>" not in rendered("    far in")


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "javascript&#58;alert(1)",
        "&#x6A;avascript:alert(1)",
        "java\\script:alert(1)",
        "<java script:alert(1)>",
        "<javascript:alert(1)>",
        "\u00a0javascript:alert(1)",
        "vbscript:x",
        "data:text/html;base64,PHNjcmlwdD4=",
        "data:image/png;base64,xx",
        "file:///etc/passwd",
        "blob:https://e.org/1",
        "ftp://e.org/",
        "tel:911",
        "//e.org/x",
        "/chat/yours/delete/",
        "?older=1",
        "#end",
        "https:e.org",
        "https://",
        "http:///x",
        "https://bank.example@evil.example/",
        "https://[::1",
        "mailto:",
        "",
    ],
)
def test_links_that_are_none(address):
    for text in (f"[words]({address})", f"<{address}>", f"![words]({address})"):
        assert Reading(rendered(text)).links == []
    assert Reading(rendered(f"[words][1]\n\n[1]: {address}")).links == []


def test_a_link_says_where_it_leads():
    html = rendered("[your bank](https://e.org/a?b=1&c=2)")
    assert f'<a href="https://e.org/a?b=1&amp;c=2" rel="{REL}">your bank</a>' in html
    page = Reading(html)
    assert page.words.strip() == "your bank (https://e.org/a?b=1&c=2)"
    for same in ("<https://e.org/a>", "[https://e.org/a](https://e.org/a)"):
        assert Reading(rendered(same)).words.strip() == "https://e.org/a"
    assert Reading(rendered("<me@e.org>")).words.strip() == "me@e.org"
    disguised = Reading(rendered("[https://bank.example](https://e.org/)"))
    assert disguised.words.strip() == "https://bank.example (https://e.org/)"
    foreign = Reading(rendered("[пример](https://xn--e1afmkfd.example/)"))
    assert "xn--e1afmkfd" in foreign.words


def test_no_picture_is_fetched():
    page = Reading(rendered("![cat](https://e.org/cat.png)"))
    assert page.links == ["https://e.org/cat.png"]
    assert page.words.strip() == "!cat (https://e.org/cat.png)"


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<b onmouseover=alert(1)>x</b>",
        "<!-- --><svg/onload=alert(1)>",
        "<![CDATA[<script>alert(1)</script>]]>",
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "&#60;script&#62;alert(1)",
        "<a href='javascript:alert(1)'>x</a>",
        "`<script>`",
        "```html\n<script>alert(1)</script>\n```",
        '``` "onmouseover="alert(1)\nx\n```',
        "[<script>alert(1)</script>](https://e.org)",
        '[x](https://e.org/"onmouseover="alert(1))',
        '[x](<https://e.org/" onmouseover="alert(1)>)',
        "[x](https://e.org '\" onmouseover=\"alert(1)')",
        "[x](https://e.org/<script>)",
        "| <script> | x |\n|---|---|\n| <img src=x> | [y](javascript:1) |",
        "# <script>alert(1)</script>",
        "> <script>\n> alert(1)",
        "- <script>",
        "\\<script>",
        "<style>*{display:none}</style>",
        "{{ csrf_token }} {% include 'x' %}",
    ],
)
def test_hostile_texts_are_only_read(text):
    page = Reading(rendered(text))
    if "<script>" in text and "](https" not in text:
        assert "<script>" in page.words


@pytest.mark.parametrize(
    "text",
    [
        "**You are not",
        "a *little",
        "`open",
        "```\nopen\n\nmore",
        "[words](https://e.org/",
        "[words",
        "| a | b |\n|--",
        "1.",
        "- ",
        "~~gone",
        "<https://e.org",
        "> ",
        "# ",
        "&am",
        "\\",
    ],
)
def test_a_reply_that_was_cut_off_loses_no_word(text):
    page = Reading(rendered(text))
    assert re.findall(r"\w+", page.words) == [
        word for word in re.findall(r"\w+", text) if text != "1."
    ]


@pytest.mark.parametrize(
    "text",
    [
        ">" * 5_000 + "deep",
        "\n".join("  " * depth + "- deep" for depth in range(130)),
        "\n".join(">" * depth + " deep" for depth in range(1, 190)),
        "[" * LONGEST,
        "[a](" * (LONGEST // 4),
        "![[" * (LONGEST // 3),
        "*a " * (LONGEST // 3),
        "**a*" * (LONGEST // 4),
        "<" * LONGEST,
        "x" * (LONGEST + 1) + "<b>**",
    ],
    ids=lambda text: text[:6],
)
def test_huge_nesting_is_shown_and_keeps_its_words(text):
    page = Reading(rendered(text))
    assert page.words.count("deep") == text.count("deep")
    assert page.words.count("a") == text.count("a")


MARKS = st.sampled_from(
    ["*", "**", "_", "`", "```", "\n", "\n\n", " ", "    ", ">", "- ", "1. ", "#", "|", "|-|", "~~",
     "[", "](", ")", "!", "<", ">", "&", "&lt;", "&#106;", "\\", "https://e.org", "javascript:",
     "mailto:a@b", '"', "'", "<b>", "<script>", "word", "字", "\u202e", "=", "---"]
)  # fmt: skip


# Without tables: a row that is longer than its head is cut there.
PIECES = st.sampled_from([*"*_#[]<&`", "**", "\n", "> ", "- ", "~~", " ", "字", "oh"])


@settings(max_examples=400, deadline=None)
@given(st.lists(MARKS, max_size=40).map("".join))
def test_any_text_becomes_a_harmless_page(text):
    Reading(rendered(text))  # which looks at every tag, attribute and link


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES, max_size=60).map("".join))
def test_no_word_is_lost(text):
    words = Reading(rendered(text)).words
    assert words.count("字") == text.count("字")
    assert words.count("oh") == text.count("oh")
