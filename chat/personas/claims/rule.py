"""What a rule on a persona's words is, and why each kind is refused."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.utils.translation import gettext_lazy

NAME, SHOWN, INSTRUCTION = "name", "shown", "instruction"
EVERYWHERE = (NAME, SHOWN, INSTRUCTION)

REASONS = {
    "human": gettext_lazy(
        "A persona is an AI and says so. It may not pose as a human, as somebody whom the person "
        "knows, or tell of a life of its own. Write how it speaks instead: “Listen warmly and ask "
        "one question at a time.”"
    ),
    "hides_ai": gettext_lazy(
        "A persona may not hide or play down that it is an AI. The site says so at the start and "
        "whenever somebody asks."
    ),
    "professional": gettext_lazy(
        "A persona may not have the title, the trade or the licence of a professional: people in "
        "need would trust it as one. Name it for how it speaks, such as “Warm listener”."
    ),
    "real_person": gettext_lazy(
        "A persona may not bear the name of a real professional. Give it a name of its own."
    ),
    "secrets": gettext_lazy(
        "A persona may not promise or ask for secrecy. Who can read a conversation is said by the "
        "site, and people should be free to tell somebody whom they trust."
    ),
    "safety": gettext_lazy(
        "A persona cannot leave out, switch off or talk around what keeps people safe: the help "
        "lines, the rules and the people who can help stay."
    ),
    "medical": gettext_lazy(
        "A persona may not diagnose, prescribe or give advice on medicines and amounts. That is "
        "for a doctor or a pharmacist."
    ),
    "only_me": gettext_lazy(
        "A persona may not put itself in the place of other people: no partner, no lover, nobody "
        "whom a person needs alone."
    ),
    "harm": gettext_lazy(
        "A persona may not praise, teach or encourage what hurts people, agree with whatever they "
        "believe, or put them down."
    ),
    "unread": gettext_lazy(
        "This is in a language, or has signs, that cannot be checked here. Write it in English or "
        "Chinese; a persona answers in the language that it is written to in."
    ),
}
KINDS = tuple(REASONS)


@dataclass(frozen=True)
class Rule:
    """One pattern of one kind.

    Attributes:
        where: the fields that it reads: the name, what people are shown, the instruction.
        negatable: a negation before it in the same clause takes it away.
        unless: words in the sentence that make it another thing.
    """

    kind: str
    pattern: re.Pattern[str]
    where: tuple[str, ...] = EVERYWHERE
    negatable: bool = True
    unless: re.Pattern[str] | None = None


def rule(
    kind: str,
    pattern: str,
    *,
    where: tuple[str, ...] = EVERYWHERE,
    negatable: bool = True,
    unless: str = "",
) -> Rule:
    if kind not in REASONS:
        raise ValueError(f"There is no kind {kind!r}. Known: {', '.join(KINDS)}.")
    return Rule(
        kind,
        re.compile(pattern, re.VERBOSE),
        where,
        negatable,
        re.compile(unless, re.VERBOSE) if unless else None,
    )


@dataclass(frozen=True)
class Negation:
    """How one language denies.

    Attributes:
        clause_end: what a negation does not reach over.
        denies: the words that deny.
        not_really: words behind a negation that turn it around: “never forget to …”.
        window: characters before a match in which a negation counts.
    """

    clause_end: re.Pattern[str]
    denies: re.Pattern[str]
    not_really: re.Pattern[str]
    window: int

    def denied(self, sentence: str, start: int) -> bool:
        clause = self.clause_end.split(sentence[:start])[-1][-self.window :]
        words = list(self.denies.finditer(clause))
        return bool(words) and not self.not_really.search(clause[words[-1].start() :])
