"""Reading a tree of branches: which versions of a turn there are, and where."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Max, Q, QuerySet
from django.urls import reverse

from chat.conversations.models import Conversation, Message

NEAR = 10  # turns from the end within which a talk's page shows a turn without being asked


@dataclass(frozen=True)
class Versions:
    """The place of a message among those said instead of it, and the addresses of its neighbours.

    Attributes:
        number: from 1, in the order in which they were made.
        before, after: addresses; empty at either end.
    """

    number: int
    count: int
    before: str = ""
    after: str = ""


def versions_list(conversation: Conversation, *, deleted: bool = False) -> QuerySet[Conversation]:
    """The conversations of a person's own tree, this one among them, oldest first."""
    family = conversation.family or conversation.public_id
    mine = Conversation.objects.for_user(conversation.user)
    tree = mine.filter(Q(public_id=family) | Q(family=family), deleted_at__isnull=not deleted)
    return tree.order_by("pk")


def versions_of(conversation: Conversation, numbers: Collection[int]) -> dict[int, Versions]:
    """For each of these turns that has several versions, which one this is.

    Versions are different messages of the person after the same one before. A copied message is
    the same as the one it was copied from, so this holds where the talk in between was deleted.
    """
    tree = list(versions_list(conversation).annotate(last=Max("messages__turn")))
    if len(tree) < 2 or not numbers:
        return {}
    origins: dict[int, dict[int, str]] = {each.pk: {} for each in tree}
    owners: dict[str, int] = {}
    rows = Message.objects.filter(
        conversation__in=tree,
        role=Message.Role.USER,
        turn__gte=min(numbers) - 1,
        turn__lte=max(numbers),
    )
    for pk, turn, own, copied in rows.order_by("conversation_id").values_list(
        "conversation_id", "turn", "public_id", "copied_from"
    ):
        origin = copied or own
        origins[pk][turn] = origin
        if not copied or origin not in owners:
            owners[origin] = pk
    members = {each.pk: each for each in tree}
    found = {}
    for turn in numbers:
        here = origins[conversation.pk].get(turn)
        groups: dict[str, int] = defaultdict(int)
        for origin in origins.values():
            is_beside = origin.get(turn - 1) == origins[conversation.pk].get(turn - 1)
            if turn in origin and is_beside:
                groups[origin[turn]] = owners[origin[turn]]
        order = sorted(groups, key=lambda origin: groups[origin])
        if here is None or len(order) < 2:
            continue
        at = order.index(here)
        around = [
            address_of(members[groups[order[beside]]], turn) if 0 <= beside < len(order) else ""
            for beside in (at - 1, at + 1)
        ]
        found[turn] = Versions(at + 1, len(order), *around)
    return found


def address_of(conversation: Conversation, turn: int) -> str:
    """A turn's address; of one that is not among the newest with a page that shows it."""
    url = reverse("conversation", args=[conversation.public_id])
    last = getattr(conversation, "last", None) or turn
    page = f"?before={turn + NEAR}" if last - turn >= NEAR else ""
    return f"{url}{page}#turn-{turn}"


def origin_of(conversation: Conversation) -> Conversation | None:
    """The talk that a branch was made from, where it is still there for its person."""
    if conversation.branched_from_id is None:
        return None
    mine = versions_list(conversation)
    found: Conversation | None = mine.filter(pk=conversation.branched_from_id).first()
    return found
