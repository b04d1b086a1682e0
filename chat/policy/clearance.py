"""Free generation at an elevated level is a privilege: probes passed, and a reviewer's signature.

Both are about the same files. Another training, another adapter or a changed base has another hash,
and whoever asks then gets a no, without anybody having to take the clearance back.
"""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from chat.policy.exceptions import PolicyRefused
from chat.policy.fingerprints import checkpoint_hash
from chat.policy.models import Clearance
from chat.safety.levels import Level
from finetune.runs.assistants import Assistant
from finetune.teams.audit.services import audit_write
from finetune.teams.models import User

logger = logging.getLogger("chat.policy")

LONGEST_WORDS = 1000


def cleared(assistant: Assistant, level: Level) -> bool:
    """Whether this assistant may write freely to somebody at this level."""
    return level == Level.ORDINARY or level in levels_cleared(assistant)


def levels_cleared(assistant: Assistant) -> frozenset[Level]:
    """The elevated levels that this assistant, as its files are now, is cleared for.

    Of each level the newest probing decides, whichever files and probes it was about: an older one
    that passed does not outlive a newer one that failed or waits for its signature.

    A persona is cleared for none: what was probed is the same files with another instruction.
    """
    if assistant.manner is not None:
        return frozenset()
    newest: dict[int, Clearance] = {}
    for row in Clearance.objects.filter(assistant=assistant.engine_name).order_by(
        "probed_at", "id"
    ):
        newest[row.level] = row
    good = {level: row for level, row in newest.items() if row.passed and row.is_signed}
    if not good:
        return frozenset()
    try:
        now = checkpoint_hash(assistant.engine_name)
    except (OSError, ValueError, KeyError) as error:
        # Somebody waits for a reply: whoever's files cannot be read is not cleared, that is all.
        logger.warning("the files of %s cannot be read", assistant.engine_name, exc_info=error)
        return frozenset()
    return frozenset(Level(level) for level, row in good.items() if row.checkpoint_hash == now)


@transaction.atomic
def probes_record(
    *,
    assistant: str,
    level: Level,
    probe_set_version: str,
    passed: bool,
    checkpoint_hash: str,
    at: datetime | None = None,
) -> Clearance:
    """Note how an assistant's probes for a level went; for whatever runs them.

    The same probes on the same files, passed again, keep the signature; failed, they take it away.
    """
    if level == Level.ORDINARY:
        raise ValueError("Nobody needs a clearance for the ordinary level.")
    if not checkpoint_hash:
        raise ValueError("Probes are about files: `checkpoint_hash` is empty.")
    row, _ = Clearance.objects.select_for_update().update_or_create(
        assistant=assistant,
        level=level,
        checkpoint_hash=checkpoint_hash,
        probe_set_version=probe_set_version,
        defaults={"passed": passed, "probed_at": at or timezone.now()},
    )
    if not passed and row.is_signed:
        unsign(row)
    return row


@transaction.atomic
def clearance_sign(*, clearance: Clearance, reviewer: User, words: str) -> Clearance:
    """A reviewer signs for what the probes have shown, in words of their own."""
    row = Clearance.objects.select_for_update().get(pk=clearance.pk)
    words = " ".join(words.split())
    if not words:
        raise PolicyRefused(
            "Write what you have read and why this assistant may answer at this level.",
            code="no_words",
            field="words",
        )
    if len(words) > LONGEST_WORDS:
        raise PolicyRefused(
            f"These are {len(words)} characters; {LONGEST_WORDS} fit.",
            code="words_too_long",
            field="words",
        )
    if not row.passed:
        raise PolicyRefused(
            "The probes of this level have not been passed, so there is nothing to sign for.",
            code="probes_failed",
        )
    if row.checkpoint_hash != checkpoint_hash(row.assistant):
        raise PolicyRefused(
            "The assistant's files are other ones than those that were probed, or are gone. "
            "Run the probes again.",
            code="other_files",
        )
    row.signed_by, row.signer = reviewer, reviewer.get_username()
    row.signed_at, row.words = timezone.now(), words
    row.save()
    audit_write("policy.signed", row, by=reviewer)
    return row


@transaction.atomic
def clearance_withdraw(*, clearance: Clearance) -> None:
    """Take a signature back; the probes' result stays."""
    unsign(Clearance.objects.select_for_update().get(pk=clearance.pk))
    audit_write("policy.unsigned", clearance)


def unsign(row: Clearance) -> None:
    row.signed_by, row.signer, row.signed_at, row.words = None, "", None, ""
    row.save()
