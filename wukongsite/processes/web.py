"""Start the web process: `python -m wukongsite.processes.web`.

Told to end (SIGTERM, SIGINT), it says on `/readyz` that it is draining and goes on answering for
`WUKONG_DRAIN_SECONDS`, so that what sends it requests has time to see that. Then it takes no
connection more, closes the websockets with 1012 (service restart), on which every page of ours
connects again, and lets requests end that are being answered, for `WUKONG_GRACE_SECONDS`.
"""

from __future__ import annotations

import asyncio
import os
from types import FrameType

import uvicorn


class DrainingServer(uvicorn.Server):
    """Uvicorn's server with a time between the signal and the end; a second signal skips it."""

    def __init__(self, config: uvicorn.Config, drain_seconds: float) -> None:
        super().__init__(config)
        self.drain_seconds = drain_seconds

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        from wukongsite.http.probes import draining

        if self.drain_seconds and not draining.is_set():
            draining.set()
            loop = asyncio.get_running_loop()
            loop.call_later(self.drain_seconds, super().handle_exit, sig, frame)
            return
        draining.set()
        super().handle_exit(sig, frame)


def main() -> None:
    from django.conf import settings

    config = uvicorn.Config(
        "wukongsite.asgi:application",
        host=settings.HOST,
        port=settings.PORT,
        log_level="warning",
        log_config=None,  # through the site's own log, which does not repeat a fault
        lifespan="off",
        ws_max_size=2**20,
        proxy_headers=False,  # uvicorn would believe every neighbour; see `wukongsite.http.proxies`
        ws_per_message_deflate=False,  # it would compress one text again for each of its watchers
        timeout_graceful_shutdown=settings.GRACE_SECONDS,
    )
    DrainingServer(config, settings.DRAIN_SECONDS).run()


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wukongsite.settings")
    main()
