"""Reading what a person said before the policy first heard of them.

Through the API somebody may come with a whole talk at once, and its last message may be "never
mind". Of somebody who was never raised, the messages before it are read too, each once: what was
read is known for a day by hashes under the site's secret. A lost cache only means reading again.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.core.cache import cache
from django.utils.crypto import salted_hmac

from chat.conversations.models import Conversation
from chat.policy.models import RiskState
from chat.policy.person import Person
from chat.policy.reading import Said, Turns
from chat.safety.detection import Finding, Scores, read
from chat.safety.detection.finding import NOTHING
from chat.safety.levels import Level
from finetune.queue import BROKER_AWAY

NEWEST = 20  # of a person's earlier messages
REMEMBERED_SECONDS = 24 * 3600
TURNS_TOGETHER = 3  # a message means something else behind others


def unread(person: Person, history: Turns, conversation: Conversation | None) -> list[Said]:
    """What a person said in this history and the policy has never read.

    Messages of a kept conversation were read as they were sent. Of somebody whose state was raised
    before nothing is read again: it has had its time, and time is what lowers it.
    """
    own = [at for at, turn in enumerate(history) if turn["role"] == "user"][-NEWEST:]
    if conversation is not None or not own:
        return []
    if RiskState.objects.filter(mark=person.mark, raised_at__isnull=False).exists():
        return []
    said = {
        key_of(person, history[at]["content"], history[:at]): (history[at]["content"], history[:at])
        for at in own
    }
    known = remembered(said)
    return [each for key, each in said.items() if key not in known]


def gravest_of(judged: Iterable[tuple[Said, list[Scores] | None]]) -> Finding:
    """The gravest of what earlier messages say of the person; without scores by the rules alone."""
    found = [read(text, history, scores=scores) for (text, history), scores in judged]
    own = [finding for finding in found if finding.level > Level.ORDINARY]
    return max(own, key=lambda finding: finding.gravity, default=NOTHING)


def remember(person: Person, said: Iterable[Said]) -> None:
    """Note that these were read."""
    keys = [key_of(person, text, history) for text, history in said]
    try:
        cache.set_many(dict.fromkeys(keys, True), REMEMBERED_SECONDS)
    except BROKER_AWAY:
        return  # they are read once more


def remembered(keys: Iterable[str]) -> set[str]:
    try:
        return set(cache.get_many(keys))
    except BROKER_AWAY:
        return set()


def key_of(person: Person, text: str, history: Turns) -> str:
    before = [turn["content"] for turn in history if turn["role"] == "user"][1 - TURNS_TOGETHER :]
    words = "\0".join([person.mark, *before, text])
    mark = salted_hmac("chat.policy.catching_up", words.encode("utf-8", "surrogatepass"))
    return f"policy-read-{mark.hexdigest()}"
