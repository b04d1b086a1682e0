"""How soon the web process answers, how much memory it holds, and that it never loads torch.

python benchmarks/web_process.py [--runs 5]
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx
import psutil

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
from tests.live.conftest import free_port  # noqa: E402


def one_start(folder: str) -> tuple[float, float, bool]:
    """Seconds until /health answers, resident memory in MB after some pages, torch loaded?"""
    port = free_port()
    env = {**os.environ, "WUKONG_DATA_DIR": folder, "WUKONG_PORT": str(port)}
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "wukongsite.processes.web"], cwd=ROOT, env=env
    )
    try:
        while True:
            try:
                if httpx.get(f"http://127.0.0.1:{port}/health", timeout=5).is_success:
                    break
            except httpx.HTTPError:
                time.sleep(0.02)
        ready = time.perf_counter() - began
        for path in ("/sign-in/", "/v1/docs", "/v1/openapi.json", "/admin/login/") * 5:
            httpx.get(f"http://127.0.0.1:{port}{path}")
        memory = psutil.Process(process.pid).memory_info().rss / 2**20
        torch = "libtorch" in Path(f"/proc/{process.pid}/maps").read_text()
        return ready, memory, torch
    finally:
        process.terminate()
        process.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as folder:
        env = {**os.environ, "WUKONG_DATA_DIR": folder}
        manage = [sys.executable, "manage.py"]
        subprocess.run([*manage, "migrate", "-v", "0"], cwd=ROOT, env=env, check=True)
        collect = [*manage, "collectstatic", "--noinput", "-v", "0"]
        subprocess.run(collect, cwd=ROOT, env=env, check=True)
        found = [one_start(folder) for _ in range(runs)]
    print(f"ready after    {statistics.median(ready for ready, _, _ in found):.2f} s (median)")
    print(f"memory         {statistics.median(memory for _, memory, _ in found):.0f} MB (median)")
    print(f"torch loaded   {'yes' if any(torch for _, _, torch in found) else 'no'}")


if __name__ == "__main__":
    main()
