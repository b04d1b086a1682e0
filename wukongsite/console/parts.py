"""What the console says about one process or resource."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Part:
    """One process or resource: is it well, and what there is to say about it."""

    name: str
    well: bool
    text: str
    facts: dict[str, Any] = field(default_factory=dict)
