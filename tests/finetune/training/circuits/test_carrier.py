"""Carrying a run's circuits by hand: caps, failures, Ctrl-C, and the command line with the SDK."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from finetune.training.__main__ import main
from finetune.training.circuits import carrier as carrier_module
from finetune.training.circuits.carrier import LEDGER, Carrier
from finetune.training.circuits.exchange import BATCH, ERROR, FOLDER, RESULT, write
from finetune.training.exceptions import AlreadyRunning
from quantum.adapters.qgs.options import chip_couplers
from quantum.backends.base import Batch, JobState, Result
from quantum.jobs.sqlite_ledger import FileLedger
from tests.conftest import ROOT
from tests.doubles.wukong_chips import patchy_72
from tests.quantum.jobs.cloud import FakeCloud, batch


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(carrier_module, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(carrier_module, "POLL_SECONDS", 0.01)


def asked(run_dir: Path, one: Batch) -> str:
    folder = run_dir / FOLDER
    folder.mkdir(exist_ok=True)
    write(folder / f"{one.fingerprint()}{BATCH}", one.to_json())
    return one.fingerprint()


def carried(run_dir: Path, cloud: FakeCloud, circuits: int, **terms: Any) -> None:
    """Carry until all that is asked for has an answer."""
    names = [path.name.split(".")[0] for path in (run_dir / FOLDER).glob(f"*{BATCH}")]
    wanted = [run_dir / FOLDER / name for name in names]

    def wait() -> None:
        while not all(
            any(path.with_name(path.name + end).exists() for end in (RESULT, ERROR))
            for path in wanted
        ):
            time.sleep(0.01)
        (run_dir / "adapter").mkdir()

    # A carrier takes old refusals back when it starts: wait for that before looking for new ones.
    for old in (run_dir / FOLDER).glob(f"*{ERROR}"):
        old.unlink()
    waiting = threading.Thread(target=wait)
    waiting.start()
    assert Carrier(run_dir, cloud, circuits, **terms).carry()
    waiting.join()
    (run_dir / "adapter").rmdir()


def told(run_dir: Path, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((run_dir / FOLDER / f"{name}{ERROR}").read_text())
    return found


def test_counts_come_back_and_the_agreement_holds_across_restarts(tmp_path: Path) -> None:
    cloud = FakeCloud()
    first, second = asked(tmp_path, batch(1)), batch(2)
    carried(tmp_path, cloud, 3)
    answer = Result.from_json((tmp_path / FOLDER / f"{first}{RESULT}").read_text())
    assert answer.counts == ({"00": 10}, {"00": 10})
    assert answer.raw == "", "the raw reply stays in the ledger"
    name = asked(tmp_path, second)
    carried(tmp_path, cloud, 3)
    assert told(tmp_path, name)["kind"] == "cap"
    assert "--agree-circuits" in told(tmp_path, name)["hint"]
    carried(tmp_path, cloud, 4)
    assert (tmp_path / FOLDER / f"{name}{RESULT}").exists()
    assert cloud.arrived == {first: 1, name: 1}


def test_a_failed_job_is_sent_once_more_only_where_a_person_says_so(tmp_path: Path) -> None:
    cloud = FakeCloud(poll=["failed"])
    name = asked(tmp_path, batch(1))
    for _ in range(2):
        carried(tmp_path, cloud, 10)
        assert told(tmp_path, name)["kind"] == "failed"
        assert "--again" in told(tmp_path, name)["hint"]
    assert cloud.arrived[name] == 1
    carried(tmp_path, cloud, 10, again=True)
    assert (tmp_path / FOLDER / f"{name}{RESULT}").exists()
    assert cloud.arrived[name] == 2
    states = [job.state for job in FileLedger(tmp_path / FOLDER / LEDGER).jobs()]
    assert states == [JobState.FAILED, JobState.DONE]


def test_what_may_have_been_sent_is_never_sent_again(tmp_path: Path) -> None:
    cloud = FakeCloud(submit=["unknown_arrived"])
    name = asked(tmp_path, batch(1))
    carried(tmp_path, cloud, 10)
    carried(tmp_path, cloud, 10, again=True)
    assert "SUBMIT_UNKNOWN" in told(tmp_path, name)["message"].upper()
    assert cloud.arrived[name] == 1


def test_a_file_that_is_no_batch_is_refused(tmp_path: Path) -> None:
    asked(tmp_path, batch(1))
    write(tmp_path / FOLDER / f"{'0' * 64}{BATCH}", "{}")
    carried(tmp_path, FakeCloud(), 10)
    assert told(tmp_path, "0" * 64)["kind"] == "refused"


def test_two_do_not_carry_for_one_run(tmp_path: Path) -> None:
    one, other = Carrier(tmp_path, FakeCloud(), 1), Carrier(tmp_path, FakeCloud(), 1)
    with one._alone(), pytest.raises(AlreadyRunning):
        other.carry()


# -- the command line ----------------------------------------------------------------------------


def test_nothing_is_sent_without_agreement(
    make_run: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    options = {"n_qubits": 3, "shots": 40, "gradient": "spsa"}
    folder = make_run(adapter="qgs", adapter_options=options, backend="wukong", steps=2)
    monkeypatch.setenv("WUKONG_API_KEY", "a-key-of-the-test")
    monkeypatch.setattr("builtins.input", lambda words: "")
    assert main(["carry", str(folder)]) == 3
    said = capsys.readouterr().out
    # Two blocks: 2 at the start, 3 each a step, 2 in the evaluation after the last step.
    assert "16 circuits in 4 batches" in said
    assert "Nothing was sent." in said
    assert not (folder / FOLDER).exists()
    plain = make_run("plain", adapter="qgs", adapter_options={"n_qubits": 3})
    assert main(["carry", str(plain)]) == 2


def test_a_run_on_a_patchy_chip_through_the_sdk_with_ctrl_c_in_between(
    make_run: Callable[..., Path], run_here: Callable[[Path], int]
) -> None:
    pytest.importorskip("pyqpanda3")
    from tests.doubles.wukong_cloud import WukongDouble

    chip = patchy_72()
    with WukongDouble() as double:
        folder = make_run(
            adapter="qgs", backend="wukong", backend_options={"url": double.url}, steps=1,
            adapter_options={"n_qubits": 5, "shots": 20, "gradient": "spsa", "topology": "chip"},
            calibration=chip.to_json(), eval_every=0, sample_tokens=0, warmup_ratio=0.0,
        )  # fmt: skip
        command = [sys.executable, "-m", "finetune.training", "carry", str(folder)]
        environment = {**os.environ, "WUKONG_API_KEY": "a-key-of-the-test"}

        def start() -> subprocess.Popen[bytes]:
            return subprocess.Popen(
                [*command, "--agree-circuits", "30"], cwd=ROOT, env=environment,
                stdout=subprocess.DEVNULL,
            )  # fmt: skip

        codes: list[int] = []

        def carry() -> None:
            carrier = start()
            double.accepted.wait(60)
            carrier.send_signal(signal.SIGINT)
            codes.append(carrier.wait(60))
            codes.append(start().wait(60))

        carrying = threading.Thread(target=carry)
        carrying.start()
        code = run_here(folder)
        carrying.join()
        assert code == 0, (folder / "events.jsonl").read_text()
        assert codes == [3, 0]
        couplers = chip_couplers(chip, 5)
        assert set(double.payloads.values()) == {1}, "nothing was sent twice"
        programs = [text for task in double.tasks.values() for text in programs_of(task.body)]
        assert len(programs) == 2 + 6 + 2
        assert {text.count("CZ ") for text in programs} == {len(couplers)}, "no SWAPs"
    assert "a-key-of-the-test" not in (folder / "events.jsonl").read_text()


def programs_of(body: dict[str, Any]) -> list[str]:
    return list(body["QProg"]) if isinstance(body["QProg"], list) else [body["QProg"]]
