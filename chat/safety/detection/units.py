"""The pieces of a message that the heads look at.

Each sentence, since one serious line may stand among many light ones; the whole message, since
sentences lean on each other; and the person's last turns together, since some say it bit by bit.
"""

from collections.abc import Mapping, Sequence

from chat.safety.detection.matching import sentences
from chat.safety.detection.normalising import normalised

TURNS_TOGETHER = 3
MOST_SENTENCES = 48  # a longer message is looked at in as many stretches
LONGEST_UNIT = 600  # characters; what the encoders read is about as much


def units(text: str, history: Sequence[Mapping[str, str]] = ()) -> list[str]:
    """What the heads have to look at for this message; empty for an empty one.

    Args:
        text: the message, as written.
        history: earlier messages, oldest first, each with `role` and `content`.
    """
    plain = normalised(text).strip()
    if not plain:
        return []
    parts = sentences(plain)
    stretch = -(-len(parts) // MOST_SENTENCES)
    looked_at = [" ".join(parts[at : at + stretch]) for at in range(0, len(parts), stretch)]
    if len(looked_at) > 1:
        looked_at.append(" ".join(parts)[-LONGEST_UNIT:])
    before = own_turns(history)
    if before:
        looked_at.append("\n".join([*before, plain])[-LONGEST_UNIT:])
    return looked_at


def own_turns(history: Sequence[Mapping[str, str]]) -> list[str]:
    """The person's last turns before this one, plain, oldest first."""
    own = [turn["content"] for turn in history if turn["role"] == "user"][1 - TURNS_TOGETHER :]
    return [plain for plain in (normalised(content).strip() for content in own) if plain]
