"""An assistant is cleared by probes and a signature about the same files, and by nothing less."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from chat.policy.clearance import (
    clearance_sign,
    clearance_withdraw,
    cleared,
    levels_cleared,
    probes_record,
)
from chat.policy.exceptions import PolicyRefused
from chat.policy.fingerprints import checkpoint_hash
from chat.policy.models import Clearance
from chat.safety.levels import Level
from finetune.bases.publishing import assistant_file

pytestmark = pytest.mark.django_db


@pytest.fixture
def files(tuned: Any, tmp_path: Path) -> Path:
    """The published files of the tuned assistant: a base's folder and an adapter's."""
    for name in ("base", "adapter"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "config.json").write_text("{}")
        (tmp_path / name / "model.safetensors").write_bytes(b"weights of the " + name.encode())
    published = assistant_file(tuned.engine_name)
    published.parent.mkdir(parents=True, exist_ok=True)
    entry = {"base": str(tmp_path / "base"), "adapter": str(tmp_path / "adapter")}
    published.write_text(json.dumps(entry))
    return tmp_path


def probed(assistant: Any, *, level: Level = Level.HIGH, **changes: Any) -> Clearance:
    values: dict[str, Any] = {
        "assistant": assistant.engine_name,
        "level": level,
        "probe_set_version": "1",
        "passed": True,
        "checkpoint_hash": checkpoint_hash(assistant.engine_name),
    }
    return probes_record(**values | changes)


def signed(row: Clearance, reviewer: Any) -> Clearance:
    return clearance_sign(clearance=row, reviewer=reviewer, words="I read all 200 replies.")


def test_both_are_needed(tuned: Any, files: Path, bob: Any) -> None:
    assert not cleared(tuned, Level.HIGH)
    row = probed(tuned)
    assert not cleared(tuned, Level.HIGH)
    signed(row, bob)
    assert cleared(tuned, Level.HIGH)
    assert not cleared(tuned, Level.RAISED)
    assert cleared(tuned, Level.ORDINARY)


def test_nobody_signs_for_probes_that_failed(tuned: Any, files: Path, bob: Any) -> None:
    row = probed(tuned, passed=False)
    with pytest.raises(PolicyRefused) as refusal:
        signed(row, bob)
    assert refusal.value.code == "probes_failed"
    assert not cleared(tuned, Level.HIGH)


@pytest.mark.parametrize("words", ["", "  \n", "x" * 1001])
def test_a_signature_has_words(tuned: Any, files: Path, bob: Any, words: str) -> None:
    with pytest.raises(PolicyRefused):
        clearance_sign(clearance=probed(tuned), reviewer=bob, words=words)
    assert not cleared(tuned, Level.HIGH)


def test_a_row_that_says_signed_without_words_clears_nothing(tuned: Any, files: Path) -> None:
    row = probed(tuned)
    Clearance.objects.filter(pk=row.pk).update(signed_at=timezone.now(), words=" ")
    assert not cleared(tuned, Level.HIGH)


@pytest.mark.parametrize(
    "changed", ["adapter/model.safetensors", "adapter/config.json", "base/model.safetensors"]
)
def test_other_files_are_another_assistant(tuned: Any, files: Path, bob: Any, changed: str) -> None:
    row = signed(probed(tuned), bob)
    (files / changed).write_bytes(b"trained once more")
    assert not cleared(tuned, Level.HIGH)
    with pytest.raises(PolicyRefused) as refusal:
        signed(row, bob)
    assert refusal.value.code == "other_files"


def test_an_assistant_that_was_taken_back_is_not_cleared(tuned: Any, files: Path, bob: Any) -> None:
    signed(probed(tuned), bob)
    assistant_file(tuned.engine_name).unlink()
    assert checkpoint_hash(tuned.engine_name) == ""
    assert not cleared(tuned, Level.HIGH)


@pytest.mark.parametrize("broken", ["no json", "{}", None])
def test_files_that_cannot_be_read_are_not_cleared_and_fail_no_reply(
    tuned: Any, files: Path, bob: Any, broken: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    signed(probed(tuned), bob)
    if broken is None:
        (files / "base" / "model.safetensors").unlink()
        (files / "base" / "model.safetensors").symlink_to("gone")
    else:
        assistant_file(tuned.engine_name).write_text(broken)
        assert not cleared(tuned, Level.HIGH)
        assert "cannot be read" in caplog.text
    assert not cleared(tuned, Level.HIGH)


def test_a_base_on_a_hub_has_no_files_to_clear(plain: Any) -> None:
    published = Path(settings.ASSISTANT_DIR) / f"{plain.engine_name}.json"
    published.parent.mkdir(parents=True, exist_ok=True)
    published.write_text(json.dumps({"base": "somebody/model", "adapter": None}))
    assert checkpoint_hash(plain.engine_name) == ""
    with pytest.raises(ValueError, match="checkpoint_hash"):
        probed(plain)


def test_probes_that_fail_later_end_it(tuned: Any, files: Path, bob: Any) -> None:
    signed(probed(tuned), bob)
    assert not probed(tuned, passed=False).is_signed
    assert not cleared(tuned, Level.HIGH)
    probed(tuned)
    assert not cleared(tuned, Level.HIGH), "passed again, it needs another signature"


def test_the_same_probes_passed_again_keep_the_signature(tuned: Any, files: Path, bob: Any) -> None:
    signed(probed(tuned), bob)
    probed(tuned, at=timezone.now() + timedelta(hours=1))
    assert cleared(tuned, Level.HIGH)


@pytest.mark.parametrize("passed", [True, False])
def test_newer_probes_decide(tuned: Any, files: Path, bob: Any, passed: bool) -> None:
    signed(probed(tuned), bob)
    later = timezone.now() + timedelta(hours=1)
    row = probed(tuned, probe_set_version="2", passed=passed, at=later)
    assert not cleared(tuned, Level.HIGH)
    if passed:
        signed(row, bob)
        assert levels_cleared(tuned) == {Level.HIGH}


def test_a_signature_is_taken_back(tuned: Any, files: Path, bob: Any) -> None:
    row = signed(probed(tuned), bob)
    clearance_withdraw(clearance=row)
    assert not cleared(tuned, Level.HIGH)
    row.refresh_from_db()
    assert row.passed


def test_the_signature_outlives_the_reviewer_s_account(tuned: Any, files: Path, bob: Any) -> None:
    row = signed(probed(tuned), bob)
    bob.delete()
    row.refresh_from_db()
    assert (row.signed_by, row.signer) == (None, "bob")
    assert cleared(tuned, Level.HIGH)


def test_nobody_is_probed_for_the_ordinary_level(tuned: Any, files: Path) -> None:
    with pytest.raises(ValueError, match="ordinary"):
        probed(tuned, level=Level.ORDINARY)
