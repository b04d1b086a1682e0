"""A run that is left alone: the browser and a webhook are told by the studio's own processes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psutil
import pytest
from standardwebhooks import Webhook as Verifier

from tests.conftest import wait_until
from tests.doubles.webhook_receiver import Receiver, receiving
from tests.live.browser import PATIENCE_MS

pytestmark = [pytest.mark.browser, pytest.mark.processes]

# A headless browser has no place for notifications; what the page asks for is kept instead.
NOTIFICATION = """
window.shown = [];
window.Notification = class {
  static permission = "default";
  static async requestPermission() { return (this.permission = "granted"); }
  constructor(title, options) { window.shown.push([title, options.tag]); }
  addEventListener() {}
  close() {}
};
"""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as told:
        yield told


def webhook(studio: Any, receiver: Receiver) -> dict[str, Any]:
    """A webhook of Alice's for ends of runs."""
    body = {"name": "live", "url": receiver.url, "events": ["run.finished", "run.failed"]}
    with studio.client("alice") as client:
        answer = client.post("/webhooks", json=body)
    assert answer.status_code == 200, answer.text
    made: dict[str, Any] = answer.json()
    return made


def test_browser_and_webhook_are_told(alice_window, studio, launch, receiver):
    made = webhook(studio, receiver)
    alice_window.context.add_init_script(NOTIFICATION)
    page = alice_window.go("/alerts/")
    page.click("[data-alerts]")
    page.wait_for_function("() => window.shown.length === 1")
    assert page.inner_text("[data-alerts]") == "Stop notifying me in this browser"
    job = launch(steps=5)
    page = alice_window.go(f"/runs/{job}/")
    page.evaluate("Notification.permission = 'granted'")  # the double forgets it with its page
    page.wait_for_function(
        "() => window.shown.some(([title]) => title.endsWith('has finished'))", timeout=PATIENCE_MS
    )
    wait_until(lambda: receiver.came)
    [(_, headers, body)] = receiver.came
    message = Verifier(made["secret"]).verify(body, headers)
    assert (message["type"], message["data"]["id"]) == ("run.finished", job)
    page = alice_window.go("/alerts/")
    page.wait_for_selector("#told .badge[data-state=succeeded]")
    with studio.client("alice") as client:
        client.delete(f"/webhooks/{made['id']}")
    alice_window.watch.assert_quiet()


@pytest.mark.slow
def test_a_killed_worker_loses_no_delivery(studio, launch, receiver, ended):
    """Its claim lapses after a minute, here at once; the worker that follows it tries again."""
    made = webhook(studio, receiver)
    receiver.drip = 9.0  # within the sender's ten seconds
    job = launch(steps=2)
    wait_until(lambda: receiver.came)
    [worker] = [
        one
        for one in psutil.Process(studio.process.pid).children(recursive=True)
        if "bases,fetches,exports,alerts" in one.cmdline() and "worker" in one.cmdline()
    ]
    worker.kill()
    receiver.drip = 0.0
    lapsed = studio.manage(
        "from django.utils import timezone\nfrom finetune.models import Delivery\n"
        "claimed = Delivery.objects.filter(webhook__name='live', state='sending')\n"
        "answer = claimed.update(due_at=timezone.now())"
    )
    assert lapsed == 1
    wait_until(lambda: len(receiver.came) == 2)
    ids = {headers["webhook-id"] for _, headers, _ in receiver.came}
    assert len(ids) == 1
    rows = studio.manage(
        "from finetune.models import Delivery\n"
        "answer = list(Delivery.objects.filter(webhook__name='live', "
        f"alert__run__public_id='{job}').values_list('state', 'tries'))"
    )
    assert rows in ([["done", 2]], [["sending", 1]])
    with studio.client("alice") as client:
        client.delete(f"/webhooks/{made['id']}")
