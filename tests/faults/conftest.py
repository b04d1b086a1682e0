"""The live studio, with twenty people in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.conftest import Studio, real_base, studio_started  # noqa: F401 (fixture)

PEOPLE = 20
SEED = """
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.conf import settings
from finetune.models import Team, User
from finetune.teams.keys.services import key_create
from finetune.teams.services import member_add

team = Team.objects.get(members__username="alice")
answer = {}
for number in range(PEOPLE):
    user = User.objects.create_user(f"person-{number}", password="has-a-password-9")
    member_add(team=team, user=user)
    _, secret = key_create(team=team, user=user, name="test")
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    answer[user.username] = {"key": secret, "session": session.session_key}
"""


@pytest.fixture
def studio(real_base: Path) -> Iterator[Studio]:  # noqa: F811
    with studio_started(real_base) as made:
        made.people |= made.manage(SEED.replace("PEOPLE", str(PEOPLE)))
        yield made
