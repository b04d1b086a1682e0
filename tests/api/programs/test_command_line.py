"""`manage.py studio` beside a running site: an upload to the end of its check, and talks."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.api.conftest import BASE, ROOT, Site, dialogues

GRAVE = "I want to kill myself tonight"


@pytest.fixture(scope="module")
def agreed(site: Site) -> None:
    site.python(
        "from chat.consent.services import consent_give\n"
        "from finetune.models import User\n"
        "consent_give(user=User.objects.get(username='alice'), language='en')"
    )


def studio(site: Site, *arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", "studio", *arguments],
        cwd=ROOT,
        env=site.environment,
        input=typed,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )


def test_an_upload_waits_for_its_check(site: Site, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.jsonl", tmp_path / "bad.jsonl"
    good.write_bytes(dialogues(12))
    bad.write_bytes(b'{"a": 1}\n{"a": 2}\n')
    done = studio(site, "datasets", "upload", str(good), "--wait", "--user", "alice", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["status"] == "processed"
    done = studio(site, "datasets", "upload", str(bad), "--wait", "--user", "alice")
    assert done.returncode == 1
    assert "failed" in done.stdout


def test_what_was_typed_wrong(site: Site) -> None:
    for arguments in (["runs"], ["runs", "start"], ["runs", "list", "--limit", "0"]):
        done = studio(site, *arguments)
        assert (done.returncode, done.stdout) == (64, ""), arguments
        assert "usage: " in done.stderr
    assert "There is no administrator yet" in studio(site, "runs", "list").stderr


def test_nobody_is_talked_to_without_consent(site: Site) -> None:
    done = studio(site, "chat", BASE, "--user", "bob", typed="Hello\n")
    assert done.returncode == 1
    assert "bob has not agreed yet" in done.stderr
    assert "Hello" not in done.stdout


@pytest.mark.usefixtures("agreed")
def test_a_talk_shows_the_card_and_a_reviewed_reply(site: Site) -> None:
    """No words of the tiny model pass the gate; to a person in danger the library answers."""
    done = studio(site, "chat", BASE, "--user", "alice", "--country", "nz", typed=f"{GRAVE}\n")
    assert done.returncode == 0, done.stderr
    notice, card = done.stdout.index("This is an AI"), done.stdout.index("┃ ")
    assert notice < card < done.stdout.index("SmolLM2 135M Instruct: ")
    assert "1737" in done.stdout  # New Zealand's line
    assert "111" in done.stdout


@pytest.mark.usefixtures("agreed")
def test_a_talk_as_objects(site: Site) -> None:
    typed = f"{GRAVE}\n   \nAre you a person?\n"
    done = studio(site, "chat", BASE, "--user", "alice", "--json", typed=typed)
    first, second = [json.loads(line) for line in done.stdout.splitlines()]
    assert first["said"] == GRAVE
    assert first["reply"]
    assert first.get("card") or first["quiet"]
    assert second["said"] == "Are you a person?"
    assert second["reply"]
    kept = site.python(
        "from chat.models import Conversation, Message\n"
        "print(Conversation.objects.count(), Message.objects.count())"
    )
    assert kept.split() == ["0", "0"]


def test_whom_nobody_can_talk_to(site: Site) -> None:
    done = studio(site, "chat", "nobody", "--user", "alice")
    assert (done.returncode, done.stderr) == (1, "No such model: 'nobody'.\n")
    done = studio(site, "chat", BASE, "--user", "alice", "--country", "qq")
    assert "No help lines are known" in done.stderr
