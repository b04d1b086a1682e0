"""The states of a job and the moves between them.

    PLANNED -> SUBMITTING -> SUBMITTED -> QUEUED -> RUNNING -> DONE | FAILED | CANCELLED

and, off the path, SUBMIT_UNKNOWN (sent or not: a person decides) and CONTACT_LOST (asked again
later). Nothing leads from a job that may have been sent back to PLANNED, so nothing is sent twice.
"""

from __future__ import annotations

from collections.abc import Mapping

from quantum.backends.base import JobState

_S = JobState

FINAL = frozenset({_S.DONE, _S.FAILED, _S.CANCELLED})

# The provider has it: polled by task id.
SENT = frozenset({_S.SUBMITTED, _S.QUEUED, _S.RUNNING, _S.CONTACT_LOST})

MOVES: Mapping[JobState, frozenset[JobState]] = {
    _S.PLANNED: frozenset({_S.SUBMITTING, _S.CANCELLED}),
    # Back to PLANNED only where it certainly did not arrive.
    _S.SUBMITTING: frozenset({_S.SUBMITTED, _S.PLANNED, _S.FAILED, _S.SUBMIT_UNKNOWN}),
    # By a person, or by a sender that was slow and not dead after all.
    _S.SUBMIT_UNKNOWN: frozenset({_S.SUBMITTED, _S.FAILED}),
    **{state: (SENT - {_S.SUBMITTED}) | FINAL | {state} for state in SENT},
    **{state: frozenset[JobState]() for state in FINAL},
}


def allowed(before: JobState, after: JobState) -> bool:
    """Whether a job may move so.

    >>> allowed(JobState.SUBMIT_UNKNOWN, JobState.PLANNED)
    False
    """
    return after in MOVES[before]
