"""A receiver of webhooks on loopback, and a webhook that leads to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from finetune.alerts.kinds import ALL
from finetune.alerts.models import Webhook
from finetune.alerts.services import webhook_create
from tests.doubles.webhook_receiver import Receiver, receiving


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as told:
        yield told


@pytest.fixture
def hooked(team: Any, alice: Any, receiver: Receiver, settings: Any) -> tuple[Webhook, str]:
    """A webhook of Alice's that is told everything, and its secret."""
    settings.WEBHOOK_PRIVATE_URLS = True
    return webhook_create(
        team=team, user=alice, name="job", url=f"{receiver.url}/hook?token=1", kinds=ALL
    )
