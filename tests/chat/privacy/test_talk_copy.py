"""One talk as a file: who wrote what and when, as the page says it, for its author alone."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.test import Client

from chat.conversations import services
from chat.conversations.models import Message
from chat.notices.words import notice_text
from chat.ratings.services import reply_rate
from chat.rendering.markdown import rendered
from chat.safety.cards import card_get

pytestmark = pytest.mark.django_db
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00"


@pytest.fixture
def hers(client: Client, alice: Any) -> Client:
    client.force_login(alice)
    return client


def text_of(client: Client, talk: Any) -> str:
    answer = client.get(f"/chat/{talk.public_id}/copy/")
    assert answer["Content-Type"] == "text/markdown; charset=utf-8"
    return answer.content.decode()


def data_of(client: Client, talk: Any) -> dict[str, Any]:
    answer = client.get(f"/chat/{talk.public_id}/copy/", {"format": "json"})
    assert answer["Content-Type"] == "application/json; charset=utf-8"
    return dict(json.loads(answer.content))


def test_both_files_say_who_wrote_what_and_when(hers: Client, talk: Any, tuned: Any) -> None:
    text = text_of(hers, talk)
    assert re.search(rf"\*\*You\*\* · {TIME}\n\n> I keep waking up at 4am\.", text)
    assert re.search(rf"\*\*{tuned.title}\*\* · {TIME}\n\n> What wakes you\?", text)
    asked, reply = data_of(hers, talk)["messages"]
    assert (asked["written_by"], asked["text"]) == ("You", "I keep waking up at 4am.")
    assert (reply["written_by"], reply["text"]) == (tuned.title, "What wakes you?")
    for at in (asked["created_at"], reply["finished_at"]):
        assert re.fullmatch(TIME, at)


def test_the_notice_of_an_ai_is_there(hers: Client, talk: Any) -> None:
    talk.messages.filter(role="user").update(notice="hours")
    words = notice_text("hours", "en")
    assert "AI" in words
    assert data_of(hers, talk)["messages"][0]["notice"] == words
    assert f"*{words}*\n\n**You**" in text_of(hers, talk)


def test_the_newest_to_read_and_all_for_programs(hers: Client, talk: Any) -> None:
    [again] = services.reply_again(conversation=talk, side="a")
    services.reply_finish(message_id=again.pk, state="stopped", content="Tell me")
    text = text_of(hers, talk)
    assert "What wakes you?" not in text
    assert "> Tell me\n\n*Stopped*" in text
    replies = [one for one in data_of(hers, talk)["messages"] if one["role"] == "assistant"]
    assert [(one["variant"], one["text"], one["state"]) for one in replies] == [
        (1, "What wakes you?", "done"),
        (2, "Tell me", "stopped"),
    ]


def test_a_rating_is_there_with_its_words(hers: Client, talk: Any) -> None:
    reply = talk.messages.get(role="assistant")
    words = "It asked.\n\n**You** · then"
    reply_rate(conversation=talk, reply_id=reply.public_id, helpful=False, words=words)
    text = text_of(hers, talk)
    assert "*You rated it: Not helpful*\n\n> It asked.\n>\n> **You** · then\n" in text
    asked, answered = data_of(hers, talk)["messages"]
    assert asked["rating"] is None
    assert (answered["rating"]["helpful"], answered["rating"]["words"]) == (False, words)


def test_reviewed_words_and_cards_are_named(hers: Client, talk: Any) -> None:
    [reply] = services.message_send(conversation=talk, text="I want to die")
    services.reply_finish(
        message_id=reply.pk, state="done", content="I am here.", writer="library",
        reviewed_id="high.suicide.1 + q.2", reviewed_version="3 + 1",
    )  # fmt: skip
    heading = card_get("suicide").heading
    text = text_of(hers, talk)
    assert f"*Shown here: a card with help lines, “{heading}”*" in text
    assert "**Reviewed reply**" in text
    *_, asked, said = data_of(hers, talk)["messages"]
    assert asked["help_card"] == heading
    assert said["written_by"] == "Reviewed reply"
    assert said["reviewed_words"] == [
        {"id": "high.suicide.1", "version": "3"},
        {"id": "q.2", "version": "1"},
    ]


def test_the_line_that_follows_a_card_is_there(hers: Client, talk: Any) -> None:
    Message.objects.filter(conversation=talk, role="user").update(quiet_line="The lines are open.")
    assert "*Shown here: The lines are open.*" in text_of(hers, talk)
    assert data_of(hers, talk)["messages"][0]["line_after_a_card"] == "The lines are open."


def test_levels_and_rules_are_in_neither(hers: Client, talk: Any) -> None:
    services.message_send(conversation=talk, text="I want to kill myself")
    asked = talk.messages.get(turn=2, role="user")
    assert asked.risk_level
    assert asked.risk_rule
    text = text_of(hers, talk) + json.dumps(data_of(hers, talk))
    assert asked.risk_rule not in text
    assert "risk" not in text
    assert "level" not in text


def test_names_are_hidden_until_the_vote(
    hers: Client, alice: Any, team: Any, tuned: Any, plain: Any
) -> None:
    talk, replies = services.conversation_start(
        team=team, user=alice, assistants=[tuned, plain], text="Hello"
    )
    for reply in replies:
        services.reply_finish(
            message_id=reply.pk, state="failed", content="Half", error=f"{tuned.title} is broken."
        )
    names = (tuned.title, plain.title, tuned.id, plain.id)
    files = text_of(hers, talk) + json.dumps(data_of(hers, talk))
    assert not [name for name in names if name in files]
    assert "**Left**" in files
    assert "**Right**" in files
    hers.post(f"/chat/{talk.public_id}/vote/", {"turn": "1", "choice": "neither"})
    text = text_of(hers, talk)
    assert re.search(rf"\*\*(Left|Right): {tuned.title}\*\*", text)
    assert re.search(rf"\*\*(Left|Right): {plain.title}\*\*", text)
    assert data_of(hers, talk)["votes"][0]["choice"] == "neither"


def test_what_is_written_cannot_pose_as_somebody_else(hers: Client, talk: Any) -> None:
    text = "Fine.\n\n**You** · 2026\n\n# Help\n```\nopen\u2028> x"
    [reply] = services.message_send(conversation=talk, text=text)
    services.reply_finish(message_id=reply.pk, state="done", content="After.")
    copy = text_of(hers, talk)
    assert copy.count("\n**You** · ") == 2
    assert copy.count("\n# ") == 0
    page = rendered(copy)
    assert "<blockquote>\n<p>After.</p>\n</blockquote>" in page


def test_the_name_of_the_file_says_nothing(hers: Client, talk: Any) -> None:
    services.conversation_rename(conversation=talk, title='Leaving "him" \U0001f4d3')
    for query, ending in (({}, "md"), ({"format": "json"}, "json")):
        answer = hers.get(f"/chat/{talk.public_id}/copy/", query)
        named = answer["Content-Disposition"]
        assert re.fullmatch(rf'attachment; filename="chat-[\d-]{{10}}-\w{{6}}\.{ending}"', named)
        assert "no-store" in answer["Cache-Control"]
    page = hers.get(f"/chat/{talk.public_id}/").content.decode()
    assert f'href="/chat/{talk.public_id}/copy/?format=json"' in page


def test_only_its_author_gets_it(client: Client, bob: Any, charlie: Any, talk: Any) -> None:
    address = f"/chat/{talk.public_id}/copy/"
    assert "/sign-in/" in client.get(address)["location"]
    for user in (bob, charlie):
        client.force_login(user)
        assert client.get(address).status_code == 404
    services.conversation_delete(conversation=talk)
    client.force_login(talk.user)
    assert client.get(address).status_code == 404
