"""How many devices one run may take, as the workers tell with their signs of life.

The site and its workers may stand on different machines, so the site does not look for itself.
"""

from __future__ import annotations

import json
import time
from pathlib import Path

from django.conf import settings

HEARD_SECONDS = 600.0  # a worker that is started again keeps the form as it was


def devices_reported() -> int:
    """The most that a worker has told of lately; 1 where none has."""
    most, now = 1, time.time()
    for path in (Path(settings.DATA_DIR) / "workers").glob("train*.json"):
        try:
            sign = json.loads(path.read_text())
            if now - float(sign["heard"]) < HEARD_SECONDS:
                most = max(most, int(sign.get("devices", 1)))
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            continue  # the console tells of signs that cannot be read
    return most
