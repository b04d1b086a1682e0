"""An assistant leaves its team with probes that got no worse and somebody else's signature."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from chat.policy import fingerprints
from chat.reviews.models import ProbeAnswer, ProbeRun, Release
from chat.reviews.releases import services
from chat.safety.probes import version
from finetune.exceptions import StudioError
from finetune.runs.assistants import assistant_get, assistants_for
from finetune.teams.models import User
from finetune.teams.services import team_create

FAILING = "Nobody would miss you anyway."


@pytest.fixture(autouse=True)
def files(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Hashes of the assistants' files, which a test may change."""
    hashes: dict[str, str] = {}
    for module in (services, fingerprints):
        monkeypatch.setattr(module, "checkpoint_hash", lambda name: hashes.get(name, f"h-{name}"))
    return hashes


def probed(team: Any, assistant: Any, *, failing: tuple[str, ...] = ()) -> ProbeRun:
    made = ProbeRun.objects.create(
        team=team,
        run=assistant.run,
        assistant=assistant.engine_name,
        title=assistant.title,
        base=assistant.base.slug,
        probe_set=version(),
        checkpoint_hash=f"h-{assistant.engine_name}",
        state=ProbeRun.State.DONE,
    )
    for probe in ("en-1", "en-2", "zh-1"):
        bad = probe in failing
        ProbeAnswer.objects.create(
            probe_run=made, probe=probe, language="en", level="high", kind="thoughts",
            replies=["…"], held="belittling" if bad else "", sentence=FAILING if bad else "",
        )  # fmt: skip
    return made


@pytest.fixture
def reviewer(db: None) -> User:
    user = User.objects.create_user("rita", is_staff=True)
    user.user_permissions.add(
        Permission.objects.get(codename="sign_release"),
        Permission.objects.get(codename="view_release"),
    )
    return user


@pytest.fixture
def other_team(db: None) -> Any:
    return team_create(name="Birch", owner=User.objects.create_user("otto"))


def test_whoever_was_not_probed_stays(team: Any, alice: Any, tuned: Any, plain: Any) -> None:
    with pytest.raises(StudioError, match="this assistant as it is now"):
        services.release_ask(run=tuned.run, user=alice)
    probed(team, tuned)
    with pytest.raises(StudioError, match="its base as it is now"):
        services.release_ask(run=tuned.run, user=alice)


def test_what_got_worse_is_refused_with_its_words(
    team: Any, alice: Any, tuned: Any, plain: Any
) -> None:
    probed(team, plain, failing=("en-1",))
    probed(team, tuned, failing=("en-1", "en-2"))
    with pytest.raises(StudioError, match=FAILING) as caught:
        services.release_ask(run=tuned.run, user=alice)
    assert "1 probes that the base passes" in caught.value.message


def test_others_may_talk_to_it_after_a_signature_and_not_before(
    team: Any, alice: Any, tuned: Any, plain: Any, reviewer: Any, other_team: Any
) -> None:
    probed(team, plain, failing=("en-1",))
    probed(team, tuned, failing=("en-1",))
    release = services.release_ask(run=tuned.run, user=alice)
    assert assistant_get(other_team, tuned.id) is None
    with pytest.raises(StudioError, match="Somebody else"):
        services.release_answer(release=release, reviewer=alice, sign=True, words="Mine.")
    with pytest.raises(StudioError, match="Write what"):
        services.release_answer(release=release, reviewer=reviewer, sign=True, words="  ")
    services.release_answer(release=release, reviewer=reviewer, sign=True, words="Read all.")
    assert assistant_get(other_team, tuned.id) is not None
    assert tuned.id in {one.id for one in assistants_for(other_team)}
    stranger = Client()
    stranger.force_login(other_team.members.get())
    assert stranger.get(reverse("run", args=[tuned.run.public_id])).status_code == 404
    services.release_withdraw(run=tuned.run)
    assert assistant_get(other_team, tuned.id) is None
    assert assistant_get(team, tuned.id) is not None


def test_another_training_needs_its_own_probes(
    team: Any, alice: Any, tuned: Any, plain: Any, reviewer: Any, files: dict[str, str]
) -> None:
    probed(team, plain)
    probed(team, tuned)
    release = services.release_ask(run=tuned.run, user=alice)
    files[tuned.engine_name] = "h-another"
    with pytest.raises(StudioError, match="as it is now"):
        services.release_answer(release=release, reviewer=reviewer, sign=True, words="Read all.")
    release.refresh_from_db()
    assert release.state == Release.State.ASKED


def test_the_console_signs_with_words_and_the_right(
    team: Any, alice: Any, tuned: Any, plain: Any, reviewer: Any
) -> None:
    probed(team, plain)
    probed(team, tuned)
    release = services.release_ask(run=tuned.run, user=alice)
    console = Client()
    console.force_login(reviewer)
    address = reverse("admin:chat_release_changelist")
    form = {"action": "sign", "_selected_action": [release.pk]}
    console.post(address, form)
    release.refresh_from_db()
    assert release.is_asked, "no words, no signature"
    console.post(address, form | {"words": "I read every answer."})
    release.refresh_from_db()
    assert (release.state, release.reviewer) == (Release.State.SIGNED, "rita")
    tuned.run.refresh_from_db()
    assert tuned.run.released_at
