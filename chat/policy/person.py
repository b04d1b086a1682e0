"""Whom a state belongs to: a signed-in person, a user of an API key, later a nameless session."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from finetune.teams.models import ApiKey, User


@dataclass(frozen=True)
class Person:
    """One person, as far as the site can tell people apart.

    Attributes:
        user_id: of a person who is signed in.
        key_id: of the API key that speaks for a person.
        label: for a key what the request's `user` field says (empty: all of them are one person);
            without user and key the id of a session.
    """

    user_id: int | None = None
    key_id: int | None = None
    label: str = ""

    def __post_init__(self) -> None:
        if self.user_id is not None and self.key_id is not None:
            raise ValueError("A person is either signed in or speaks through a key, not both.")
        if self.user_id is None and self.key_id is None and not self.label:
            raise ValueError("A person needs a user, a key, or the id of a session.")

    @property
    def mark(self) -> str:
        """What the state is kept under. A label may be a name or an address: only its hash is."""
        if self.user_id is not None:
            return f"user:{self.user_id}"
        if self.key_id is not None:
            return f"key:{self.key_id}:{hashed(f'{self.key_id}:{self.label.strip()}')}"
        return f"session:{hashed(self.label)}"


def hashed(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def person_of_user(user: User) -> Person:
    return Person(user_id=user.pk)


def person_of_key(key: ApiKey, label: str = "") -> Person:
    """The person behind a request of the API: the key and the request's `user` field."""
    return Person(key_id=key.pk, label=label)


def person_of_session(session: str) -> Person:
    """Somebody without an account, for as long as their session lasts."""
    return Person(label=session)
