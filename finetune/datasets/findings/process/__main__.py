"""`python -m finetune.datasets.findings.process FOLDER [PARENT]`: order.json in, result.json out.

Where the worker PARENT is gone, nobody waits for it: it ends.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from pathlib import Path

from finetune.files import write_whole

from .order import RESULT, Order, progress_write


def main(folder: Path, parent: int | None = None) -> int:
    """Examine what the order in `folder` names; the files of places are put beside it."""

    def told(share: float) -> None:
        if parent is not None and os.getppid() != parent:
            sys.exit("The worker that wanted it is gone.")
        progress_write(folder, share)

    sys.modules["torch"] = None  # type: ignore[assignment]  # tokenizers do without; it takes 140 MB
    from .examination import examine

    started = time.monotonic()
    told(0.0)
    findings = examine(Order.read(folder), folder, told)
    result = {
        "findings": [finding.to_dict() for finding in findings],
        "seconds": round(time.monotonic() - started, 1),
        "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
    write_whole(folder / RESULT, json.dumps(result, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else None))
