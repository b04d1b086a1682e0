"""How much of a stranger's file is read, as settings."""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True)
class Limits:
    """Bounds of an examination, and where a chat is cut; each is a whole number of at least 1.

    Attributes:
        max_bytes: largest file.
        max_expanded_bytes: most that comes out of a packed file.
        max_members: most files in an archive.
        max_line_bytes: longest line, JSON element or CSV row.
        max_depth: deepest nesting of JSON.
        max_dialogues: most dialogues in a file.
        max_turns: most messages in a dialogue.
        max_problems: most problems written to `problems.jsonl`; all are counted.
        reported_problems: problems kept in the report itself.
        min_dialogues: fewest usable dialogues a data set needs.
        preview: dialogues shown in the report.
        pause_hours: hours without a message behind which a chat goes on as another dialogue.
    """

    max_bytes: int = 512 * 1024 * 1024
    max_expanded_bytes: int = 4 * 1024 * 1024 * 1024
    max_members: int = 2000
    max_line_bytes: int = 1024 * 1024
    max_depth: int = 32
    max_dialogues: int = 200_000
    max_turns: int = 1000
    max_problems: int = 1_000_000
    reported_problems: int = 100
    min_dialogues: int = 10
    preview: int = 5
    pause_hours: int = 6

    def __post_init__(self) -> None:
        for item in fields(self):
            value = getattr(self, item.name)
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise ValueError(f"{item.name} must be a whole number of at least 1, not {value!r}")
