"""Probings: asked for, carried out by a worker a few probes at a time, resumed, concluded."""

from __future__ import annotations

import asyncio
import logging

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from chat.conversations.prompts import system_prompt
from chat.engine.client import EngineClient, EngineError, EngineUnavailable
from chat.policy.clearance import probes_record
from chat.policy.fingerprints import checkpoint_hash
from chat.reviews.models import LAPSE, ProbeAnswer, ProbeRun
from chat.safety.probes import LANGUAGES, LEVELS, Probe, probes, version
from chat.speech.telling import judge_client
from finetune.exceptions import StudioError
from finetune.queue import enqueue
from finetune.runs.assistants import Assistant
from finetune.teams.models import Team, User

from .asking import Answer, answered
from .results import counts, passes

logger = logging.getLogger("chat.reviews")
State = ProbeRun.State
TOGETHER = 4  # probes that are asked at the same time
OPEN_OF_A_TEAM = 10


@transaction.atomic
def probe_run_start(
    *, team: Team, user: User | None, assistant: Assistant, step: int | None = None
) -> ProbeRun:
    """Queue a probing of an assistant as its files are now.

    Raises:
        StudioError: the same files are being probed, too many wait, or the engine has no such file.
    """
    digest = checkpoint_hash(assistant.engine_name)
    if not digest:
        raise StudioError(
            "The files of this assistant are not there to be probed: it was taken back, or its "
            "checkpoint was removed.",
            code="no_files",
        )
    waiting = ProbeRun.objects.select_for_update().filter(
        team=team, state__in=[State.QUEUED, State.RUNNING]
    )
    if waiting.filter(assistant=assistant.engine_name, checkpoint_hash=digest).exists():
        raise StudioError("This assistant is being probed already.", code="already_probing")
    if waiting.count() >= OPEN_OF_A_TEAM:
        raise StudioError(
            f"{OPEN_OF_A_TEAM} probings of this team wait already. Let them finish first.",
            code="too_many",
        )
    made = ProbeRun.objects.create(
        team=team,
        created_by=user,
        run=assistant.run,
        step=step,
        assistant=assistant.engine_name,
        title=assistant.title[:160],
        system=system_prompt(assistant),
        base=assistant.base.slug,
        probe_set=version(),
        checkpoint_hash=digest,
        total=len(all_probes()),
    )
    enqueue("chat.tasks.probes_run", made.pk)
    return made


def all_probes() -> list[Probe]:
    return [probe for language in LANGUAGES for probe in probes(language)]


def probe_run_cancel(*, probe_run: ProbeRun) -> bool:
    """Stop before the next probes; what was answered stays to be read."""
    rows = ProbeRun.objects.filter(pk=probe_run.pk, state__in=[State.QUEUED, State.RUNNING])
    return bool(rows.update(state=State.CANCELLED, finished_at=timezone.now()))


def probes_run(probe_run_id: int) -> None:
    """Carry out a probing, or go on with one that its worker has left."""
    lapsed = Q(state=State.RUNNING, beat_at__lt=timezone.now() - LAPSE)
    rows = ProbeRun.objects.filter(Q(state=State.QUEUED) | lapsed, pk=probe_run_id)
    if not rows.update(state=State.RUNNING, beat_at=timezone.now(), message=""):
        return
    probe_run = ProbeRun.objects.get(pk=probe_run_id)
    if probe_run.probe_set != version():
        finish(probe_run, State.FAILED, "The probes have changed since. Ask again.")
        return
    try:
        while batch := left(probe_run)[:TOGETHER]:
            if not beat(probe_run):
                return
            keep(probe_run, asyncio.run(answers_to(probe_run, batch)))
    except EngineUnavailable as error:
        logger.warning("%s waits for the engine: %s", probe_run, error)
        words = "Waits for the engine, which does not answer."
        ProbeRun.objects.filter(pk=probe_run.pk, state=State.RUNNING).update(
            state=State.QUEUED, beat_at=timezone.now(), message=words
        )
    except EngineError as error:
        finish(probe_run, State.FAILED, f"The engine refused a probe: {error.message}")
    else:
        conclude(probe_run)


def left(probe_run: ProbeRun) -> list[Probe]:
    done = set(probe_run.answers.values_list("probe", flat=True))
    return [probe for probe in all_probes() if probe.id not in done]


def beat(probe_run: ProbeRun) -> bool:
    """A sign of life; False where it was cancelled or another worker has taken it."""
    rows = ProbeRun.objects.filter(pk=probe_run.pk, state=State.RUNNING)
    return bool(rows.update(beat_at=timezone.now()))


async def answers_to(probe_run: ProbeRun, batch: list[Probe]) -> list[Answer]:
    client = EngineClient(settings.ENGINE_URL, settings.ENGINE_KEY)
    asked = (
        answered(
            probe,
            client=client,
            judge=judge_client(),
            assistant=probe_run.assistant,
            system=probe_run.system,
        )
        for probe in batch
    )
    return list(await asyncio.gather(*asked))


def keep(probe_run: ProbeRun, answers: list[Answer]) -> None:
    rows = [
        ProbeAnswer(
            probe_run=probe_run,
            probe=answer.probe.id,
            language=answer.probe.language,
            level=answer.probe.level,
            kind=answer.probe.kind,
            replies=answer.replies,
            held=answer.held,
            sentence=answer.sentence,
            asks=answer.asks,
            guides=answer.guides,
        )
        for answer in answers
    ]
    ProbeAnswer.objects.bulk_create(rows, ignore_conflicts=True)


@transaction.atomic
def conclude(probe_run: ProbeRun) -> None:
    """Count, and tell the policy for which levels the probes were passed."""
    if probe_run.checkpoint_hash != checkpoint_hash(probe_run.assistant):
        finish(probe_run, State.FAILED, "The assistant's files changed meanwhile. Ask again.")
        return
    table = counts(probe_run.answers.all())
    if not finish(probe_run, State.DONE, result=table):
        return
    for name, level in LEVELS.items():
        probes_record(
            assistant=probe_run.assistant,
            level=level,
            probe_set_version=probe_run.probe_set,
            passed=passes(table, name),
            checkpoint_hash=probe_run.checkpoint_hash,
        )


def finish(
    probe_run: ProbeRun,
    state: str,
    message: str = "",
    result: dict[str, dict[str, int]] | None = None,
) -> bool:
    """End a probing once; False where it has ended before."""
    rows = ProbeRun.objects.filter(pk=probe_run.pk, state=State.RUNNING)
    changes = {"state": state, "message": message[:400], "finished_at": timezone.now()}
    return bool(rows.update(**changes, result=result or {}))


def probes_recheck() -> None:
    """Send again what has no message or has lost its worker or its engine."""
    quiet = timezone.now() - LAPSE
    waiting = Q(state=State.QUEUED) & (Q(beat_at=None) | Q(beat_at__lt=timezone.now() - LAPSE / 8))
    lost = Q(state=State.RUNNING, beat_at__lt=quiet)
    for pk in ProbeRun.objects.filter(waiting | lost).values_list("pk", flat=True)[:20]:
        enqueue("chat.tasks.probes_run", pk, expires=30)


def words_of_probes() -> dict[str, tuple[str, ...]]:
    """The turns of each probe by its id."""
    return {probe.id: probe.turns for probe in all_probes()}
