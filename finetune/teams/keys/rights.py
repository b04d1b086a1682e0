"""What an API key may do: a few scopes, chosen when it is made.

Not to be mixed up with `ApiKey.scope`, which says whether replies pass the gate: that is the
operator's, this is its maker's. Which call needs which of them: `wukongsite/api/scopes.py`.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db import models
from django.utils.translation import gettext_lazy

ALL = "all"  # also what later versions add


class Right(models.TextChoices):
    """The scopes, as the API's errors and documents name them."""

    READ = "read", gettext_lazy("Read: data, reports, runs, results and models")
    DATA = "data", gettext_lazy("Data: upload, fetch, check and change data sets")
    RUNS = "runs", gettext_lazy("Runs: start, stop and change runs, studies and exports")
    CHAT = "chat", gettext_lazy("Chat: talk to models, and have text judged")
    MANAGE = "manage", gettext_lazy("Manage: webhooks, and deleting anything")


SHORT = {
    ALL: gettext_lazy("Everything"),
    Right.READ: gettext_lazy("Read"),
    Right.DATA: gettext_lazy("Data"),
    Right.RUNS: gettext_lazy("Runs"),
    Right.CHAT: gettext_lazy("Chat"),
    Right.MANAGE: gettext_lazy("Manage"),
}


def written(rights: Iterable[str]) -> str:
    """Scopes as the row keeps them: in their order, with spaces between them, as OAuth does.

    Raises:
        ValueError: there is none, or one that is not known.
    """
    chosen = set(rights)
    if chosen == {ALL}:
        return ALL
    if not chosen or chosen - set(Right.values):
        raise ValueError(f"no scopes: {sorted(chosen)}")
    return " ".join(right for right in Right.values if right in chosen)
