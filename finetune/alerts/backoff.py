"""How long until the next try, and how many there are.

The schedule of the Standard Webhooks specification, cut where a run's end is no news any more.
"""

from __future__ import annotations

import random
from datetime import timedelta

WAITS = [5.0, 60.0, 300.0, 1_800.0, 7_200.0, 18_000.0, 36_000.0]  # seconds after each failed try
TRIES = len(WAITS) + 1  # within some 18 hours
MAIL_TRIES = 5
SPREAD = 0.1  # so that what failed together does not come back together


def wait_after(tries: int) -> timedelta:
    """The pause after so many failed tries."""
    seconds = WAITS[min(tries, len(WAITS)) - 1]
    return timedelta(seconds=seconds * random.uniform(1, 1 + SPREAD))
