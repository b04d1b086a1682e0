"""The rows behind the site, split by noun."""

from .bases import BaseModel
from .datasets import Dataset
from .quantum import QuantumCalibration, QuantumExperiment, QuantumJob, QuantumKey
from .runs import Run, RunEvent
from .submissions import Submission
from .teams import ApiKey, Invitation, Membership, SignInLink, Team, User

__all__ = [
    "ApiKey",
    "BaseModel",
    "Dataset",
    "Invitation",
    "Membership",
    "QuantumCalibration",
    "QuantumExperiment",
    "QuantumJob",
    "QuantumKey",
    "Run",
    "RunEvent",
    "SignInLink",
    "Submission",
    "Team",
    "User",
]
