"""How a run computes, decided before its first step and kept in its folder.

Another number format, or another number of threads, which sum in another order, gives other last
digits. So a trainer that goes on with a run takes what the first one chose, also where it would
choose otherwise now: resumed or not, the run ends with the same weights.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

import torch

from finetune.training.loop.head import fused_agrees
from finetune.training.settings import RunSettings
from quantum.processor import usable_cores

from .fused import runs_here
from .precision import AMX, AS_ASKED, AS_BEFORE, Precision, precision_of
from .threads import free_threads

FILE = "computing.json"


@dataclass(frozen=True)
class Computing:
    """What was chosen.

    Attributes:
        precision: `float32` or `bfloat16`.
        why: why that.
        threads: CPU threads.
        fused: whether the output layer and its loss are one kernel (`fused`).
    """

    precision: str
    why: str
    threads: int
    fused: bool = False

    @classmethod
    def of(cls, settings: RunSettings, folder: Path, *, resumed: bool) -> Self:
        """Return what the run's folder says, or choose, and write it there.

        Args:
            settings: the run's.
            folder: its folder.
            resumed: whether it goes on from a checkpoint. Where nothing is kept beside that, an
                earlier version computed it, in float32 and with as many threads as there are cores.

        Raises:
            OSError: the folder cannot be written.
        """
        path = folder / FILE
        try:
            return cls(**json.loads(path.read_text(encoding="utf-8")))
        except (FileNotFoundError, ValueError, TypeError):
            pass  # a new run; what is torn or not ours is chosen again
        device = run_device()
        precision = precision_of(settings.precision, device)
        if resumed and device.type == "cpu" and precision.why == AMX:
            precision = Precision("float32", AS_BEFORE)
        most = torch.get_num_threads()  # OMP_NUM_THREADS, or the physical cores
        threads = settings.threads or (most if resumed else min(most, free_threads()))
        fused = not resumed and fused_agrees(device, precision.dtype())
        chosen = cls(precision.name, precision.why, threads, fused)
        partial = path.with_name(f".{FILE}")
        partial.write_text(json.dumps(asdict(chosen)) + "\n", encoding="utf-8")
        partial.replace(path)
        return chosen

    def take_threads(self, asked: int, processes: int = 1) -> None:
        """Compute with as many threads as are asked for; or the run's, as far as there are cores.

        Args:
            asked: the run's setting; 0 leaves it to the choice.
            processes: of the run, which share them.
        """
        threads = asked or min(self.threads, usable_cores())
        torch.set_num_threads(max(1, threads // processes))

    @property
    def format(self) -> Precision:
        """The number format."""
        return Precision(self.precision, self.why)

    @property
    def fuses(self) -> bool:
        """Whether the output layer and its loss are one kernel here."""
        return self.fused and runs_here(run_device())

    def doubt(self) -> str:
        """Return a warning where this machine does not compute as the run began, or is slow in its
        format, or an empty text."""
        if self.fused and not self.fuses:
            return (
                "This run began with Liger's kernel, which is not here: its last digits will "
                "differ from there on. To have them equal, go on with it where it began."
            )
        if self.precision != "bfloat16":
            return ""
        here = precision_of("auto", run_device())
        if here.name == "bfloat16":
            return ""
        began = self.why != AS_ASKED
        return (
            f"This run computes in bfloat16{', as it began' if began else ''}, but {here.why}, so "
            "it is many times slower here than in float32. "
            + ("Go on with it where it began, or start" if began else "Start")
            + " a new run with the precision auto."
        )


def run_device() -> torch.device:
    """What a trainer of this process computes on."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")
