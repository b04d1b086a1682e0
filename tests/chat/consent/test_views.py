"""Nobody writes a first word without having agreed; who declines is not left alone."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from chat.consent import texts
from chat.consent.models import Consent
from chat.consent.services import consent_give, consent_given, consent_withdraw
from chat.conversations.models import Conversation, Message
from finetune.teams.models import User
from finetune.teams.services import member_add

pytestmark = pytest.mark.django_db
YES = {"adult": "yes", "agree": "yes", "answer": "yes"}


@pytest.fixture
def dora(team: Any) -> Any:
    """In Alice's team, and new: she has agreed to nothing yet."""
    user = User.objects.create_user("dora", password="a-good-password-4")
    member_add(team=team, user=user)
    return user


@pytest.fixture
def hers(client: Client, dora: Any) -> Client:
    client.force_login(dora)
    return client


def test_the_first_page_is_the_text(hers: Client, dora: Any) -> None:
    answer = hers.get("/chat/new/?assistant=x", follow=True)
    page = answer.content.decode()
    assert answer.redirect_chain[0][0].startswith("/chat/consent/?next=")
    for words in ("18 years old or older", "an AI", "not a therapist", "tested clinically"):
        assert words in page.replace("\n", " ")
    assert "no-store" in answer["Cache-Control"]
    assert "mental" not in page.lower()
    assert not Consent.objects.filter(user=dora).exists()


def test_agreeing_keeps_version_language_and_date(hers: Client, dora: Any) -> None:
    answer = hers.post("/chat/consent/", {**YES, "language": "zh", "next": "/chat/new/"})
    assert answer["location"] == "/chat/new/"
    row = Consent.objects.get(user=dora)
    assert (row.version, row.language, row.withdrawn_at) == (texts.CURRENT, "zh", None)
    hers.post("/chat/consent/", YES)
    assert Consent.objects.filter(user=dora).count() == 1
    assert hers.get("/chat/").status_code == 200
    assert hers.get("/chat/consent/")["location"] == "/chat/"


@pytest.mark.parametrize("missing", ["adult", "agree"])
def test_both_boxes_are_needed(hers: Client, dora: Any, missing: str) -> None:
    data = {name: value for name, value in YES.items() if name != missing}
    answer = hers.post("/chat/consent/", data)
    assert answer.status_code == 422
    assert "Both boxes" in answer.content.decode()
    assert not consent_given(dora)


def test_declining_leads_to_help_that_needs_nothing(hers: Client, dora: Any) -> None:
    answer = hers.post("/chat/consent/", {"answer": "no"}, follow=True)
    assert answer.redirect_chain == [("/chat/help/", 302)]
    assert not Consent.objects.filter(user=dora).exists()
    stranger = Client()
    page = stranger.get("/chat/help/", {"country": "DE"}).content.decode()
    assert 'href="tel:08001110111"' in page
    assert "<script>" not in page
    assert not stranger.cookies
    page = stranger.get("/chat/help/", headers={"accept-language": "de-AT"}).content.decode()
    assert "Guessed from the language" in page
    assert "Austria" in page
    page = stranger.get("/chat/help/?country=XX").content.decode()
    assert "In any country" in page
    assert "findahelpline.com" in page


def test_no_message_is_taken_without_consent(
    hers: Client, dora: Any, team: Any, plain: Any
) -> None:
    data = {"assistant": plain.id, "text": "Hello"}
    assert hers.post("/chat/new/", data)["location"].startswith("/chat/consent/")
    script = hers.post("/chat/new/", data, headers={"x-requested-with": "fetch"})
    assert script.status_code == 403
    assert script.json()["error"]["code"] == "consent_needed"
    assert not Conversation.objects.filter(user=dora).exists()


@pytest.mark.parametrize("path", ["", "send/", "again/"])
def test_withdrawn_consent_closes_a_talk_until_it_is_given_again(
    client: Client, alice: Any, talk: Any, path: str
) -> None:
    client.force_login(alice)
    url = f"/chat/{talk.public_id}/{path}"
    client.post("/chat/consent/withdraw/")
    assert not consent_given(alice)
    answer = client.post(url, {"text": "Hello"}) if path else client.get(url)
    assert answer["location"].startswith("/chat/consent/")
    assert Message.objects.filter(conversation=talk).count() == 2
    assert client.get("/chat/yours/").status_code == 200  # a copy and deletion stay open
    assert client.post(f"/chat/{talk.public_id}/delete/").status_code == 302


def test_a_new_version_asks_again(
    client: Client, alice: Any, team: Any, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    client.force_login(alice)
    assert client.get("/chat/").status_code == 200
    settings.CHAT_KEEP_DAYS = 30  # the text says something else now
    assert client.get("/chat/").status_code == 302
    consent_give(user=alice, language="en")
    assert "30 days" in texts.consent_text("en", texts.Circumstances(keep_days=30)).sections[2][1]
    assert client.get("/chat/").status_code == 200
    agreed = texts.CURRENT
    monkeypatch.setattr(texts, "CURRENT", "next")
    assert client.get("/chat/").status_code == 302
    assert consent_withdraw(user=alice) == 2
    assert set(Consent.objects.filter(user=alice).values_list("version", flat=True)) == {
        agreed,
        f"{agreed}+30d",
    }


def test_the_browsers_language_is_taken_until_another_is_chosen(hers: Client) -> None:
    chinese = {"accept-language": "zh-CN,zh;q=0.9"}
    assert "在您开始之前" in hers.get("/chat/consent/", headers=chinese).content.decode()
    hers.post("/language/", {"language": "en"}, headers=chinese)
    page = hers.get("/chat/consent/", headers=chinese).content.decode()
    assert "Before you write" in page


def test_the_way_on_stays_on_this_site(hers: Client) -> None:
    answer = hers.post("/chat/consent/", {**YES, "next": "https://elsewhere.example/"})
    assert answer["location"] == "/chat/"


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    "here",
    [
        texts.Circumstances(),
        texts.Circumstances(keep_days=7),
        texts.Circumstances(elsewhere=True),
        texts.Circumstances(log_words=True),
        texts.Circumstances(visitor=True),
    ],
)
def test_each_circumstance_is_a_version_of_its_own(language: str, here: Any) -> None:
    text = texts.consent_text(language, here)
    plain = texts.consent_text(language, texts.Circumstances())
    assert len(text.sections) == 5
    assert (here.version == texts.CURRENT) == (text == plain)
    assert len(here.version) <= 40
