"""`manage.py studio`: everything `make run` does after the packages are installed."""

import os
import socket
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from wukongsite.lock import StudioRunning, studio_lock


class Command(BaseCommand):
    help = "Prepare the data folder and run all processes until Ctrl-C."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument(
            "--no-demo", action="store_true", help="Do not queue the demo run on the first start."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            studio_lock(settings.DATA_DIR, settings.SITE_URL)
        except StudioRunning as running:
            where = running.info.get("url", settings.SITE_URL)
            self.stderr.write(
                f"Wukong Studio is running already: {where} "
                f"(process {running.info.get('pid', '?')}). "
                "Stop it with Ctrl-C in its terminal, or set WUKONG_DATA_DIR and WUKONG_PORT."
            )
            sys.exit(1)
        ports_check()
        from wukongsite import setup

        print("Wukong Studio: preparing", flush=True)
        setup.prepare()
        user, link = setup.administrator_make()
        run = None if options["no_demo"] else setup.demo_queue(user)
        banner = [f"Wukong Studio is ready: {settings.SITE_URL}"]
        if link:
            banner.append(f"Sign in as {user.username} (once, within an hour): {link}")
        else:
            banner.append("A new sign-in link: make link")
        if run:
            banner.append("The demo run has been queued: about five minutes on two CPU cores.")
        leave_out = [
            name
            for name, ours in (
                ("valkey", settings.VALKEY_IS_OURS),
                ("engine", settings.ENGINE_IS_OURS),
            )
            if not ours
        ]
        os.environ |= {
            "WUKONG_BANNER": "\n".join(banner),
            "WUKONG_HEALTH": f"http://{settings.HOST}:{settings.PORT}/health",
            "WUKONG_LEAVE_OUT": ",".join(leave_out),
            "PYTHONUNBUFFERED": "1",
        }
        os.chdir(settings.BASE_DIR)
        os.execv(sys.executable, [sys.executable, "-m", "wukongsite.supervisor"])  # noqa: S606


def ports_check() -> None:
    """Refuse early, and in words, where another program holds a port."""
    wanted = [(settings.HOST, settings.PORT, "WUKONG_PORT")]
    if settings.ENGINE_IS_OURS:
        wanted.append(("127.0.0.1", settings.ENGINE_PORT, "WUKONG_ENGINE_PORT"))
    for host, port, name in wanted:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                raise SystemExit(
                    f"Port {port} on {host} cannot be used ({error.strerror}). "
                    f"Choose another: {name}={port + 1} make run"
                ) from None
