"""`expires_after`: how long a file is kept, as a body and as the fields of a form have it."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from ninja import Field, Form, Schema
from pydantic import BeforeValidator

from finetune.text import as_whole_number

from .errors import ApiError

HOUR, MONTH = 3_600, 30 * 24 * 3_600
MEANING = "Delete the file by itself, so many seconds after it was made."
Seconds = Annotated[int, Field(ge=HOUR, le=MONTH)]


class ExpiresAfter(Schema):
    """How OpenAI's clients say it."""

    model_config = {"extra": "forbid"}

    anchor: Literal["created_at"]
    seconds: Seconds

    @property
    def lifetime(self) -> timedelta:
        return timedelta(seconds=self.seconds)


class ExpiresAfterForm(Schema):
    """The same as two fields of a form; both or neither."""

    anchor: Literal["created_at"] | None = Field(
        None, alias="expires_after[anchor]", description="`created_at`."
    )
    seconds: Annotated[Seconds, BeforeValidator(as_whole_number)] | None = Field(
        None, alias="expires_after[seconds]", description=MEANING
    )

    @property
    def lifetime(self) -> timedelta | None:
        """Raises ApiError: only one of the two is given."""
        if (self.anchor is None) != (self.seconds is None):
            words = "expires_after: give both, `anchor` and `seconds`."
            raise ApiError(400, words, code="invalid_value", param="expires_after")
        return timedelta(seconds=self.seconds) if self.seconds is not None else None


Given = Annotated[ExpiresAfterForm, Form()]
