"""Reading a tree of branches: which versions of a turn there are, and where."""

from __future__ import annotations

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
    newest = versions_list(conversation).annotate(last=Max("messages__turn"))
    tree = {each.pk: each for each in newest}
    if len(tree) < 2 or not numbers:
        return {}
    said, holders = said_in(tree, min(numbers) - 1, max(numbers))
    here = said[conversation.pk]
    found = {}
    for turn in numbers:
        beside = {
            talk[turn]
            for talk in said.values()
            if turn in talk and talk.get(turn - 1) == here.get(turn - 1)
        }
        if turn not in here or len(beside) < 2:
            continue
        order = sorted(beside, key=lambda origin: holders[origin])
        at = order.index(here[turn])
        before, after = (
            address_of(tree[holders[order[place]]], turn) if 0 <= place < len(order) else ""
            for place in (at - 1, at + 1)
        )
        found[turn] = Versions(at + 1, len(order), before, after)
    return found


def said_in(
    tree: Collection[int], first: int, last: int
) -> tuple[dict[int, dict[int, str]], dict[str, int]]:
    """What the person said in each of these conversations: by turn, the id of the message of which
    it is a copy, or its own; and for each such id the conversation that shows it: where it was
    said, or else the oldest one with a copy."""
    said: dict[int, dict[int, str]] = {pk: {} for pk in tree}
    holders: dict[str, int] = {}
    rows = Message.objects.filter(
        conversation__in=tree, role=Message.Role.USER, turn__gte=first, turn__lte=last
    )
    for pk, turn, own, copied in rows.order_by("conversation_id").values_list(
        "conversation_id", "turn", "public_id", "copied_from"
    ):
        origin = copied or own
        said[pk][turn] = origin
        if not copied or origin not in holders:
            holders[origin] = pk
    return said, holders


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
    mine = versions_list(conversation).annotate(last=Max("messages__turn"))
    return mine.filter(pk=conversation.branched_from_id).first()
