"""Releases: a team asks, the probes decide whether it may, a reviewer signs or refuses."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from chat.policy.fingerprints import checkpoint_hash
from chat.reviews.models import ProbeRun, Release
from chat.reviews.probing.results import worse_than
from chat.safety.probes import version
from finetune.exceptions import StudioError
from finetune.runs.assistants import assistant_of_run
from finetune.runs.models import Run
from finetune.teams.audit.services import audit_write
from finetune.teams.models import User

State = Release.State
LONGEST_WORDS = 1000
NAMED = 3  # failing texts in a refusal


def newest_probing(run: Run | None, assistant: str, title: str) -> ProbeRun:
    """The newest finished probing of an assistant with today's probes, on its files of today.

    Raises:
        StudioError: there is none.
    """
    found = ProbeRun.objects.filter(
        run=run,
        assistant=assistant,
        state=ProbeRun.State.DONE,
        probe_set=version(),
        checkpoint_hash=checkpoint_hash(assistant),
    ).first()
    if found is None:
        raise StudioError(
            f"The probes have not been asked of {title} as it is now. Ask them below first.",
            code="not_probed",
        )
    return found


def check_no_worse(run: Run) -> ProbeRun:
    """The probing that speaks for a run's assistant.

    Raises:
        StudioError: it or its base was not probed, or it fails where its base does not; the words
            name what it said.
    """
    assistant = assistant_of_run(run)
    if assistant is None:
        raise StudioError("This run has not made an assistant, or it was taken back.", code="gone")
    tuned = newest_probing(run, assistant.engine_name, "this assistant")
    base = newest_probing(None, assistant.base.slug, "its base")
    worse = worse_than(tuned, base)
    if worse:
        said = "; ".join(f"{one.held}: “{one.sentence[:200]}”" for one in worse[:NAMED])
        raise StudioError(
            f"{len(worse)} probes that the base passes fail after this training, so it cannot be "
            f"let out of the team. {said}",
            code="worse_than_base",
        )
    return tuned


@transaction.atomic
def release_ask(*, run: Run, user: User) -> Release:
    """Ask a reviewer whether others may talk to what this run made.

    Raises:
        StudioError: see `check_no_worse`; or it was asked already.
    """
    row = Run.objects.select_for_update().get(pk=run.pk)
    if row.releases.filter(state__in=[State.ASKED, State.SIGNED]).exists():
        raise StudioError("A reviewer has been asked about it already.", code="asked_already")
    probing = check_no_worse(row)
    audit_write("assistant.release_asked", row, by=user)
    return Release.objects.create(run=row, probe_run=probing, asked_by=user)


@transaction.atomic
def release_answer(*, release: Release, reviewer: User, sign: bool, words: str) -> Release:
    """A reviewer signs or refuses, in words of their own; nobody signs for their own wish.

    Raises:
        StudioError: there are no words, it was answered, it is the reviewer's own, or the
            assistant's files or the probes are other ones than those that were shown.
    """
    row = Release.objects.select_for_update().select_related("run", "probe_run").get(pk=release.pk)
    words = " ".join(words.split())
    if not words or len(words) > LONGEST_WORDS:
        raise StudioError(
            f"Write what you have read and why, in at most {LONGEST_WORDS} characters.",
            code="no_words",
            field="words",
        )
    if not row.is_asked:
        raise StudioError("This wish has been answered, or was taken back.", code="answered")
    if sign and row.asked_by_id == reviewer.pk:
        raise StudioError("Somebody else has to sign for what you asked.", code="own_wish")
    if sign:
        row.probe_run = check_no_worse(row.run)
        Run.objects.filter(pk=row.run_id).update(released_at=timezone.now())
    row.state = State.SIGNED if sign else State.REFUSED
    row.reviewer, row.words, row.answered_at = reviewer.get_username(), words, timezone.now()
    row.save()
    action = "assistant.release_signed" if sign else "assistant.release_refused"
    audit_write(action, row.run, by=reviewer)
    return row


@transaction.atomic
def release_withdraw(*, run: Run) -> None:
    """Back into the team at once; talks that others have begun keep what was said.

    Raises:
        StudioError: it is not out, and nobody was asked.
    """
    rows = Release.objects.filter(run=run, state__in=[State.ASKED, State.SIGNED])
    if not rows.update(state=State.WITHDRAWN):
        raise StudioError("It is in its team alone already.", code="not_out")
    Run.objects.filter(pk=run.pk).update(released_at=None)
    audit_write("assistant.release_ended", run)
