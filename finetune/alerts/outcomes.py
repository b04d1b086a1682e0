"""How a try ended, and its words for the page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy


@dataclass(frozen=True)
class Outcome:
    """How a try ended.

    Attributes:
        problem: a key of `PROBLEMS`; empty where it was delivered.
        detail: what goes into its words.
        status: the receiver's HTTP status, where there was one.
        final: whether another try makes no sense.
    """

    problem: str = ""
    detail: str = ""
    status: int | None = None
    final: bool = False

    @property
    def gone(self) -> bool:
        """The receiver wants nothing any more."""
        return self.status == 410


PROBLEMS: Mapping[str, Any] = {
    "status": gettext_lazy("The receiver answered %(detail)s; 200 to 299 was expected."),
    "gone": gettext_lazy(
        "The receiver answered 410: it wants nothing any more, so the webhook was turned off."
    ),
    "redirect": gettext_lazy(
        "The receiver answered %(detail)s, a redirect, which is not followed. Make a webhook with "
        "the address that it leads to."
    ),
    "private": gettext_lazy(
        "%(detail)s is in this server's own network. An administrator can allow that with "
        "WUKONG_WEBHOOK_PRIVATE_URLS."
    ),
    "unknown_host": gettext_lazy("%(detail)s has no address here."),
    "unreachable": gettext_lazy("No connection: %(detail)s"),
    "timeout": gettext_lazy("No answer within %(detail)s seconds."),
    "sealed": gettext_lazy(
        "Its secret was sealed under another secret of this site. Delete the webhook and make it "
        "again."
    ),
    "left": gettext_lazy("Nobody waits for it any more: turned off, or not in the team now."),
    "lost": gettext_lazy("The worker was lost while it sent. It may have arrived."),
    "no_mail": gettext_lazy("No mail server is set up on this site."),
    "no_mail_address": gettext_lazy(
        "The account's e-mail address cannot be used. An administrator can write another one into "
        "it."
    ),
    "mail": gettext_lazy("The mail server refused it: %(detail)s"),
}


def problem_words(entry: Mapping[str, Any]) -> str:
    """What went wrong in one try of a delivery's log; empty for one that arrived."""
    words = PROBLEMS.get(str(entry.get("problem", "")))
    return "" if words is None else str(words) % {"detail": entry.get("detail", "")}
