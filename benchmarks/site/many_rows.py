"""A data folder of a busy site: 10,002 runs of one team among forty, and 2.1 million events.

    python -m benchmarks.site.many_rows FOLDER

Rows go in by bulk inserts, for `benchmarks.site.pages`. Nothing was trained (`made_logs.py`).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.frame import studio_settings
from benchmarks.site.made_logs import WORDS, events_insert, metrics_of, steps_of, words

RUNS, ASSISTANTS, TEAMS = 10_002, 5_000, 40
DATASETS, KEYS, JOBS, EXPERIMENTS, CALIBRATIONS = 3_000, 1_000, 10_000, 1_000, 2_000
CONVERSATIONS, LONG_TURNS, MEMBERS = 5_000, 4_000, 1_000
START = datetime(2026, 1, 1, tzinfo=UTC)
SHAPES = {
    f"model.layers.{layer}.self_attn.{name}": [rows, 576]
    for layer in range(30)
    for name, rows in {"q_proj": 576, "k_proj": 192, "v_proj": 192, "o_proj": 576}.items()
}


def public(kind: str, number: int) -> str:
    return f"{kind}-{hashlib.sha256(f'{kind}{number}'.encode()).hexdigest()[:24]}"


def people_make() -> tuple[Any, list[Any]]:
    """Alice, whose team has almost everything, and thirty-nine smaller teams."""
    from chat.consent.services import consent_give
    from finetune.teams.models import Membership, Team, User

    alice = User.objects.create_superuser("alice", password="a-good-password-1")
    consent_give(user=alice, language="en")
    teams = Team.objects.bulk_create(
        Team(name=f"Team {number:02}", slug=f"team-{number:02}") for number in range(TEAMS)
    )
    people = User.objects.bulk_create(User(username=f"person-{n}") for n in range(MEMBERS))
    owners = [Membership(team=team, user=alice, role="owner") for team in teams]
    Membership.objects.bulk_create(
        owners + [Membership(team=teams[0], user=person) for person in people]
    )
    return alice, teams


def datasets_make(alice: Any, teams: list[Any]) -> list[Any]:
    from finetune.datasets.models import Dataset

    report = {
        "dialogues": 400,
        "turns": 1_600,
        "tokens": 90_000,
        "train": {"dialogues": 360},
        "validation": {"dialogues": 40},
        "problems": [],
        "preview": [{"line": 1, "messages": [{"role": "user", "content": words(60)}] * 4}] * 3,
    }
    return Dataset.objects.bulk_create(
        Dataset(
            public_id=public("file", number),
            team=teams[0] if number < DATASETS * 0.9 else teams[number % TEAMS],
            created_by=alice,
            name=f"{words(3)} {number}",
            filename=f"dialogues-{number}.jsonl",
            bytes=400_000,
            state="ready",
            report=report,
        )
        for number in range(DATASETS)
    )


def runs_make(alice: Any, teams: list[Any], base: Any, datasets: list[Any]) -> list[Any]:
    """Alice's team has 10,002 runs, of which 5,000 can be talked to; the others have some."""
    from finetune.runs.models import Run
    from finetune.training.presets import PRESETS
    from finetune.training.settings import RunSettings

    config = RunSettings.from_dict(PRESETS["quick"].values).completed().to_dict()
    states = ("failed", "cancelled", "succeeded", "paused")
    runs = []
    for number in range(1, RUNS + 1 + 20 * (TEAMS - 1)):
        own = number <= RUNS
        state = states[number % 4] if number > ASSISTANTS else "succeeded"
        if state == "succeeded" and number > ASSISTANTS and own:
            state = "failed"
        if 6_000 < number <= 6_020:
            state = "queued"
        steps = steps_of(number) if own else 5
        at = START + timedelta(minutes=number)
        latest = {**metrics_of(steps, steps), "validation_loss": 3.3, "base_validation_loss": 4.2}
        result = {"base_validation_loss": 4.2, "validation_loss": 3.3, "improvement": 0.9}
        runs.append(
            Run(
                public_id=public("ftjob", number),
                team=teams[0] if own else teams[1 + number % (TEAMS - 1)],
                created_by=alice,
                name=f"{words(2)} {number}",
                base=base,
                dataset=datasets[0],
                suffix="calm",
                preset="quick",
                config=config,
                metadata={"topic": WORDS[number % len(WORDS)]},
                state=state,
                step=steps,
                total_steps=steps,
                trainable_parameters=90_960,
                latest=latest,
                result=result if state == "succeeded" else {},
                error={"message": "The worker was lost."} if state == "failed" else {},
                started_at=at,
                finished_at=at + timedelta(minutes=9) if state in Run.FINISHED else None,
                enqueued_at=at,
            )
        )
    Run.objects.bulk_create(runs, batch_size=500)
    for run, number in zip(runs, range(1, len(runs) + 1), strict=True):
        run.created_at = START + timedelta(minutes=number)  # bulk_create sets it to now
    print(f"  {events_insert(runs):,} events", flush=True)
    Run.objects.bulk_update(runs, ["last_seq", "copied_seq", "created_at"], batch_size=500)
    return runs


def quantum_make(alice: Any, team: Any, runs: list[Any]) -> None:
    from finetune.explorer.models import QuantumExperiment
    from finetune.hardware.models import QuantumCalibration, QuantumJob, QuantumKey
    from quantum.chips.published import published_72

    key = QuantumKey.objects.create(
        team=team, created_by=alice, label="cloud", encrypted="-", last_four="abcd"
    )
    chip = published_72()
    QuantumCalibration.objects.bulk_create(
        QuantumCalibration(
            team=team,
            key=key,
            chip="72",
            fetched_at=START + timedelta(hours=number),
            fingerprint=chip.fingerprint(),
            figures=chip.to_json(),
        )
        for number in range(CALIBRATIONS)
    )
    QuantumExperiment.objects.bulk_create(
        QuantumExperiment(team=team, created_by=alice, name=words(2), spec={}, state="done")
        for _ in range(EXPERIMENTS)
    )
    QuantumJob.objects.bulk_create(
        (
            QuantumJob(
                team=team,
                created_by=alice,
                run=runs[number % 50],
                key=key,
                scope=f"run:{number}",
                fingerprint=hashlib.sha256(str(number).encode()).hexdigest(),
                backend="wukong",
                chip="72",
                state=("done", "failed", "cancelled")[number % 3] if number > 9 else "planned",
                circuits=200,
                shots=1_000,
                total_shots=200_000,
                seconds_high=60,
                seconds_used=30,
                payload="{}",
                result=json.dumps({"counts": [{"00": 500, "11": 500}] * 40}),
                created_at=START + timedelta(minutes=number),
                updated_at=START + timedelta(minutes=number),
            )
            for number in range(JOBS)
        ),
        batch_size=500,
    )


def keys_make(alice: Any, team: Any) -> None:
    from finetune.teams.keys.services import digest
    from finetune.teams.models import ApiKey

    ApiKey.objects.bulk_create(
        ApiKey(team=team, user=alice, name=words(2), prefix="sk-wk-abcdef", digest=digest(secret))
        for secret in ["sk-wk-benchmark", *(f"sk-wk-{number}" for number in range(KEYS))]
    )


def talks_make(alice: Any, team: Any, base: Any) -> None:
    """Five thousand conversations of two turns, and one of four thousand."""
    from chat.conversations.models import Conversation, Message

    talks = Conversation.objects.bulk_create(
        Conversation(
            public_id=public("conv", number),
            team=team,
            user=alice,
            title=words(6),
            assistant_a=base.slug,
            title_a=base.title,
            updated_at=START + timedelta(minutes=CONVERSATIONS - number),
        )
        for number in range(CONVERSATIONS)
    )
    Message.objects.bulk_create(
        (
            Message(
                conversation=talk,
                turn=turn,
                role=role,
                side="a" if role == "assistant" else "",
                content=words(30 if role == "user" else 60),
                assistant=base.slug,
                assistant_title=base.title,
            )
            for number, talk in enumerate(talks)
            for turn in range(1, 1 + (2 if number else LONG_TURNS))
            for role in ("user", "assistant")
        ),
        batch_size=500,
    )


def everything_make() -> None:
    from django.core.management import call_command

    from finetune.bases.models import BaseModel

    call_command("migrate", interactive=False, verbosity=0)
    base = BaseModel.objects.create(
        slug="smollm2-135m-instruct",
        title="SmolLM2 135M Instruct",
        source="/nonexistent/base",
        state="ready",
        parameters=134_515_008,
        max_positions=8192,
        shapes=SHAPES,
    )
    alice, teams = people_make()
    runs = runs_make(alice, teams, base, datasets_make(alice, teams))
    quantum_make(alice, teams[0], runs)
    keys_make(alice, teams[0])
    talks_make(alice, teams[0], base)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder.resolve()
    if (folder / "studio.sqlite3").exists():
        raise SystemExit(f"{folder} has a studio in it already. Name a new folder.")
    studio_settings(folder)
    import django

    django.setup()
    began = time.monotonic()
    everything_make()
    print(f"made in {time.monotonic() - began:.0f} s: {folder}")


if __name__ == "__main__":
    main()
