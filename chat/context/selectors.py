"""Where in a talk the assistant begins to read."""

from __future__ import annotations

from dataclasses import dataclass

from chat.conversations.models import Conversation, Message


@dataclass(frozen=True)
class Edge:
    """The place in a talk above which an assistant reads nothing any more.

    Attributes:
        turn: the first one that it reads.
        side: of a comparison; empty for the only one.
        told: what it is told of the turns above.
    """

    turn: int
    side: str
    told: str


def newest_read(conversation: Conversation, side: str) -> Message | None:
    """The newest reply for which an assistant read the talk."""
    replies = conversation.messages.filter(role=Message.Role.ASSISTANT, side=side)
    return replies.exclude(reads_from=None).order_by("-turn", "-variant").first()


def edges_of(conversation: Conversation) -> dict[int, list[Edge]]:
    """By turn: which assistants begin to read there, where they do not read all."""
    edges: dict[int, list[Edge]] = {}
    for side in conversation.sides:
        newest = newest_read(conversation, side)
        if newest is not None and newest.reads_from is not None and newest.unread_turns:
            edge = Edge(newest.reads_from, side if conversation.compares else "", newest.told)
            edges.setdefault(edge.turn, []).append(edge)
    return edges
