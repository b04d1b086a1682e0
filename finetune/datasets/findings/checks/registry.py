"""The checks, in the order in which they are fed."""

from __future__ import annotations

from finetune.datasets.findings.process.finding import Check

from .balance import Lengths, Openings
from .crisis import Crisis, UnsafeReplies
from .equal_replies import EqualReplies
from .invisible import Invisible
from .languages import Languages
from .near_duplicates import NearDuplicates
from .personal_data import PersonalData
from .template import TemplateFit
from .test_sets import TestSets
from .topics import Topics
from .unanswered import Unanswered

CHECKS: tuple[type[Check], ...] = (
    NearDuplicates,
    EqualReplies,
    TestSets,
    PersonalData,
    Crisis,
    UnsafeReplies,
    Languages,
    Topics,
    TemplateFit,
    Openings,
    Lengths,
    Unanswered,
    Invisible,
)
