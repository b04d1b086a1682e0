"""A talk with a persona: the version it began with, its words first, nothing weakened."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from chat.branches.services import branch_continue, branch_edit
from chat.conversations import services
from chat.conversations.models import Message
from chat.conversations.prompts import plan_of
from chat.personas.selectors import opening_of, personas_for
from chat.personas.services import persona_retire
from chat.personas.wording import SITE_LINE
from chat.policy.clearance import levels_cleared
from chat.policy.models import Clearance
from chat.privacy.export import conversation_json, conversation_markdown
from chat.ratings.exchanges import exchanges_shared
from chat.ratings.preferences import single_lines
from chat.ratings.services import reply_rate
from chat.safety.levels import Level
from chat.speech.deciding import Gone, asked_of
from chat.visitors.selectors import assistant_offered
from finetune.runs.assistants import assistant_count, assistant_get, assistants_for

pytestmark = pytest.mark.django_db(transaction=True)
Saved = Callable[..., Any]


def begun(
    team: Any, user: Any, *names: str, text: str = "A hard day."
) -> tuple[Any, list[Message]]:
    chosen = [assistant_get(team, name) for name in names]
    assert all(chosen)
    return services.conversation_start(team=team, user=user, assistants=chosen, text=text)


def ended(replies: list[Message], words: str = "What was hard?") -> None:
    for reply in replies:
        services.reply_finish(message_id=reply.pk, state="done", content=words)


def test_a_conversation_keeps_the_version_it_began_with(team: Any, bob: Any, saved: Saved) -> None:
    first = saved()
    talk, replies = begun(team, bob, first.persona.model)
    ended(replies)
    second = saved(first.persona, name="Warm ear", instruction="Answer in one sentence.")
    assert talk.assistant_a == first.model
    replies = services.message_send(conversation=talk, text="Work.")
    plan = plan_of(replies[0].pk, writes=True)
    assert "Ask one open question." in plan.window.system
    assert replies[0].assistant_title == "Warm listener"
    ended(replies)

    newer = assistant_get(team, first.persona.model)
    assert newer is not None
    assert newer.id == second.model
    assert newer.title == "Warm ear, version 2"
    services.conversation_assistant(conversation=talk, assistant=first.persona.model)
    replies = services.message_send(conversation=talk, text="And sleep.")
    assert "Answer in one sentence." in plan_of(replies[0].pk, writes=True).window.system
    titles = Message.objects.filter(conversation=talk, role="assistant").order_by("turn")
    assert [one.assistant_title for one in titles] == [
        "Warm listener",
        "Warm listener",
        "Warm ear, version 2",
    ]


def test_the_model_is_told_the_sites_line_first_and_of_a_line_that_was_shown(
    team: Any, bob: Any, plain: Any, saved: Saved
) -> None:
    version = saved()
    talk, replies = begun(team, bob, version.model)
    system = plan_of(replies[0].pk, writes=True).window.system
    assert system.startswith(SITE_LINE["en"])
    assert system.endswith("“Hello. I am an AI. What is on your mind?”")
    opening = opening_of(talk)
    assert opening is not None
    assert opening.opening.startswith("Hello.")

    beside, replies = begun(team, bob, version.model, plain.id)  # blind: the line would tell which
    assert opening_of(beside) is None
    his = next(reply for reply in replies if reply.assistant == version.model)
    assert "greeted" not in plan_of(his.pk, writes=True).window.system

    copy = conversation_markdown(talk)
    line = "Hello. I am an AI. What is on your mind?"
    assert f"**{version.title}** · opening line\n\n> {line}\n\n**You**" in copy
    assert json.loads(conversation_json(talk))["opening_line"] == line

    later, replies = begun(team, bob, plain.id)
    ended(replies)
    services.conversation_assistant(conversation=later, assistant=version.model)
    replies = services.message_send(conversation=later, text="Work.")
    assert opening_of(later) is None
    assert "greeted" not in plan_of(replies[0].pk, writes=True).window.system
    assert json.loads(conversation_json(later))["opening_line"] == ""


def test_a_branch_keeps_the_version_and_the_line(team: Any, bob: Any, saved: Saved) -> None:
    version = saved()
    talk, replies = begun(team, bob, version.model)
    ended(replies)
    saved(version.persona, instruction="Answer in one sentence.")
    branch = branch_continue(conversation=talk, turn=1)
    edited, answers = branch_edit(conversation=talk, turn=1, text="An easy day.")
    for each in (branch, edited):
        begins = opening_of(each)
        assert begins is not None
        assert (each.assistant_a, begins.opening) == (version.model, version.opening)
    for reply in (*services.message_send(conversation=branch, text="Work."), *answers):
        system = plan_of(reply.pk, writes=True).window.system
        assert "Ask one open question." in system
        assert "You have greeted the person" in system


def test_a_teams_file_names_a_persona_by_its_id_alone(team: Any, bob: Any, saved: Saved) -> None:
    version = saved()
    talk, replies = begun(team, bob, version.model)
    ended(replies)
    reply_rate(conversation=talk, reply_id=replies[0].public_id, helpful=True, share=True)
    [exchange] = exchanges_shared(team)
    [answer] = exchange.answers
    assert answer.assistant == f"{version.persona.public_id}@1"
    assert team.slug not in "".join(single_lines([exchange]))


def test_a_persona_is_never_cleared_by_its_assistants_clearance(
    team: Any, bob: Any, alice: Any, plain: Any, saved: Saved, monkeypatch: Any
) -> None:
    version = saved()
    for level in (Level.RAISED, Level.HIGH):
        Clearance.objects.create(
            assistant=plain.engine_name, level=level, checkpoint_hash="x", probe_set_version="1",
            passed=True, signed_by=alice, signer="alice",
            signed_at=version.created_at, words="Read.", probed_at=version.created_at,
        )  # fmt: skip
    monkeypatch.setattr("chat.policy.clearance.checkpoint_hash", lambda name: "x")
    assert levels_cleared(plain) == {Level.RAISED, Level.HIGH}
    persona = assistant_get(team, version.model)
    assert persona is not None
    assert persona.engine_name == plain.engine_name
    assert levels_cleared(persona) == frozenset()

    _, replies = begun(team, bob, version.model, plain.id)
    asked = asked_of([reply.pk for reply in replies])
    assert asked.assistants[0].manner is not None, "side by side the uncleared one decides"


def test_a_retired_one_is_gone_from_everywhere_but_what_it_said(
    team: Any, bob: Any, alice: Any, saved: Saved
) -> None:
    version = saved()
    talk, replies = begun(team, bob, version.model)
    ended(replies)
    persona_retire(persona=version.persona, user=alice)
    for name in (version.model, version.persona.model):
        assert assistant_get(team, name) is None
    assert personas_for(team, [], None) == []
    replies = services.message_send(conversation=talk, text="Work.")
    with pytest.raises(Gone):
        plan_of(replies[0].pk, writes=True)
    assert opening_of(talk) is not None
    said = talk.messages.get(turn=1, role="assistant")
    assert said.assistant == version.model
    assert said.content == "What was hard?"


def test_drafts_stand_in_no_list_and_can_be_tried(team: Any, bob: Any, saved: Saved) -> None:
    version = saved(publish=False)
    before = assistant_count(team)
    assert personas_for(team, [], None) == []
    assert assistant_get(team, version.persona.model) is None
    assert begun(team, bob, version.model)[0].assistant_a == version.model
    saved(version.persona)
    assert assistant_count(team) == before + 1
    newer = saved(version.persona, name="Warm ear", publish=False)
    found = assistant_get(team, version.persona.model)
    assert found is not None
    assert found.id == version.model != newer.model


def test_pickers_offer_it_beside_the_others(
    team: Any, tuned: Any, plain: Any, saved: Saved
) -> None:
    version = saved(assistant=tuned.id)
    names = [one.id for one in assistants_for(team)]
    assert names == [tuned.id, version.model, plain.id]
    assert [one.id for one in assistants_for(team, "warm question")] == [version.model]
    assert [one.id for one in assistants_for(team, limit=3)] == names
    assert assistants_for(team, limit=2) == [
        assistant_get(team, version.model),
        assistant_get(team, plain.id),
    ]
    tuned.run.result = {"unpublished": True}
    tuned.run.save()
    assert assistant_get(team, version.model) is None


def test_it_is_its_teams_alone(team: Any, other_team: Any, saved: Saved, settings: Any) -> None:
    version = saved()
    for name in (version.model, version.persona.model):
        assert assistant_get(other_team, name) is None
    assert personas_for(other_team, [], None) == []
    other = version.model.replace("acorn", "chestnut")
    assert assistant_get(team, other) is None
    for number in ("@0", "@99", "@1@1", "@x"):
        assert assistant_get(team, version.persona.model + number) is None
    settings.ANONYMOUS_CHAT, settings.ANONYMOUS_ASSISTANT = True, version.model
    assert assistant_offered() is None
