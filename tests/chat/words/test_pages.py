"""The console's pages of words and help lines: who read what, and who confirmed which number."""

import re
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client

from chat.safety.library.lines import COUNTRIES, Country
from chat.words import selectors, services
from chat.words.catalogue import Word, words
from chat.words.models import LineVerification, WordReview

pytestmark = pytest.mark.django_db


@pytest.fixture
def console(client: Client, alice: Any) -> Client:
    alice.is_staff = alice.is_superuser = True
    alice.save()
    client.force_login(alice)
    return client


def tick(word: Word) -> str:
    return f"{word.key}@{word.digest}"


def test_every_card_and_reply_is_listed_and_not_reviewed_at_first(console: Client) -> None:
    page = console.get("/admin/words/").content.decode()
    for word in words():
        assert f"<code>{word.id}</code>" in page
    assert page.count("Not reviewed by this operator") > len(words())
    assert f"not reviewed by this operator {len(words())}" in page


def test_a_review_is_kept_with_its_reader_and_counted(console: Client, alice: Any) -> None:
    first, second, third = words()[:3]
    answer = console.post(
        "/admin/words/",
        {
            "word": [tick(first), tick(second)],
            "verdict": "approved",
            "note": "read twice",
            "kind": "card",
        },
    )
    assert answer.url == "/admin/words/?kind=card"
    assert {row.word for row in WordReview.objects.all()} == {first.id, second.id}
    row = WordReview.objects.get(word=first.id)
    assert (row.reviewer, row.version, row.note) == (alice, first.version, "read twice")
    page = console.get("/admin/words/", {"state": "approved"}).content.decode()
    assert f"<code>{first.id}</code>" in page
    assert f"<code>{third.id}</code>" not in page
    assert "reviewed 2" in page

    console.post("/admin/words/", {"word": tick(first), "verdict": "change"})
    page = console.get("/admin/words/", {"state": "change"}).content.decode()
    assert f"<code>{first.id}</code>" in page


def test_a_changed_text_has_to_be_read_again(alice: Any) -> None:
    word = words()[0]
    services.words_review(words=[word], reviewer=alice, verdict="approved")
    assert selectors.reviewed([word])[0].state == "approved"
    assert selectors.reviewed([replace(word, version=word.version + 1)])[0].state == "changed"
    assert selectors.reviewed([replace(word, text="Another text.")])[0].state == "changed"


def test_what_changed_under_the_page_or_was_not_ticked_is_refused(console: Client) -> None:
    word = words()[0]
    for sent in (
        {"word": f"{word.key}@{'0' * 64}", "verdict": "approved"},
        {"word": "card:nothing@0", "verdict": "approved"},
        {"verdict": "approved"},
        {"word": tick(word), "verdict": "perhaps"},
    ):
        page = console.post("/admin/words/", sent, follow=True).content.decode()
        assert "errornote" in page or 'class="error"' in page
    assert not WordReview.objects.exists()


def test_a_line_is_confirmed_and_withdrawn(console: Client, alice: Any) -> None:
    country = COUNTRIES["NZ"]
    line = country.lines[0]
    sent = {"country": "NZ", "line": line.id, "numbers": line.numbers, "note": "called it"}
    page = console.post("/admin/lines/", sent | {"action": "confirm"}, follow=True)
    assert "called it" in page.content.decode()
    [row] = LineVerification.objects.all()
    assert (row.confirmed_by, row.numbers) == (alice, line.numbers)
    assert selectors.lines_of(country, [line])[0].confirmed_at == row.confirmed_at

    console.post("/admin/lines/", sent | {"action": "withdraw"})
    row.refresh_from_db()
    assert row.withdrawn_by == alice
    assert selectors.lines_of(country, [line])[0].confirmed_at is None


def test_a_confirmation_ends_when_the_numbers_change(alice: Any) -> None:
    country = COUNTRIES["NZ"]
    line = country.lines[0]
    services.line_confirm(country=country, line=line, operator=alice)
    changed = replace(line, phone=("0800 000 000",))
    assert selectors.lines_of(country, [line])[0].verification is not None
    assert selectors.lines_of(country, [changed])[0].verification is None


def test_numbers_that_changed_under_the_page_are_not_confirmed(console: Client) -> None:
    line = COUNTRIES["NZ"].lines[0]
    for sent in (
        {"country": "NZ", "line": line.id, "numbers": "555", "action": "confirm"},
        {"country": "NZ", "line": "nz-nothing", "numbers": "", "action": "confirm"},
        {"country": "XX", "line": line.id, "numbers": line.numbers, "action": "confirm"},
    ):
        assert console.post("/admin/lines/", sent).status_code == 302
    assert not LineVerification.objects.exists()


def test_the_lines_page_says_where_each_number_comes_from(console: Client) -> None:
    page = console.get("/admin/lines/").content.decode()
    lines = [line for country in COUNTRIES.values() for line in country.lines]
    unchecked = sum(not line.checked for line in lines)
    assert page.count("from memory, ") == unchecked
    assert page.count("number read in ") == len(lines) - unchecked
    assert "0 confirmed by an operator" in page
    page = console.get("/admin/lines/", {"country": "JP"}).content.decode()
    assert len(re.findall('name="line"', page)) == len(COUNTRIES["JP"].lines)


@pytest.mark.parametrize("path", ["/admin/words/", "/admin/lines/"])
def test_only_administrators(client: Client, alice: Any, path: str) -> None:
    assert client.get(path).status_code == 302
    client.force_login(alice)
    assert client.get(path).status_code == 302
    alice.is_staff = True
    alice.save()
    assert client.get(path).status_code == 200
    assert client.post(path, {"verdict": "approved"}).status_code == 403
    assert not WordReview.objects.exists()


def test_the_record_can_be_read_and_not_changed(console: Client, alice: Any) -> None:
    services.words_review(words=words()[:1], reviewer=alice, verdict="approved")
    country: Country = COUNTRIES["NZ"]
    services.line_confirm(country=country, line=country.lines[0], operator=alice)
    for model in ("wordreview", "lineverification"):
        assert console.get(f"/admin/chat/{model}/").status_code == 200
        assert console.get(f"/admin/chat/{model}/add/").status_code == 403
    row = WordReview.objects.get()
    assert (
        console.post(f"/admin/chat/wordreview/{row.pk}/delete/", {"post": "yes"}).status_code == 403
    )
