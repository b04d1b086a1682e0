"""How much a message asks of the policy. A level decides who writes; nobody is ever shown one."""

from enum import IntEnum


class Level(IntEnum):
    """The person's state, as routing needs it."""

    ORDINARY = 0
    RAISED = 1  # a passive wish, hopelessness, the middle threshold
    HIGH = 2  # thoughts, method, intent, plan, behaviour; a recent attempt; being harmed
