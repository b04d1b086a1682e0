"""The rows behind the site, split by noun."""

from .bases import BaseModel
from .datasets import Dataset
from .experiments import QuantumExperiment
from .quantum import QuantumCalibration, QuantumJob, QuantumKey
from .runs import Run, RunEvent
from .teams import ApiKey, Invitation, Membership, SignInLink, Submission, Team, User

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
