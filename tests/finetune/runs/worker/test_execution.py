"""A worker's hold on a run, with real processes in the trainer's place."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from finetune.runs.models import Run
from finetune.runs.services import run_cancel, run_pause
from finetune.runs.worker import execution, reaping, silence
from finetune.runs.worker.conclusions import SILENT
from finetune.runs.worker.folders import storage_problem
from finetune.runs.worker.hold import claim
from finetune.templatetags.run_words import run_silent_since
from tests.conftest import wait_until
from tests.finetune.runs.test_events import line

pytestmark = pytest.mark.django_db
State = Run.State
OBEDIENT = """
import sys, time
from pathlib import Path
folder = Path(sys.argv[1])
while True:
    (folder / "heartbeat").touch()
    control = folder / "control"
    if control.exists() and (text := control.read_text()):
        (folder / "seen").write_text(text)
        sys.exit({"pause": 4, "cancel": 3}[text])
    time.sleep(0.05)
"""
DEAF = """
import sys, time
from pathlib import Path
while True:
    (Path(sys.argv[1]) / "heartbeat").touch()
    time.sleep(0.05)
"""
STOPPED = """
import os, signal, sys
from pathlib import Path
(Path(sys.argv[1]) / "heartbeat").touch()
os.kill(os.getpid(), signal.SIGSTOP)
"""
HOLDER = """
import fcntl, os, sys, time
from pathlib import Path
with (Path(sys.argv[2]) / "lock").open("a+") as lock:
    fcntl.flock(lock, fcntl.LOCK_EX)
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    print("held", flush=True)
    time.sleep(600)
"""
Hold = Callable[..., execution.Execution]


@pytest.fixture
def hold(run_made: Run, monkeypatch: pytest.MonkeyPatch) -> Hold:
    """Claim the run; its trainer will be a script, and at the first look something happens."""

    def held_with(
        script: str = "", at_look: Callable[[], Any] = lambda: None
    ) -> execution.Execution:
        def start(folder: Path) -> subprocess.Popen[bytes]:
            return subprocess.Popen([sys.executable, "-c", script, str(folder)])

        monkeypatch.setattr(execution, "start", start)
        claimed = claim(run_made.pk, "one")
        assert claimed
        held = execution.Execution(claimed, "one")
        copy, happened = held.copy, []

        def copying() -> None:
            if not happened:
                happened.append(1)
                at_look()
            copy()

        held.copy = copying  # type: ignore[method-assign]
        return held

    return held_with


def carried_out(held: execution.Execution) -> Run:
    held.carry_out()
    return Run.objects.get(pk=held.run.pk)


@pytest.mark.parametrize(
    ("ask", "state", "seen"),
    [(run_cancel, State.CANCELLED, "cancel"), (run_pause, State.PAUSED, "pause")],
)
def test_a_request_reaches_the_trainer(
    hold: Hold, run_made: Run, ask: Any, state: str, seen: str
) -> None:
    run = carried_out(hold(OBEDIENT, lambda: ask(run=run_made, by=None)))
    assert run.state == state
    assert (run.folder / "seen").read_text() == seen
    assert not (run.folder / "control").exists()  # nobody who trains there later is stopped by it


def test_a_trainer_without_a_sign_of_life_is_told_and_ended(
    hold: Hold, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.TRAINER_SILENT_SECONDS = 1
    monkeypatch.setattr(silence, "TELL_SECONDS", 0.3)
    run = carried_out(hold(STOPPED))
    assert run.state == State.QUEUED  # it goes on by itself
    words = [event.message for event in run.events.order_by("seq")]
    assert any("No sign of life from the trainer" in text for text in words)
    assert any("gave no sign of life for 1 s and was ended" in text for text in words)
    assert SILENT not in run.latest


def test_memory_that_ran_out_is_told_with_what_to_change(
    hold: Hold, run_made: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first time it may have been others who held it; the second time it is the run's own."""
    counts = iter(range(10))
    monkeypatch.setattr(execution, "memory_kills", lambda: next(counts))
    killed = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    run = carried_out(hold(killed))
    assert run.state == State.QUEUED
    run = carried_out(hold(killed))
    assert run.state == State.FAILED
    assert run.error["code"] == "out_of_memory"
    assert run.error["message"].startswith("The system ended the trainer because memory ran out.")
    assert run.error["changes"] == {"batch_size": 2, "gradient_accumulation": 2}


def test_a_kill_long_ago_is_no_lack_of_memory(
    run_made: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(execution, "memory_kills", lambda: 3)
    taken = claim(run_made.pk, "one")
    assert taken is not None
    execution.Execution(taken, "one").conclude(-signal.SIGKILL)
    run_made.refresh_from_db()
    assert any("killed (signal 9)" in event.message for event in run_made.events.all())


def test_a_kill_by_hand_is_no_lack_of_memory(hold: Hold, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(execution, "memory_kills", lambda: 3)
    run = carried_out(hold("import os, signal; os.kill(os.getpid(), signal.SIGKILL)"))
    assert run.state == State.QUEUED
    assert any("killed (signal 9)" in event.message for event in run.events.all())


@pytest.mark.parametrize("script", [DEAF, STOPPED])
def test_a_cancel_does_not_wait_for_who_does_not_hear_it(
    hold: Hold, run_made: Run, script: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(silence, "TELL_SECONDS", 0.3)
    monkeypatch.setattr(execution, "HEED_SECONDS", 0.3 if script == DEAF else 600.0)
    run = carried_out(hold(script, lambda: run_cancel(run=run_made, by=None)))
    assert run.state == State.CANCELLED
    assert "was ended. A cancel was waiting: cancelled." in run.events.latest("seq").message


def test_silence_is_shown_until_it_ends(run_made: Run) -> None:
    assert claim(run_made.pk, "one")
    assert not silence.silence_tell(run_made.pk, 2.0, told=False)
    assert silence.silence_tell(run_made.pk, 20.0, told=False)
    run_made.refresh_from_db()
    assert run_silent_since(run_made)
    assert not silence.silence_tell(run_made.pk, 0.0, told=True)
    run_made.refresh_from_db()
    assert run_silent_since(run_made) is None
    assert run_made.events.latest("seq").message == "The trainer is there again."


@pytest.fixture
def holder(run_made: Run) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Somebody who holds the run's folder, and looks like a trainer on it."""
    made: list[subprocess.Popen[bytes]] = []

    def start(*options: str) -> subprocess.Popen[bytes]:
        run_made.folder.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-c", HOLDER, "finetune.training", str(run_made.folder)]
        process = subprocess.Popen([*command, *options], stdout=subprocess.PIPE)
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        made.append(process)
        return process

    yield start
    for process in made:
        process.kill()
        process.communicate()


def test_an_orphan_that_does_not_leave_is_ended(
    hold: Hold, holder: Any, run_made: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(execution, "LEAVE_SECONDS", 0.3)
    orphan = holder("--parent", "1")  # its parent was another than the one it has
    run = carried_out(hold(OBEDIENT, lambda: run_cancel(run=run_made, by=None)))
    wait_until(lambda: orphan.poll() is not None)
    assert run.state == State.CANCELLED
    assert (run.folder / "seen").exists()  # a trainer was started after it


@pytest.mark.parametrize("options", [(), ("--parent", str(os.getpid()))])
def test_a_trainer_that_is_no_orphan_is_waited_for(
    hold: Hold, holder: Any, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...]
) -> None:
    monkeypatch.setattr(execution, "LEAVE_SECONDS", 0.3)
    trainer = holder(*options)
    run = carried_out(hold(OBEDIENT))
    assert trainer.poll() is None
    assert run.state == State.QUEUED
    words = run.events.order_by("-seq")[1].message
    assert f"process {trainer.pid}" in words


def test_a_cancel_does_not_wait_for_the_folder(hold: Hold, holder: Any, run_made: Run) -> None:
    holder()
    held = hold(OBEDIENT)
    run_cancel(run=run_made, by=None)
    run = carried_out(held)
    assert run.state == State.CANCELLED
    assert not (run.folder / "seen").exists()


def test_a_worker_lost_before_it_concludes_doubles_nothing(hold: Hold, run_made: Run) -> None:
    """The trainer had finished; the next one finds that and leaves at once."""
    lines = [line(1), line(2, "result", improvement=0.5), line(3, "state", state="succeeded")]
    first = hold("")
    run_made.folder.mkdir(parents=True, exist_ok=True)
    (run_made.folder / "events.jsonl").write_text("".join(json.dumps(one) + "\n" for one in lines))
    first.copy()  # and then it dies
    Run.objects.filter(pk=run_made.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    reaping.runs_reap()
    run = carried_out(hold(""))
    assert run.state == State.SUCCEEDED
    assert run.events.filter(type="result").count() == 1
    assert run.result["improvement"] == 0.5
    with pytest.raises(execution.LeaseLost):
        first.conclude(0)
    assert run.events.filter(message__startswith="Succeeded.").count() == 1


def test_data_that_is_gone_is_named(hold: Hold, dataset: Any) -> None:
    dataset.train_file.unlink()
    run = carried_out(hold(OBEDIENT))
    assert run.state == State.FAILED
    assert run.error["code"] == "data_gone"
    assert f"“{dataset.name}”" in run.error["message"]
    assert "folder" not in run.error["message"]


@pytest.mark.parametrize(
    ("number", "state"),
    [(errno.ENOSPC, State.QUEUED), (errno.EROFS, State.QUEUED), (errno.EACCES, State.FAILED)],
)
def test_what_passes_is_waited_for(
    hold: Hold, monkeypatch: pytest.MonkeyPatch, number: int, state: str
) -> None:
    def refuse(run: Run) -> None:
        raise OSError(number, os.strerror(number), str(run.folder / "config.json"))

    held = hold()
    monkeypatch.setattr(execution, "folder_prepare", refuse)
    run = carried_out(held)
    assert (run.state, run.lease_owner) == (state, "")


@pytest.mark.parametrize(
    ("number", "code", "words"),
    [
        (errno.ENOSPC, "disk_full", "disk is full"),
        (errno.EROFS, "storage", "cannot be written"),
        (errno.EACCES, "storage", "cannot be written"),
        (errno.ENOENT, "file_gone", "train.jsonl is gone"),
        (errno.EAGAIN, "no_resources", "could not start a trainer"),
        (errno.EIO, "storage", "cannot be used"),
    ],
)
def test_each_fault_of_the_system_has_its_words(number: int, code: str, words: str) -> None:
    told = storage_problem(OSError(number, os.strerror(number), "/secret/place/train.jsonl"))
    assert told[0] == code
    assert words in told[1]
    assert told[2].endswith("its last checkpoint.")
    assert "/secret" not in "".join(told)
