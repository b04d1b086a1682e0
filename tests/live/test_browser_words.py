"""A person's own words in a real browser: emojis while they are streamed, and Arabic where it is
typed, listed and read."""

import pytest

from tests.live.browser import NARROW, PATIENCE_MS, WIDE

pytestmark = [pytest.mark.browser, pytest.mark.processes]

BEGIN = """
from chat.conversations import services
from finetune.models import BaseModel, Team, User
from finetune.runs.assistants import assistant_of_base

team = Team.objects.get(name="Team of alice")
assistant = assistant_of_base(BaseModel.objects.get(slug="tiny-llama"))
talk, (reply,) = services.conversation_start(
    team=team, user=User.objects.get(username="alice"), assistants=[assistant], text=TEXT
)
answer = {"talk": talk.public_id, "reply": reply.public_id, "row": reply.pk}
"""
WRITE = """
from asgiref.sync import async_to_sync
from chat.conversations import services
from chat.conversations.generation import ring
from chat.conversations.models import Message

row = Message.objects.get(pk=ROW)
if FINISHED:
    services.reply_finish(message_id=row.pk, state=Message.State.DONE, content=TEXT)
else:
    services.reply_save(message_id=row.pk, content=TEXT)
async_to_sync(ring)(row.conversation_id)
answer = True
"""
UPLOAD = """
from django.core.files.uploadedfile import SimpleUploadedFile
from finetune.models import Team, User
from finetune.datasets.services import dataset_upload

lines = ['{"messages": [{"role": "user", "content": "%s %d"}, {"role": "assistant", "content": "%s %d"}]}'
         % ("كيف حالك في اليوم", n, "بخير، شكرا.\\\\nAnd in English,", n) for n in range(12)]
row = dataset_upload(
    team=Team.objects.get(name="Team of alice"), user=User.objects.get(username="alice"),
    file=SimpleUploadedFile("arabic.jsonl", "\\n".join(lines).encode()), name=NAME,
)
answer = row.public_id
"""  # noqa: E501
PIECES = ["😀🎉 ", "👩‍👩‍👧 said ", "𝒳😢", "é🇮🇩", "!"]
ARABIC = "مرحبا، لا أستطيع النوم."
NAME = "أحاديث (2026)"

# Every state that a reply's text goes through, kept if half a character is in it.
KEEP_BROKEN = """(id) => {
  window.broken = [];
  window.states = 0;
  const look = () => {
    const text = document.querySelector(`#${id} [data-text]`)?.textContent ?? "";
    window.states += 1;
    if (!text.isWellFormed() || text.includes("\\ufffd")) window.broken.push(text);
  };
  new MutationObserver(look).observe(
    document.getElementById("turns"), { subtree: true, childList: true, characterData: true });
}"""
SHOWS = """([id, text]) => document.querySelector(`#${id} [data-text]`)?.textContent.trim() === text.trim()"""
DIRECTION = "(one) => getComputedStyle(one).direction"
TOO_WIDE = "() => document.documentElement.scrollWidth > innerWidth"
# How far the first line of an element is from its edges.
SIDE = """(one) => {
  const range = document.createRange();
  range.selectNodeContents(one);
  const words = [...range.getClientRects()].filter((part) => part.width);
  const line = words.filter((part) => Math.abs(part.top - words[0].top) < 4);
  const box = one.getBoundingClientRect();
  return {
    left: Math.min(...line.map((part) => part.left)) - box.left,
    right: box.right - Math.max(...line.map((part) => part.right)),
  };
}"""


def filled(script: str, **values: object) -> str:
    for name, value in values.items():
        script = script.replace(name, repr(value))
    return script


def test_emojis_are_whole_while_they_are_streamed(alice_window, studio):
    made = studio.manage(filled(BEGIN, TEXT="Emojis, please"))
    page = alice_window.go(f"/chat/{made['talk']}/")
    page.evaluate(KEEP_BROKEN, made["reply"])
    text = ""
    for piece in PIECES:
        text += piece
        studio.manage(filled(WRITE, ROW=made["row"], TEXT=text, FINISHED=False))
        page.wait_for_function(SHOWS, arg=[made["reply"], text])
    places = [
        frame["at"]
        for frame in alice_window.watch.frames
        if frame["type"] == "text" and frame["at"]
    ]
    assert len(places) >= len(PIECES) - 1, "nothing was shown piece by piece"
    studio.manage(filled(WRITE, ROW=made["row"], TEXT=text, FINISHED=True))
    page.wait_for_selector(f'#{made["reply"]}[data-state="done"]')
    assert page.locator(f"#{made['reply']} [data-text]").text_content().strip() == text
    assert page.evaluate("window.states") > len(PIECES)
    assert page.evaluate("window.broken") == []
    alice_window.watch.assert_quiet()


@pytest.fixture(scope="module")
def arabic(studio):
    """A conversation and a data set in Arabic."""
    made = studio.manage(filled(BEGIN, TEXT=ARABIC))
    reply = f"{ARABIC}\nAnd a line in English."
    studio.manage(filled(WRITE, ROW=made["row"], TEXT=reply, FINISHED=True))
    return {**made, "data": studio.manage(filled(UPLOAD, NAME=NAME))}


@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "narrow"])
def test_arabic_is_laid_out_from_the_right_where_it_is_typed(window, arabic, viewport):
    with window("alice", viewport=viewport) as person:
        for address in ("/chat/", f"/chat/{arabic['talk']}/"):
            page = person.go(address)
            box = page.locator("#text")
            assert box.evaluate(DIRECTION) == "ltr"
            box.fill(ARABIC)
            assert box.evaluate(DIRECTION) == "rtl"
            assert not page.evaluate(TOO_WIDE)
            box.fill("In English")
            assert box.evaluate(DIRECTION) == "ltr"
            box.fill("")
        for address, names in (
            ("/data/new/", ["name", "licence"]),
            ("/runs/new/", ["name", "system_prompt"]),
            ("/keys/", ["name"]),
        ):
            page = person.go(address)
            for name in names:
                field = page.locator(f"[name={name}]").first
                field.evaluate("(one, text) => { one.value = text; }", ARABIC)
                assert field.evaluate(DIRECTION) == "rtl", (address, name)


@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "narrow"])
def test_arabic_is_laid_out_from_the_right_where_it_is_read(window, arabic, viewport):
    with window("alice", viewport=viewport) as person:
        page = person.go(f"/chat/{arabic['talk']}/")
        for place in (".said-text", "#chat-head h1", "[name=title]"):
            assert page.locator(place).first.evaluate(DIRECTION) == "rtl", place
        side = page.locator(".reply-text p").first.evaluate(SIDE)
        assert side["right"] < 2 < side["left"], side
        assert page.locator(".reply-tools").evaluate(DIRECTION) == "ltr"
        assert not page.evaluate(TOO_WIDE)

        page = person.go(f"/data/{arabic['data']}/")
        page.get_by_role("link", name="Start a run with this").wait_for(timeout=PATIENCE_MS)
        assert page.locator("h1").evaluate(DIRECTION) == "rtl"
        bubble = page.locator(".bubble.assistant .turn-text").first
        assert bubble.evaluate(DIRECTION) == "rtl"
        sides = bubble.evaluate(SIDE)
        assert sides["right"] < 2, sides
        assert not page.evaluate(TOO_WIDE)
        link = person.go("/data/").get_by_role("link", name=NAME)
        assert link.evaluate(DIRECTION) == "rtl"
        person.watch.assert_quiet()
