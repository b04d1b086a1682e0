"""What the audit log tells of, in plain words: one sentence for each action.

A sentence begins after the person's name. `%(thing)s` is the thing's name; other gaps are filled
from the entry's details. Actions of the chat and of the site's commands stand here too, since one
page shows all.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_lazy, gettext_noop

from .models import AuditEntry

ACTIONS: dict[str, str | Promise] = {
    # signing in: no team's, so operators alone see these
    "sign_in.done": gettext_lazy("signed in"),
    "sign_in.ended": gettext_lazy("signed out"),
    "sign_in.failed": gettext_lazy("failed to sign in as %(thing)s"),
    "sign_in.link_made": gettext_lazy("made a sign-in link for %(thing)s"),
    "sign_in.password": gettext_lazy("changed the password of %(thing)s"),
    # people
    "person.made": gettext_lazy("made the account %(thing)s"),
    "team.made": gettext_lazy("made the team %(thing)s"),
    "member.invited": gettext_lazy("invited %(thing)s as %(role)s"),
    "member.withdrawn": gettext_lazy("withdrew the invitation of %(thing)s"),
    "member.joined": gettext_lazy("joined the team as %(role)s"),
    "member.added": gettext_lazy("put %(thing)s into the team as %(role)s"),
    "member.removed": gettext_lazy("took %(thing)s out of the team"),
    "member.left": gettext_lazy("left the team"),
    "member.role": gettext_lazy("made %(thing)s %(role)s"),
    # keys of the API
    "key.made": gettext_lazy("made the API key %(thing)s (scopes: %(rights)s)"),
    "key.replaced": gettext_lazy(
        "replaced the API key %(thing)s; the old one goes on for %(hours)s hours"
    ),
    "key.revoked": gettext_lazy("revoked the API key %(thing)s"),
    "key.ungated": gettext_lazy("took the safety gate off the API key %(thing)s"),
    "key.gated": gettext_lazy("put the API key %(thing)s behind the safety gate again"),
    # data
    "data.kept": gettext_lazy("added the data set %(thing)s"),
    "data.exported": gettext_lazy("downloaded the data set %(thing)s (%(format)s)"),
    "data.deleted": gettext_lazy("deleted the data set %(thing)s"),
    # runs and studies
    "run.started": gettext_lazy("started the run %(thing)s"),
    "run.cancelled": gettext_lazy("cancelled the run %(thing)s"),
    "run.paused": gettext_lazy("paused the run %(thing)s"),
    "run.resumed": gettext_lazy("resumed the run %(thing)s"),
    "run.requeued": gettext_lazy("queued the run %(thing)s again"),
    "run.deleted": gettext_lazy("deleted the run %(thing)s"),
    "run.exported": gettext_lazy("ordered an export of the run %(thing)s"),
    "work.stopped": gettext_lazy("let workers begin nothing new: %(thing)s"),
    "work.begun": gettext_lazy("let workers begin again"),
    "study.started": gettext_lazy("started the study %(thing)s"),
    "study.deleted": gettext_lazy("deleted the study %(thing)s"),
    # assistants and what guards them
    "assistant.published": gettext_lazy("published the assistant %(thing)s"),
    "assistant.deleted": gettext_lazy("took the assistant %(thing)s out of chat and API"),
    "assistant.release_asked": gettext_lazy("asked to let others talk to %(thing)s"),
    "assistant.release_signed": gettext_lazy("let others talk to %(thing)s"),
    "assistant.release_refused": gettext_lazy("refused to let others talk to %(thing)s"),
    "assistant.release_ended": gettext_lazy("took %(thing)s back into its team"),
    "persona.published": gettext_lazy("published the persona %(thing)s"),
    "persona.retired": gettext_lazy("retired the persona %(thing)s"),
    "persona.returned": gettext_lazy("brought the persona %(thing)s back"),
    "policy.lowered": gettext_lazy("lowered the safety state of %(thing)s"),
    "policy.signed": gettext_lazy("signed that %(thing)s may answer people in a raised state"),
    "policy.unsigned": gettext_lazy("took back the signature for %(thing)s"),
    # outside
    "quantum.key_made": gettext_lazy("added the quantum key %(thing)s"),
    "quantum.key_deleted": gettext_lazy("deleted the quantum key %(thing)s"),
    "quantum.agreed": gettext_lazy(
        "agreed that %(thing)s may send %(circuits)s circuits to a quantum computer"
    ),
    "quantum.cancelled": gettext_lazy("cancelled the quantum job %(thing)s"),
    "webhook.made": gettext_lazy("made the webhook %(thing)s"),
    "webhook.deleted": gettext_lazy("deleted the webhook %(thing)s"),
    # operators
    "console.added": gettext_lazy("added in the console: %(kind)s %(thing)s"),
    "console.changed": gettext_lazy("changed in the console: %(kind)s %(thing)s. %(message)s"),
    "console.deleted": gettext_lazy("deleted in the console: %(kind)s %(thing)s"),
    "backup.made": gettext_lazy("made the backup %(thing)s"),
    "backup.restored": gettext_lazy("brought the backup %(thing)s back"),
    "audit.exported": gettext_lazy("downloaded the audit log"),
    "audit.pruned": gettext_lazy("took %(count)s entries older than %(days)s days out of this log"),
}
GROUPS: dict[str, tuple[str | Promise, tuple[str, ...]]] = {
    "people": (gettext_lazy("People"), ("member.", "team.", "person.")),
    "keys": (gettext_lazy("API keys"), ("key.",)),
    "data": (gettext_lazy("Data"), ("data.",)),
    "runs": (gettext_lazy("Runs and studies"), ("run.", "study.")),
    "assistants": (gettext_lazy("Assistants"), ("assistant.", "persona.", "policy.")),
    "outside": (gettext_lazy("Quantum computers and webhooks"), ("quantum.", "webhook.")),
    "operators": (gettext_lazy("Operators"), ("console.", "work.", "backup.", "audit.")),
}


class Gaps(dict[str, Any]):
    """What fills a sentence; what an older entry does not have is a dash."""

    def __missing__(self, name: str) -> str:
        return "–"


def words_of(entry: AuditEntry) -> str:
    """What was done, as a sentence without its subject."""
    sentence = ACTIONS.get(entry.action)
    thing = f"“{entry.thing}”" if entry.thing else ""
    if sentence is None:  # of a later version
        return f"{entry.action} {thing}".strip()
    gaps = Gaps({name: shown(value) for name, value in entry.details.items()})
    return (str(sentence) % Gaps({**gaps, "thing": thing, "kind": entry.kind})).strip()


ROLES: Mapping[Any, str] = {
    "owner": gettext_noop("an owner"),
    "member": gettext_noop("a member"),
}


def shown(value: Any) -> Any:
    """A detail in the page's language, where it is one of a few words."""
    return gettext(ROLES[value]) if value in ROLES else value
