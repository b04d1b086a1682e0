"""The SDK's process: asked, killed when silent, started again, and tight about keys."""

import json
import logging
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from quantum.backends.base import Batch, JobState
from quantum.backends.sdk import client as module
from quantum.backends.sdk.client import SdkClient, SdkError, close_clients, sdk_client
from quantum.exceptions import BackendMissingError
from quantum.jobs.advance import advance
from quantum.jobs.sqlite_ledger import FileLedger
from tests.doubles.wukong_cloud import WukongDouble
from tests.quantum.backends.wukong_cast import (
    KEY,
    OTHER_KEY,
    backend_at,
    circuit,
    driven,
    needs_sdk,
    planned,
)

pytestmark = needs_sdk
ROOT = Path(__file__).resolve().parents[4]
FLIP = "QINIT 2\nCREG 2\nX q[0]\nMEASURE q[0],c[0]\nMEASURE q[1],c[1]\n"
SLOW = "QINIT 27\nCREG 1\n" + "".join(f"H q[{q}]\n" for q in range(27)) + "MEASURE q[0],c[0]\n"


@pytest.fixture(scope="module")
def client():
    made = SdkClient()
    yield made
    made.close()


def test_local_run_and_restart(client):
    asked = {"texts": [FLIP, FLIP], "shots": 5}
    assert client.call("run_local", 60, **asked) == {"counts": [{"01": 5}, {"01": 5}]}
    first = client.pid
    with pytest.raises(SdkError, match="No answer to 'run_local' within") as caught:
        client.call("run_local", 0.3, texts=[SLOW], shots=1)
    assert caught.value.kind == "timeout"
    assert not psutil.pid_exists(first)
    assert client.call("run_local", 60, **asked)["counts"]
    client._process.kill()
    client._process.wait()
    assert client.call("run_local", 60, **asked)["counts"]


def test_errors_are_told(client):
    with pytest.raises(SdkError, match="Circuit 0") as caught:
        client.call("run_local", 60, texts=["QINIT 1\nCREG 1\nNONSENSE q[0]\n"], shots=1)
    assert caught.value.kind == "bad_circuit"
    with pytest.raises(SdkError, match="without a key"):
        client.call("backends", 60)


def test_killed_in_a_call(client):
    client.call("run_local", 60, texts=[FLIP], shots=1)
    threading.Timer(0.3, client._process.kill).start()
    with pytest.raises(SdkError) as caught:
        client.call("run_local", 60, texts=[SLOW], shots=1)
    assert caught.value.kind == "died"


def test_a_request_that_was_not_read(client, monkeypatch):
    client.call("run_local", 60, texts=[FLIP], shots=1)
    client._process.kill()
    client._process.wait()
    monkeypatch.setattr(client, "_ensure_started", lambda: None)  # it died after this look
    with pytest.raises(SdkError) as caught:
        client.call("run_local", 60, texts=[FLIP], shots=1)
    assert caught.value.kind == "not_sent"


def test_busy_asks_nothing(client):
    client.call("run_local", 60, texts=[FLIP], shots=1)
    with client._lock, pytest.raises(SdkError) as caught:
        client.call("run_local", 0.05, texts=[FLIP], shots=1)
    assert caught.value.kind == "busy"


def test_an_interrupted_call_leaves_no_answer_behind(client, monkeypatch):
    client.call("run_local", 60, texts=[FLIP], shots=1)
    pid = client.pid

    class Interrupted:
        def readline(self):
            raise KeyboardInterrupt

        def close(self):
            pass

    monkeypatch.setattr(client._process, "stdout", Interrupted())
    with pytest.raises(KeyboardInterrupt):
        client.call("run_local", 60, texts=[FLIP] * 2, shots=1)
    assert not psutil.pid_exists(pid)
    assert len(client.call("run_local", 60, texts=[FLIP], shots=1)["counts"]) == 1


def test_missing_sdk(monkeypatch):
    monkeypatch.setattr(module, "sdk_missing", lambda: f"Run: {module.INSTALL}")
    with pytest.raises(BackendMissingError, match=r"pip install -r requirements-wukong\.txt"):
        SdkClient().call("run_local", 60, texts=[FLIP], shots=1)


def test_a_process_that_did_not_start_is_not_asked(monkeypatch):
    made = SdkClient(KEY, "http://127.0.0.1:9")
    with monkeypatch.context() as broken:
        broken.setattr(module, "_START_TIMEOUT", 0.01)
        with pytest.raises(SdkError, match="did not start") as caught:
            made.call("backends", 60)
    assert caught.value.kind == "not_sent"
    assert made.pid is None
    with pytest.raises(SdkError, match="connect"):  # started anew, with its key
        made.call("backends", 60)
    made.close()


def test_one_process_a_key_and_address():
    assert sdk_client(KEY, "http://a") is sdk_client(KEY, "http://a")
    assert sdk_client(KEY, "http://a") is not sdk_client(OTHER_KEY, "http://a")
    assert sdk_client(KEY, "http://a") is not sdk_client(KEY, "http://b")


def test_idle_clients_end_and_are_forgotten():
    used = sdk_client("a-key-that-was-deleted", "http://127.0.0.1:9")
    used.call("run_local", 60, texts=[FLIP], shots=1)
    pid = used.pid
    close_clients(idle=3600)
    assert psutil.pid_exists(pid)
    close_clients()
    assert not psutil.pid_exists(pid)
    assert sdk_client("a-key-that-was-deleted", "http://127.0.0.1:9") is not used


@pytest.mark.parametrize("ending", ["", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"])
def test_it_ends_with_its_parent(ending):
    code = f"""
import threading
from quantum.backends.sdk.client import sdk_client
def work():
    sdk_client().call("run_local", 60, texts=[{FLIP!r}], shots=1)
thread = threading.Thread(target=work)
thread.start()
thread.join()
# The thread that asked first is gone; the process must not go with it.
sdk_client().call("run_local", 60, texts=[{FLIP!r}], shots=1)
print(sdk_client().pid, flush=True)
{ending}
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert done.stdout, done.stderr
    until = time.monotonic() + 5
    while psutil.pid_exists(int(done.stdout)) and time.monotonic() < until:
        time.sleep(0.05)
    assert not psutil.pid_exists(int(done.stdout))


def test_a_forked_child_has_a_process_of_its_own():
    code = f"""
import os
from quantum.backends.sdk.client import sdk_client
ask = lambda: sdk_client().call("run_local", 60, texts=[{FLIP!r}], shots=1)
ask()
mine = sdk_client().pid
if os.fork() == 0:
    ask()
    print(sdk_client().pid != mine, flush=True)
    os._exit(0)
os.wait()
ask()
print(sdk_client().pid == mine)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert done.stdout.split() == ["True", "True"], done.stderr


def test_the_key_stays_in_the_pipe(tmp_path, caplog, capfd, monkeypatch):
    monkeypatch.setenv("WUKONG_API_KEY", KEY)
    caplog.set_level(logging.DEBUG)
    ledger = FileLedger(tmp_path / "jobs.sqlite3")
    told = []
    with WukongDouble() as double:
        backend = backend_at(double.url)
        job = planned(ledger, backend, Batch((circuit(),), 5))
        assert driven(ledger, job, backend).state == JobState.DONE
        helper = psutil.Process(sdk_client(KEY, double.url).pid)
        told += [json.dumps(helper.cmdline()), json.dumps(helper.environ()), repr(backend)]
        told += [repr(sdk_client(KEY, double.url)), repr(backend.capabilities())]
        # A service that repeats the key in its refusal.
        double.fault("submit", "false")
        refused = planned(ledger, backend, Batch((circuit(),), 6))
        refused = advance(ledger, refused.id, backend)
        double.fault("query", "false")
        with pytest.raises(Exception, match="has expired") as caught:
            backend.poll(job.provider_handle("T"))
        told.append(str(caught.value))
    assert "the api key [key] has expired" in refused.message
    told += [str(refused), caplog.text, *capfd.readouterr()]
    told += [
        path.read_bytes().decode(errors="replace") for path in tmp_path.rglob("*") if path.is_file()
    ]
    assert not [text for text in told if KEY in text]
