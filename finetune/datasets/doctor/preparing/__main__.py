"""`python -m finetune.datasets.doctor.preparing`: what `apart.py` starts."""

from __future__ import annotations

import os
import sys

from finetune.datasets.doctor.preparing.apart import BUFFER, answer

if __name__ == "__main__":
    try:
        with os.fdopen(os.dup(sys.stdout.fileno()), "wb", BUFFER) as answers:
            os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library may print
            answer(sys.stdin.buffer, answers)
    except BrokenPipeError:  # nobody listens any more
        os._exit(1)
