"""Pages in Chinese hold no English of ours; numbers for machines are written alike everywhere."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db
# What a person wrote, a name, code, an address: not ours to translate.
FOREIGN = {"bdi", "code", "pre", "script", "style", "textarea", "time"}
SHOWN = ("title", "aria-label", "placeholder", "alt", "data-busy", "data-label", "data-exit")
EMPTY = {"meta", "link", "img", "input", "br", "hr", "use", "path", "source", "col", "wbr"}
RUN = re.compile(r"[A-Za-z][\w’'-]*(?:[ ,:;]+[A-Za-z][\w’'-]*){3,}")
WORD = re.compile(r"(?<![\w./@-])[a-z]{4,}(?![\w./@-])")
NUMBER = re.compile(r"\d[,٫]\d")
MACHINE = ("value", "max", "min", "step", "width", "height", "d", "points", "x", "y", "style",
           "viewBox", "href", "datetime")  # fmt: skip
# Parts of what is shown that are names or examples, or were kept in English in a row.
KNOWN = re.compile(
    r"""findahelpline\.com|OpenAI messages|https?://\S*|\{".*\}|Keys that were not used.*"""
)


class Page(HTMLParser):
    """The words that a page shows in its own language, and the attributes of its elements."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[tuple[str, bool]] = []
        self.words: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.attributes += [(tag, name, value) for name, value in given.items()]
        own = not (
            tag in FOREIGN
            or given.get("dir") == "auto"
            or "mono" in given.get("class", "").split()
            or (tag != "html" and "lang" in given)
        )
        inside = self.open[-1][1] if self.open else True
        if own and inside:
            self.words += [given[name] for name in SHOWN if given.get(name)]
        if tag not in EMPTY:
            self.open.append((tag, own and inside))

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if data.strip() and (not self.open or self.open[-1][1]):
            self.words.append(" ".join(data.split()))


def page_of(client: Client, path: str, language: str) -> Page:
    answer = client.get(path, headers={"accept-language": language})
    assert answer.status_code in {200, 404, 410}, path
    page = Page()
    page.feed(answer.content.decode())
    return page


@pytest.fixture
def hers(client: Client, alice: Any, team: Any, bob: Any) -> Client:
    client.force_login(alice)
    return client


@pytest.fixture
def paths(hers: Client, alice: Any, team: Any, run_made: Any, dataset: Any) -> list[str]:
    """The pages that are translated, with something on each."""
    from chat.consent.services import consent_give
    from chat.conversations.services import conversation_start
    from chat.notes.models import SessionNote
    from chat.notes.services import note_share
    from chat.privacy.models import DeletionReceipt
    from finetune.runs.assistants import assistant_of_base
    from finetune.teams.invitations import invitation_create
    from finetune.teams.keys.services import key_create

    talk, _ = conversation_start(
        team=team, user=alice, assistants=[assistant_of_base(run_made.base)], text="今天很累。"
    )
    words = {"user": alice, "title": "笔记", "text": "今天很累。"}
    note = SessionNote.objects.create(conversation=talk, **words)
    shared = SessionNote.objects.create(**words)
    note_share(note=shared, days="7")
    counts = {"conversations": 2, "messages": 5, "session notes": 1}
    receipt = DeletionReceipt.objects.create(user=alice, reason="asked", counts=counts)
    consent_give(user=alice, language="zh")
    invitation_create(team=team, name="dora", by=alice)
    key_create(team=team, user=alice, name="笔记本")
    return [
        "/", "/password/", "/team/", "/keys/", "/nothing/", "/sign-in/no-such-link/",
        "/chat/help/", "/chat/help/?country=US", "/chat/help/?country=ZZ", "/chat/yours/",
        "/chat/incognito/", "/chat/new/", "/chat/find/", f"/chat/{talk.public_id}/", "/chat/notes/",
        f"/chat/notes/{note.public_id}/",
        f"/chat/notes/{shared.public_id}/", f"/chat/shared/{shared.public_id}/{shared.token}/",
        f"/chat/yours/receipts/{receipt.public_id}/", f"/chat/{talk.public_id}/handover/",
        *beside(talk, alice, team),
        "/data/", "/data/new/", f"/data/{dataset.public_id}/", "/runs/", "/runs/new/", "/bases/",
        f"/runs/{run_made.public_id}/", "/quantum/", "/quantum/explorer/", "/quantum/chips/",
        "/quantum/jobs/",
    ]  # fmt: skip


def beside(talk: Any, alice: Any, team: Any) -> list[str]:
    """A branch of a rated talk, of which the assistant has not read the beginning; a persona."""
    from chat.branches.services import branch_continue
    from chat.conversations.models import Message
    from chat.conversations.services import message_send, reply_finish
    from chat.personas.models import Persona, PersonaVersion
    from chat.pins.services import pin_set
    from chat.ratings.services import reply_rate

    for text in ("今天很累。", "工作很多。"):
        for reply in talk.messages.filter(role=Message.Role.ASSISTANT, state="streaming"):
            reply_finish(message_id=reply.pk, state="done", content="辛苦了。", reads_from=1)
            shared = {"words": "很好", "share": True}
            reply_rate(conversation=talk, reply_id=reply.public_id, helpful=True, **shared)
        message_send(conversation=talk, text=text)
    last = talk.messages.filter(role=Message.Role.ASSISTANT).latest("turn")
    reply_finish(
        message_id=last.pk, state="done", content="嗯。", reads_from=2, told="“今天很累。”"
    )
    branch = branch_continue(conversation=talk, turn=2)
    [reply] = message_send(conversation=branch, text="还有家里的事。")
    reply_finish(message_id=reply.pk, state="stopped", content="慢慢")
    pin_set(conversation=branch, pinned=True)
    persona = Persona.objects.create(team=team, slug="listener")
    for number in (1, 2):
        PersonaVersion.objects.create(
            persona=persona, number=number, name="倾听者", description="慢慢听。",
            assistant=talk.assistant_a, assistant_title="x", instruction="先听。", opening="你好。",
            languages="en,zh", created_by=alice,
            published_at=talk.created_at if number == 1 else None,
        )  # fmt: skip
    return [
        f"/chat/{branch.public_id}/", "/chat/yours/ratings/", "/chat/team-ratings/",
        "/chat/personas/", "/chat/personas/new/", f"/chat/personas/{persona.public_id}/",
    ]  # fmt: skip


def english(words: list[str]) -> list[str]:
    """Runs of four Latin words, and phrases of small letters that are no name or format."""
    found = []
    for one in words:
        rest = KNOWN.sub("", one)
        if RUN.search(rest) or (WORD.search(rest) and not re.search(r"[\u4e00-\u9fff]", rest)):
            found.append(one)
    return found


def test_pages_in_chinese_have_no_english_left(hers: Client, paths: list[str]) -> None:
    left = {}
    for path in paths:
        words = page_of(hers, path, "zh-CN").words
        assert any(re.search(r"[\u4e00-\u9fff]", one) for one in words), path
        if found := english(words):
            left[path] = found
    assert left == {}


def test_the_pages_before_signing_in_too(client: Client, base: Any, settings: Any) -> None:
    settings.ANONYMOUS_CHAT = True
    settings.ANONYMOUS_ASSISTANT = base.slug
    for path in ("/sign-in/", "/chat/help/", "/chat/consent/"):
        assert english(page_of(client, path, "zh-CN").words) == [], path
    client.post("/chat/consent/", {"adult": "yes", "agree": "yes", "answer": "yes"})


def test_the_check_itself_finds_english(client: Client) -> None:
    words = page_of(client, "/sign-in/", "en").words
    assert len(english(words)) >= 3


def test_numbers_for_machines_have_a_point_in_every_language(
    hers: Client, paths: list[str], settings: Any
) -> None:
    """German writes 1,5 for 1.5; a bar, a chart or a field takes only the latter."""
    settings.LANGUAGES = [("en", "English"), ("de", "Deutsch")]
    for path in paths:
        plain, german = (page_of(hers, path, language) for language in ("en", "de"))
        same = {(tag, name, value) for tag, name, value in plain.attributes}
        wrong = [
            one
            for one in german.attributes
            if (one[1] in MACHINE or one[1].startswith("data-"))
            and NUMBER.search(one[2])
            and one not in same
        ]
        assert wrong == [], path


def test_a_language_from_right_to_left_turns_the_page(
    hers: Client, paths: list[str], settings: Any
) -> None:
    settings.LANGUAGES = [("en", "English"), ("ar", "العربية")]
    talk = next(path for path in paths if "handover" in path).replace("handover/", "")
    answer = hers.get(talk, headers={"accept-language": "ar"})
    page = answer.content.decode()
    assert '<html lang="ar" dir="rtl">' in page
    assert '<div class="said-text" dir="auto">今天很累。</div>' in page
