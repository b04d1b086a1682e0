"""How long a metrics event takes from the trainer's clock to the browser's.

    python -m benchmarks.site.event_latency [--steps 60]

Starts a real studio with the tiny base, opens a run's page in Chromium and compares each event's
time (when the trainer wrote it) with the moment the browser got it; both clocks are this machine's.
"""

from __future__ import annotations

import argparse

from playwright.sync_api import sync_playwright

from benchmarks.frame import ROOT, print_spread
from tests.conftest import wait_until
from tests.live.browser import FLAGS, chromium_needed
from tests.live.conftest import SMOLLM2, TINY, studio_started

LISTEN = """
window.arrived = [];
const Plain = window.WebSocket;
window.WebSocket = class extends Plain {
  constructor(...given) {
    super(...given);
    this.addEventListener("message", (message) => {
      const now = Date.now() / 1000;
      const data = JSON.parse(message.data);
      for (const event of data.events ?? []) {
        if (event.type === "metrics") window.arrived.push(now - event.time);
      }
    });
  }
};
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=60)
    steps = parser.parse_args().steps
    base = ROOT / "var" / "base-models" / SMOLLM2
    demo = ROOT / "finetune" / "datasets" / "demo" / "support_dialogues.jsonl"
    with studio_started(base) as studio, sync_playwright() as playwright:
        with studio.client("alice") as client, demo.open("rb") as handle:
            upload = {"files": {"file": ("demo.jsonl", handle)}, "data": {"purpose": "fine-tune"}}
            file = client.post("/files", **upload).raise_for_status().json()
            body = {
                "model": TINY,
                "training_file": file["id"],
                "preset": "quick",
                "steps": steps,
                "sequence_length": 128,
                "sample_tokens": 0,
            }
            job = client.post("/fine_tuning/jobs", json=body).raise_for_status().json()
        browser = playwright.chromium.launch(executable_path=chromium_needed(), args=FLAGS)
        context = browser.new_context(base_url=studio.url)
        cookie = {"name": "sessionid", "value": studio.cookies("alice")["sessionid"]}
        context.add_cookies([{**cookie, "url": studio.url}])
        page = context.new_page()
        page.add_init_script(LISTEN)
        page.goto(f"/runs/{job['id']}/")
        wait_until(lambda: page.evaluate("window.arrived.length") >= steps, seconds=180, every=0.5)
        delays = page.evaluate("window.arrived")
        browser.close()
    print(f"events        {len(delays)}")
    print_spread(delays)


if __name__ == "__main__":
    main()
