"""How the threads of torch and Aer wait for work. Knows nothing of either.

OpenMP's threads spin while they wait, each on a core of its own. On a machine with other work that
takes the core away from whoever has some: a training step took 46 s instead of 5. The library reads
its setting once, when it is loaded, so a program says it before its first `import torch`.
"""

from __future__ import annotations

import os

VARIABLE = "OMP_WAIT_POLICY"


def wait_passively() -> None:
    """Let waiting threads sleep, unless whoever started this program chose otherwise."""
    os.environ.setdefault(VARIABLE, "PASSIVE")
