"""Where a download that is not done lies: a hidden folder beside the one it is to become."""

import shutil
from pathlib import Path


def work_folder(target: Path) -> Path:
    return target.parent / f".{target.name}.download"


def discard(target: Path) -> None:
    """Throw away what came of a download that is not done."""
    shutil.rmtree(work_folder(target), ignore_errors=True)
