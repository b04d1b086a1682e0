"""A study that is killed at random ends with the table of an undisturbed one."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from django.conf import settings

from finetune.bases.models import BaseModel
from finetune.bases.services import base_inspect
from finetune.runs.models import Run
from finetune.studies.design.settings import StudySettings
from finetune.studies.models import Study, StudyScore
from finetune.studies.orders import StudyOrder, shared_settings
from finetune.studies.services import study_create
from finetune.training.settings import RunSettings
from tests.conftest import ROOT, wait_until
from tests.finetune.studies.conftest import OPTIONS, arm_names, set_kept_apart
from tests.production import database_url

pytestmark = [pytest.mark.slow, pytest.mark.processes, pytest.mark.django_db(transaction=True)]
STEPS = 4
KILLS = 8
RATES = [0.003, 0.01, 0.03]


@pytest.fixture
def tiny(tiny_model_dir: Path) -> BaseModel:
    base = BaseModel.objects.create(slug="tiny", title="Tiny Llama", source=str(tiny_model_dir))
    base_inspect(base.pk)
    base.refresh_from_db()
    assert base.state == BaseModel.State.READY, base.problem
    return base


def study_of(team: Any, user: Any, base: BaseModel, dataset: Any, test: Any) -> Study:
    names = arm_names(base)
    shared = RunSettings(
        steps=STEPS, batch_size=2, sequence_length=96, system_prompt="", eval_every=2,
        eval_dialogues=2, save_every=1, sample_tokens=0, precision="float32", threads=1,
    )  # fmt: skip
    study = StudySettings(
        adapter="qtha",
        adapter_options=OPTIONS,
        settings=shared_settings(shared),
        arms=names,
        rates=dict.fromkeys(names, RATES),
        seeds=[1, 2],
        extensions=0,
    )
    return study_create(
        StudyOrder(
            team=team, user=user, base=base, dataset=dataset, test_dataset=test, settings=study
        )
    )


class Workers:
    """Worker processes on the test's database; one that was killed is started again."""

    def __init__(self, count: int) -> None:
        self.env = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.settings",
            "WUKONG_TEST_DATABASE_URL": "",  # the tests' own in its place
            "DATABASE_URL": database_url(),
            "WUKONG_TEST_DATA_DIR": str(settings.DATA_DIR),
            "WUKONG_LEASE_SECONDS": "2",
            "OMP_NUM_THREADS": "1",
        }
        self.log = Path(settings.DATA_DIR) / "workers.txt"
        self.living = [self.start() for _ in range(count)]

    def start(self) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as output:
            return subprocess.Popen(
                [sys.executable, "-m", "tests.finetune.studies.worker_process"],
                cwd=ROOT,
                env=self.env,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def children(self) -> list[psutil.Process]:
        """Trainers and scorers that are at work."""
        found = []
        for worker in self.living:
            try:
                found += psutil.Process(worker.pid).children()
            except psutil.NoSuchProcess:
                continue
        return found

    def kill_worker(self, at: int) -> None:
        self.living[at].kill()
        self.living[at].wait()
        self.living[at] = self.start()

    def stop(self) -> None:
        for worker in self.living:
            worker.send_signal(signal.SIGKILL)
            worker.wait()


@pytest.fixture
def workers() -> Iterator[Workers]:
    made = Workers(2)
    yield made
    made.stop()


def ended(study: Study, workers: Workers) -> bool:
    for worker in workers.living:
        assert worker.poll() is None, workers.log.read_text()[-3000:]
    study.refresh_from_db()
    return study.state in (Study.State.DONE, Study.State.STOPPED)


def errors_of(study: Study) -> list[Any]:
    return [study.problem, *(cell.run.error for cell in study.cells.select_related("run"))]


def command_of(child: psutil.Process) -> str:
    """What it was started with, which names the run; empty once it is gone."""
    try:
        return " ".join(child.cmdline())
    except psutil.NoSuchProcess:
        return ""


def facts(study: Study) -> dict[str, Any]:
    """What a study came to, without what chance of the machine decides: time, memory, energy."""
    timed = {"step_seconds", "processor_seconds", "peak_memory_mb", "joules"}
    return {
        "chosen": study.chosen,
        "results": {
            key: {name: value for name, value in result.items() if name not in timed}
            for key, result in study.results.items()
        },
        "scores": {score.key: score.result for score in study.scores.all()},
    }


def test_a_study_that_is_killed_at_random_ends_with_the_same_table(
    team: Any, alice: Any, tiny: BaseModel, dataset: Any, workers: Workers
) -> None:
    test = set_kept_apart(team, alice)
    calm = study_of(team, alice, tiny, dataset, test)
    wait_until(lambda: ended(calm, workers), seconds=2400, every=0.3)
    assert calm.state == Study.State.DONE, errors_of(calm)
    wanted = facts(calm)
    assert len(wanted["results"]) == 16
    assert len(wanted["scores"]) == 9  # two seeds of four arms, and the base
    assert not any(result["failed"] for result in wanted["results"].values())

    chance = random.Random(11)
    study = study_of(team, alice, tiny, dataset, test)
    killed = {"trainer": 0, "worker": 0}
    times: Counter[str] = Counter()
    until = time.monotonic() + 2400
    while not ended(study, workers):
        assert time.monotonic() < until, (facts(study), workers.log.read_text()[-3000:])
        time.sleep(chance.uniform(0.2, 1.2))
        if sum(killed.values()) >= KILLS:
            continue
        # A run that is lost five times without a step has failed: each is killed twice at most, and
        # the workers are killed twice.
        children = [one for one in workers.children() if times[command_of(one)] < 2]
        if sum(killed.values()) in (2, 5):  # the third and the sixth are workers
            workers.kill_worker(chance.randrange(2))
            killed["worker"] += 1
        elif children:
            try:
                child = chance.choice(children)
                times[command_of(child)] += 1
                child.kill()
                killed["trainer"] += 1
            except psutil.NoSuchProcess:
                continue
    assert study.state == Study.State.DONE, errors_of(study)
    assert killed["worker"]
    assert killed["trainer"] > 2
    assert facts(study) == wanted
    assert study.cells.count() == 16
    assert Run.objects.count() == 32
    assert not study.scores.exclude(state=StudyScore.State.DONE).exists()
    messages = Run.objects.filter(study_cell__study=study, events__message__contains="signal 9")
    assert messages.exists()
