"""How a trainer's process ends: what its parent reads, whoever that is."""

from enum import IntEnum


class ExitCode(IntEnum):
    """The exit codes of `python -m finetune.training`."""

    FINISHED = 0
    FAILED = 1
    BAD_CONFIG = 2
    CANCELLED = 3
    PAUSED = 4
    LEFT = 5  # it was told to leave
    HELD = 6  # another trainer works in the folder
