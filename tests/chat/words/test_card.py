"""The card on the page: at most three resources, honest about its numbers, without JavaScript."""

import re
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.test import Client

from chat.conversations import services as talks
from chat.conversations.consumers import ChatConsumer
from chat.conversations.models import ChatPreference
from chat.conversations.selectors import country_of
from chat.safety import card_get
from chat.safety.library.lines import COUNTRIES
from chat.words import services

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(client: Client, alice: Any, team: Any, tuned: Any) -> Any:
    """Opens Alice's talk after a message that brings a card, with a browser's language."""
    talk, replies = talks.conversation_start(
        team=team, user=alice, assistants=[tuned], text="I want to kill myself"
    )
    talks.reply_finish(message_id=replies[0].pk, state="done", content="I hear you.")
    client.force_login(alice)

    def opened(language: str = "") -> str:
        headers = {"accept-language": language} if language else {}
        html = client.get(f"/chat/{talk.public_id}/", headers=headers).content.decode()
        [card] = re.findall(r'<section class="care-card".*?</section>', html, re.DOTALL)
        assert html.index('class="care-card"') < html.index("I hear you.")
        return str(card)

    return opened


def numbers(card: str) -> list[str]:
    return re.findall(r'href="tel:([^"]+)"', card)


def test_the_country_of_the_browser(page: Any) -> None:
    card = page("zh-TW,zh;q=0.9")
    assert numbers(card) == ["119", "110", "1925", "1995"]
    assert "guess from your browser" in card
    assert (
        "台湾（按浏览器语言推断）" in card
    )  # the card is in the talk's language, its form in the page's
    assert re.search(r'<form class="country-form" [^>]*lang="zh-hans"', card)
    assert card.count("<li>") == 2


def test_without_a_country_there_is_something_to_dial(page: Any) -> None:
    card = page("en")
    assert numbers(card) == ["112", "911"]
    assert "findahelpline.com" in card
    assert "befrienders.org" in card


def test_a_choice_is_kept_and_a_guess_is_not(page: Any, client: Client, alice: Any) -> None:
    page("ja")
    assert not ChatPreference.objects.exists()
    client.post("/chat/country/", {"country": "KE", "next": ""})
    card = page("ja")
    assert "1199" in numbers(card)
    assert "guess from your browser" not in card
    client.post("/chat/country/", {"country": "ZZ", "next": ""})
    assert numbers(page("ja")) == ["112", "911"]
    client.post("/chat/country/", {"country": "", "next": ""})
    assert country_of(alice, "ja").code == "JP"
    assert country_of(alice).code == "ZZ"


def test_in_an_emergency_the_number_comes_first() -> None:
    def card_of(key: str) -> str:
        context = {"card": card_get(key), "country": COUNTRIES["NZ"], "turn": {"number": 1}}
        return render_to_string("chat/_card.html", context)

    emergency, other = card_of("emergency"), card_of("suicide")
    assert emergency.index("tel:111") < emergency.index(card_get("emergency").text[:20])
    assert other.index("tel:111") > other.index(card_get("suicide").text[:20])
    assert emergency.count("tel:111") == other.count("tel:111") == 1


def test_the_websocket_guesses_as_the_page_does() -> None:
    consumer = ChatConsumer()
    consumer.scope = {"headers": [(b"host", b"x"), (b"accept-language", b"ja,en;q=0.5")]}
    assert consumer.languages() == "ja,en;q=0.5"
    consumer.scope = {}
    assert consumer.languages() == ""


def test_confirmed_is_said_only_of_what_an_operator_confirmed(page: Any, alice: Any) -> None:
    country = COUNTRIES["NZ"]
    card = page("en-NZ")
    assert "has not confirmed them" in card
    assert "Confirmed by" not in card
    first, second = country.lines_for("crisis")
    services.line_confirm(country=country, line=first, operator=alice)
    card = page("en-NZ")
    assert card.count("Confirmed by this site&#x27;s operator on") == 1
    assert "has not confirmed them" in card
    services.line_confirm(country=country, line=second, operator=alice)
    card = page("en-NZ")
    assert card.count("Confirmed by this site&#x27;s operator on") == 2
    assert "has not confirmed them" not in card
    services.line_withdraw(country=country, line=first, operator=alice)
    assert page("en-NZ").count("Confirmed by") == 1
