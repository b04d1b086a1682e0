"""Tasks of lm-evaluation-harness that this site offers: YAML files in one folder of the operator's.

Such a file may name code, which the harness runs. So nobody else hands one in: a person chooses a
name. Here only the names are read; the files are opened in the process of an evaluation.
"""

from __future__ import annotations

import logging
import re
from pathlib import Path

from django.conf import settings

log = logging.getLogger(__name__)
NAME = re.compile(r"""^task:[ \t]*["']?([\w.-]{1,80})["']?[ \t]*(?:#.*)?$""", re.MULTILINE)


def tasks_folder() -> Path | None:
    """The operator's folder; None where none is named."""
    return Path(settings.HARNESS_TASKS).absolute() if settings.HARNESS_TASKS else None


def tasks_offered() -> list[str]:
    """The names of the tasks in that folder, sorted. Folders within it hold what its files use."""
    folder, names = tasks_folder(), set()
    for path in folder.glob("*.yaml") if folder else ():
        try:
            found = NAME.search(path.read_text(encoding="utf-8", errors="replace"))
        except OSError as error:
            log.warning("no task is offered of %s: %s", path, error)
            continue
        if found:
            names.add(found[1])
    return sorted(names)
