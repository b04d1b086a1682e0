"""What the tests need beside packages, fetched once into `var/`: a base model, the encoder."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "var" / "base-models" / "smollm2-135m-instruct"
ENCODERS = ROOT / "var" / "encoders"


def python(*arguments: str) -> None:
    done = subprocess.run([sys.executable, "-m", *arguments], cwd=ROOT, check=False)
    if done.returncode:
        sys.exit(done.returncode)


if __name__ == "__main__":
    if not (TARGET / "config.json").is_file():
        python("finetune.bases.files.fetch", str(TARGET))
    python("chat.engine.judging.sources", str(ENCODERS))  # does nothing where it is
