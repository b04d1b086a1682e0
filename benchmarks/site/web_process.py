"""How soon the web process answers, how much memory it holds, and that it never loads torch.

python -m benchmarks.site.web_process [--runs 5]
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import httpx
import psutil

from benchmarks.frame import answers, processes, studio_prepared, studio_settings
from tests.live.conftest import free_port


def one_start(folder: str) -> tuple[float, float, bool]:
    """Seconds until /health answers, resident memory in MB after some pages, torch loaded?"""
    port = free_port()
    studio_settings(folder, port)
    began = time.perf_counter()
    with processes("wukongsite.processes.web") as (web,):
        while not answers(port):
            time.sleep(0.02)
        ready = time.perf_counter() - began
        for path in ("/sign-in/", "/v1/docs", "/v1/openapi.json", "/admin/login/") * 5:
            httpx.get(f"http://127.0.0.1:{port}{path}")
        memory = psutil.Process(web.pid).memory_info().rss / 2**20
        return ready, memory, "libtorch" in Path(f"/proc/{web.pid}/maps").read_text()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as folder:
        studio_settings(folder)
        studio_prepared()
        starts = [one_start(folder) for _ in range(runs)]
    print(f"ready after    {statistics.median(ready for ready, _, _ in starts):.2f} s (median)")
    print(f"memory         {statistics.median(memory for _, memory, _ in starts):.0f} MB (median)")
    print(f"torch loaded   {'yes' if any(torch for _, _, torch in starts) else 'no'}")


if __name__ == "__main__":
    main()
