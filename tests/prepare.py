"""What the tests need beside packages: the real base model, fetched once into `var/base-models`."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "var" / "base-models" / "smollm2-135m-instruct"

if __name__ == "__main__":
    if not (TARGET / "config.json").is_file():
        command = [sys.executable, "-m", "finetune.bases.files.fetch", str(TARGET)]
        sys.exit(subprocess.run(command, cwd=ROOT, check=False).returncode)
