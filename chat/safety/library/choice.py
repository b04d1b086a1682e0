"""Chooses among the reviewed words. The same question gets the same answer, so tests can hold it.

The nearest fit comes first: what the person's text does, then the category and the turn, then what
fits in any of them. Nothing is said again before everything that fits was said, and never twice in
a row.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from zlib import crc32

from chat.safety.levels import Level
from chat.safety.library.moments import EMERGENCY, URGENT, answer_of, moments_of
from chat.safety.library.replies import REPLIES, ReviewedReply, replies_in

STAYS = 4  # replies for which an emergency is still one
COMING = "coming"  # what ends it: medical help was called
UNNAMED = "suicide"  # a risk without a name is asked about openly, as this one is
TOPICS = frozenset(topic for reply in replies_in("en") for topic in reply.categories)
Fits = Callable[[ReviewedReply], bool]


def reply_for(
    *, level: Level, category: str, language: str, said: Sequence[str], text: str = ""
) -> ReviewedReply:
    """What the library says at this level.

    Args:
        level: at `ORDINARY` this is `held_reply`.
        category: of the state; "emergency" is understood too.
        language: zh or anything else, which is answered in English.
        said: ids that were said in this episode, oldest first.
        text: what the person wrote.
    """
    if level == Level.ORDINARY and category != "somebody_else":
        return held_reply(language=language, said=said)
    words = replies_in(language)
    topic = category if category in TOPICS else UNNAMED
    name = "raised" if level == Level.RAISED else "high"
    open_to_it = [
        reply
        for reply in words
        if reply.kind == "reply"
        and reply.level in (name, "any")
        and (not reply.categories or topic in reply.categories)
    ]
    by_id = {reply.id: reply for reply in words}
    spoken = [by_id[name].moment for name in said if name in by_id]
    moments = moments_said(text, by_id.get(said[-1]) if said else None)
    if category == EMERGENCY or goes_on(moments, spoken):
        moments = [*moments, EMERGENCY]
    turn = "later" if said else "first"
    if COMING not in moments and (urgent := URGENT & {*moments}):
        open_to_it = [reply for reply in words if reply.moment in urgent | {EMERGENCY}]
        moments = [moment for moment in moments if moment in urgent] + [EMERGENCY]
        turn = "later" if URGENT & {*spoken} else "first"
    return pick(open_to_it, tiers_of(moments, turn), said, text)


def moments_said(text: str, last: ReviewedReply | None) -> list[str]:
    """What the text does; a bare yes or no is read as an answer to what was asked last."""
    moments = moments_of(text)
    if last is not None and last.moment == "short":  # not twice in a row, only because of "ok"
        moments = [moment for moment in moments if moment != "short"]
    answer = answer_of(last.asks, text) if last else ""
    if not answer or URGENT & {*moments}:
        return moments
    return [answer, *(moment for moment in moments if moment not in (answer, "short", "safe"))]


def answer_to(said: Sequence[str], text: str) -> str:
    """What a bare yes or no says to the last question: "dying", "unsafe", "means", … or nothing.

    For the policy: a yes to "do you think about dying?" has no word in it that a rule could find.
    """
    last = said[-1] if said else ""
    asked = next(
        (reply.asks for words in REPLIES.values() for reply in words if reply.id == last), ""
    )
    return answer_of(asked, text)


def goes_on(moments: Sequence[str], spoken: Sequence[str]) -> bool:
    """Whether an emergency is still one: nobody said yet that medical help comes.

    After a few replies it ends by itself, because it may have been misread.
    """
    urgent = [moment for moment in spoken if moment in URGENT or moment == COMING]
    still = bool(urgent) and urgent[-1] != COMING and bool(URGENT & {*spoken[-2:]})
    return still and len(urgent) < STAYS and COMING not in moments


def tiers_of(moments: Sequence[str], turn: str) -> list[Fits]:
    """What fits best, next, and so on."""

    def does(moment: str, turns: tuple[str, ...]) -> Fits:
        return lambda reply: reply.moment == moment and reply.turn in turns

    tiers = [
        does(moment, turns) for moment in moments for turns in ((turn,), ("", "first", "later"))
    ]
    return [*tiers, does("", (turn,)), does("", ("", "first", "later"))]


def question_for(*, category: str, language: str, said: Sequence[str]) -> ReviewedReply:
    """The open question that closes an uncleared assistant's reply."""
    words = [reply for reply in replies_in(language) if reply.kind == "question"]
    fitting = [reply for reply in words if not reply.categories or category in reply.categories]
    return pick(fitting, [lambda reply: category in reply.categories, anything], said)


def held_reply(*, language: str, said: Sequence[str], sentence_class: str = "") -> ReviewedReply:
    """What is said at an ordinary level where an assistant's drafts were held.

    `sentence_class` is the gate's: a few entries name it as their moment and come first then.
    """
    words = [
        reply
        for reply in replies_in(language)
        if reply.kind == "held" and reply.moment in ("", sentence_class)
    ]

    def near(reply: ReviewedReply) -> bool:
        return bool(reply.moment)

    return pick(words, [near, anything], said)


def ai_answer(language: str, said: Sequence[str]) -> ReviewedReply:
    """The answer to "are you human?"."""
    return pick([r for r in replies_in(language) if r.kind == "ai"], [anything], said)


def quiet_line(language: str, category: str) -> str:
    """One line for a further turn of an episode whose card was shown."""
    words = [reply for reply in replies_in(language) if reply.kind == "quiet"]
    near = [reply for reply in words if category in reply.categories]
    return (near or [reply for reply in words if not reply.categories])[0].text


def anything(reply: ReviewedReply) -> bool:
    return True


def pick(
    fitting: Sequence[ReviewedReply], tiers: Sequence[Fits], said: Sequence[str], text: str = ""
) -> ReviewedReply:
    """The first tier's least said reply, other than the last; which of them depends on the turn."""
    uses = Counter(said)
    allowed = [reply for reply in fitting if any(tier(reply) for tier in tiers)]
    fresh = [reply for reply in allowed if not said or reply.id != said[-1]]
    fewest = min(uses[reply.id] for reply in fresh)
    fresh = [reply for reply in fresh if uses[reply.id] == fewest]
    for tier in tiers:
        nearest = [reply for reply in fresh if tier(reply)]
        if nearest:
            return nearest[(crc32(text.encode()) + len(said)) % len(nearest)]
    raise LookupError("No reviewed reply fits: the library's files are not whole.")
