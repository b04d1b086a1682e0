"""From a conversation to the run and the data behind its assistant."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from chat.conversations import services

pytestmark = pytest.mark.django_db


def test_the_run_behind_an_assistant_is_shown_to_its_team_alone(
    client: Client, alice: Any, talk: Any, tuned: Any, quantum: Any, plain: Any
) -> None:
    client.force_login(alice)
    run, address = tuned.run, reverse("conversation", args=[talk.public_id])
    links = [reverse("run", args=[run.public_id])]
    links.append(reverse("dataset-lineage", args=[run.dataset.public_id]))
    page = client.get(address).content.decode()
    assert all(link in page for link in links)

    services.conversation_assistant(conversation=talk, assistant=plain.id)
    assert not any(link in client.get(address).content.decode() for link in links)
    compared, _ = services.conversation_start(
        team=talk.team, user=alice, assistants=[tuned, quantum], text="Who are you?"
    )
    page = client.get(reverse("conversation", args=[compared.public_id])).content.decode()
    assert not any(link in page for link in links)
