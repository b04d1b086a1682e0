"""The rows behind the site, split by noun."""

from .bases import BaseModel
from .datasets import Dataset
from .runs import Run, RunEvent
from .teams import ApiKey, Membership, SignInLink, Team, User

__all__ = [
    "ApiKey",
    "BaseModel",
    "Dataset",
    "Membership",
    "Run",
    "RunEvent",
    "SignInLink",
    "Team",
    "User",
]
