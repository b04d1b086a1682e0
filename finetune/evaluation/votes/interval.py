"""The interval of a share. Knows nothing of votes or of Django."""

from __future__ import annotations

import math

Z = 1.959963984540054  # two-sided 95 % of a standard normal variable


def wilson(hits: int, of: int) -> tuple[float, float] | None:
    """Wilson's 95 % score interval of a binomial share; None without a trial.

    Source: E. B. Wilson, Probable inference, the law of succession, and statistical inference,
    JASA 22 (1927) 209-212.
    """
    if not of:
        return None
    share, spread = hits / of, Z * Z / of
    middle = (share + spread / 2) / (1 + spread)
    half = Z * math.sqrt(share * (1 - share) / of + spread / (4 * of)) / (1 + spread)
    return max(0.0, middle - half), min(1.0, middle + half)
