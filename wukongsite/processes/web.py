"""Start the web process: `python -m wukongsite.processes.web`."""

import os

import uvicorn

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wukongsite.settings")
    from django.conf import settings

    uvicorn.run(
        "wukongsite.asgi:application",
        host=settings.HOST,
        port=settings.PORT,
        log_level="warning",
        log_config=None,  # through the site's own log, which does not repeat a fault
        lifespan="off",
        ws_max_size=2**20,
        proxy_headers=False,  # uvicorn would believe every neighbour; see `wukongsite.http.proxies`
        ws_per_message_deflate=False,  # it would compress one text again for each of its watchers
        timeout_graceful_shutdown=5,
    )
