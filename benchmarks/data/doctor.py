"""How fast the first check reads a file, and in how much memory.

    python -m benchmarks.data.doctor FILE [--tokenizer FOLDER] [--together] [--profile]

It runs `examine` as the worker does, and says megabytes a second by the clock, the processor time
of this process and of the one that reads for it, and the largest resident memory of both. The clock
is worth something on idle cores only, so the load of the machine stands beside it.
"""

from __future__ import annotations

import argparse
import cProfile
import os
import pstats
import resource
import tempfile
import time
from pathlib import Path

from finetune.datasets.doctor.examination import examine
from finetune.datasets.doctor.options import Options
from finetune.datasets.reading.limits import Limits


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", type=Path)
    parser.add_argument("--tokenizer", type=Path, help="a tokenizer.json or its folder")
    parser.add_argument("--together", action="store_true", help="all in this process")
    parser.add_argument("--profile", action="store_true", help="where its time goes")
    given = parser.parse_args()
    options = Options(limits=Limits(max_bytes=2**40, max_dialogues=10**9))
    profile = cProfile.Profile() if given.profile else None
    with tempfile.TemporaryDirectory(dir=given.path.parent) as folder:
        before, cpu = time.monotonic(), time.process_time()
        if profile:
            profile.enable()
        out, apart = Path(folder) / "out", not given.together
        report = examine(given.path, out, options, given.tokenizer, apart=apart)
        if profile:
            profile.disable()
        took, worked = time.monotonic() - before, time.process_time() - cpu
    megabytes = report.bytes / 1e6
    others = resource.getrusage(resource.RUSAGE_CHILDREN)
    peaks = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, others.ru_maxrss / 1024
    print(
        f"{megabytes:,.0f} MB, {report.dialogues:,} dialogues, {report.tokens:,} tokens: "
        f"{took:.1f} s ({megabytes / took:.1f} MB/s), processor {worked:.1f} s and "
        f"{others.ru_utime + others.ru_stime:.1f} s, peak {peaks[0]:,.0f} MB and {peaks[1]:,.0f} "
        f"MB, load {os.getloadavg()[0]:.1f}"
    )
    if profile:
        pstats.Stats(profile).sort_stats("tottime").print_stats(25)


if __name__ == "__main__":
    main()
