"""What a tool is: a name, what it takes, what its key needs, and the function that answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from finetune.teams.keys.rights import Right
from finetune.teams.models import ApiKey

LISTED = 20
MOST_LISTED = 100


class Arguments(BaseModel):
    """Nothing but what is named: a misspelt argument is refused."""

    model_config = ConfigDict(extra="forbid")


class ListArguments(Arguments):
    limit: int = Field(LISTED, ge=1, le=MOST_LISTED, description="At most so many.")
    after: str = Field("", max_length=200, description="The last id of the page before.")


@dataclass(frozen=True)
class Tool:
    """One tool.

    Attributes:
        name: what a model calls.
        description: what it does, for the model; one or two sentences.
        arguments: what it takes.
        answer: gets the key and the arguments; what it raises is told in words.
        needs: the scope that a key needs.
        ends: whether something may be lost by it.
    """

    name: str
    description: str
    arguments: type[Arguments]
    answer: Callable[[ApiKey, Any], dict[str, Any]]
    needs: Right = Right.READ
    ends: bool = False
