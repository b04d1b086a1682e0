"""Times as the API writes them."""

from __future__ import annotations

from datetime import datetime


def moment(at: datetime | None) -> int | None:
    """Whole seconds since 1970; None where it has not come."""
    return int(at.timestamp()) if at else None
