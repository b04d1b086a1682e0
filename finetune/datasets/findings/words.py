"""What the pages say of each finding: its name, and what it does to a run."""

from __future__ import annotations

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

Words = str | Promise
TITLES: dict[str, Words] = {
    "split_leak": gettext_lazy("Nearly the same on both sides"),
    "test_sets": gettext_lazy("In common with test sets"),
    "personal_data": gettext_lazy("Personal data"),
    "unsafe_replies": gettext_lazy("Unsafe replies"),
    "crisis": gettext_lazy("People in danger"),
    "template_fit": gettext_lazy("Chat templates"),
    "equal_replies": gettext_lazy("Equal replies on both sides"),
    "near_duplicates": gettext_lazy("Nearly alike"),
    "languages": gettext_lazy("Languages"),
    "topics": gettext_lazy("Topics that are not held out"),
    "openings": gettext_lazy("Openings that repeat"),
    "unanswered": gettext_lazy("Turns without a reply"),
    "invisible": gettext_lazy("Invisible signs"),
    "control_tokens": gettext_lazy("Control tokens as text"),
    "reply_lengths": gettext_lazy("Very short replies"),
}
EFFECTS: dict[str, Words] = {
    "split_leak": gettext_lazy(
        "%(count)s held-out dialogues have nearly the same one in the training part: the held-out "
        "loss comes out better than the assistant is."
    ),
    "test_sets": gettext_lazy(
        "A run that learns from these has seen passages of %(sets)s: what it scores there says "
        "nothing."
    ),
    "personal_data": gettext_lazy(
        "A run can learn %(kinds)s by heart, and the assistant say it to anybody."
    ),
    "unsafe_replies": gettext_lazy(
        "A run learns to say what the chat holds back (%(kinds)s): more of its replies are "
        "replaced there, and none where it is served elsewhere."
    ),
    "crisis": gettext_lazy(
        "In the chat, what is said here (%(kinds)s) is answered by reviewed words and not by the "
        "model; elsewhere it answers as these dialogues taught it. Read them."
    ),
    "template_fit": gettext_lazy(
        "The chat template of %(bases)s refuses or changes these, and a run leaves them out; or it "
        "has no words for tools, and a run learns them without calls and results."
    ),
    "equal_replies": gettext_lazy(
        "%(count)s held-out dialogues have a reply that is learned word for word: the held-out "
        "loss rewards knowing it by heart."
    ),
    "near_duplicates": gettext_lazy(
        "%(groups)s groups share %(alike)s %% of their words or more: a run learns them as often "
        "as they stand there. None is left out by itself."
    ),
    "languages": gettext_lazy(
        "Most is in %(most)s; what is in another language pulls the assistant towards answering "
        "in it."
    ),
    "topics": gettext_lazy(
        "No held-out dialogue is about this: the held-out loss says nothing of how the assistant "
        "answers it (%(kinds)s). Split again with another seed, or hold some of these out."
    ),
    "openings": gettext_lazy(
        "%(percent)s %% of the replies begin with “%(first)s…”: a run learns it as a habit."
    ),
    "unanswered": gettext_lazy(
        "Nothing is learned from a last turn that nobody answers; two turns of one side in a row "
        "are refused by some chat templates."
    ),
    "invisible": gettext_lazy(
        "They become tokens of their own: a run learns to write what nobody sees, and words with "
        "them inside are other words."
    ),
    "control_tokens": gettext_lazy(
        "They are learned letter by letter, as text: the assistant may write them to people."
    ),
    "reply_lengths": gettext_lazy(
        "Replies have %(median)s words in the middle (%(low)s to %(high)s for nine in ten); those "
        "of up to %(short)s words teach it to break off."
    ),
}
LACKING: Words = gettext_lazy(
    "Most of it is in a language that has next to no words in %(bases)s: what is learned of it "
    "is noise."
)
KINDS: dict[str, Words] = {
    "EMAIL": gettext_lazy("e-mail addresses"),
    "PHONE": gettext_lazy("phone numbers"),
    "ID": gettext_lazy("ids and bank accounts"),
    "CARD": gettext_lazy("card numbers"),
    "ACCOUNT": gettext_lazy("accounts"),
    "IP": gettext_lazy("addresses of machines"),
    "ADDRESS": gettext_lazy("postal addresses"),
    "NAME": gettext_lazy("names"),
    "suicide": gettext_lazy("suicide"),
    "self_harm": gettext_lazy("self-harm"),
    "abuse": gettext_lazy("abuse"),
    "harm_to_others": gettext_lazy("harm to others"),
    "psychosis": gettext_lazy("voices and delusions"),
    "eating": gettext_lazy("eating disorders"),
    "somebody_else": gettext_lazy("worry about somebody else"),
    "death_as_relief": gettext_lazy("death as relief"),
    "encouragement": gettext_lazy("encouragement to harm"),
    "belittling": gettext_lazy("belittling"),
    "blame": gettext_lazy("blame"),
    "method": gettext_lazy("methods"),
    "dose": gettext_lazy("doses"),
    "medication": gettext_lazy("medication"),
    "diagnosis": gettext_lazy("diagnoses"),
    "secrecy": gettext_lazy("secrecy"),
    "human": gettext_lazy("claims to be human"),
    "lived_it": gettext_lazy("claims to have lived it"),
    "restriction": gettext_lazy("eating less"),
    "delusion": gettext_lazy("agreeing with delusions"),
    "only_me": gettext_lazy("only the assistant helps"),
    "promise": gettext_lazy("promises"),
    "note": gettext_lazy("farewell notes"),
    "confront": gettext_lazy("confronting somebody dangerous"),
    "wrong_language": gettext_lazy("another language"),
    "work": gettext_lazy("work"),
    "study": gettext_lazy("school and study"),
    "couple": gettext_lazy("love and marriage"),
    "family": gettext_lazy("family"),
    "friends": gettext_lazy("friends"),
    "loneliness": gettext_lazy("loneliness"),
    "anxiety": gettext_lazy("worry and fear"),
    "low_mood": gettext_lazy("low mood"),
    "sleep": gettext_lazy("sleep"),
    "anger": gettext_lazy("anger"),
    "grief": gettext_lazy("grief"),
    "self_worth": gettext_lazy("self-worth"),
    "trauma": gettext_lazy("violence and trauma"),
    "addiction": gettext_lazy("drinking and addiction"),
    "money": gettext_lazy("money"),
    "health": gettext_lazy("health and treatment"),
    "last": gettext_lazy("the last turn is not answered"),
    "twice_user": gettext_lazy("the person speaks twice in a row"),
    "twice_assistant": gettext_lazy("the assistant speaks twice in a row"),
    "hides": gettext_lazy("invisible signs"),
    "turns": gettext_lazy("signs that turn the order of letters"),
    "refused": gettext_lazy("refused by the template"),
    "changed": gettext_lazy("changed by the template"),
    "without_reply": gettext_lazy("no reply to learn"),
    "too_long": gettext_lazy("too long"),
    "tools": gettext_lazy("without its tools"),
}
# In order of what matters; nothing is to be done about those that are not in MENDED.
ORDER = tuple(TITLES)
MASKED = ("personal_data",)
EXCLUDED = (
    "split_leak",
    "test_sets",
    "personal_data",
    "unsafe_replies",
    "crisis",
    "template_fit",
    "equal_replies",
    "languages",
    "invisible",
)

CHOSEN = ("near_duplicates",)  # a person says which of a group stay
# Those that spoil what a run learns or what is measured of it; the others are worth knowing.
WARNINGS = (
    "split_leak",
    "test_sets",
    "personal_data",
    "unsafe_replies",
    "crisis",
    "template_fit",
    "equal_replies",
)


def kind_words(kind: str) -> str:
    return str(KINDS.get(kind, kind.replace("_", " ")))


def effect_of(name: str, values: dict[str, Any]) -> str:
    """What a finding does to a run, in one sentence."""
    return str(EFFECTS[name]) % values if name in EFFECTS else ""
