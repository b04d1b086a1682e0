"""Whether a persona's words may be kept: lengths, room for a talk, claims, and the gate."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from asgiref.sync import async_to_sync
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chat.context.window import ENGINE_CONTEXT, estimated_tokens
from chat.personas.claims import REASONS, claim_in
from chat.personas.claims.rule import INSTRUCTION, NAME, SHOWN
from chat.personas.models import LANGUAGES
from chat.personas.wording import greeted, system_text
from chat.safety import assess
from chat.safety.detection import read
from chat.safety.gate import held, judged, sentences
from chat.safety.language import language_of
from chat.safety.levels import Level
from chat.speech.firmness import class_words
from chat.speech.samples import scores_of
from finetune.runs.assistants import Assistant, model_get
from finetune.teams.models import Team
from finetune.training.problems import Problem

LONGEST = {"name": 60, "description": 160, "instruction": 2000, "opening": 300}
WORDS = {
    "name": gettext_lazy("Give it a name."),
    "description": gettext_lazy(
        "Say in one line how it speaks. People read it before they choose."
    ),
    "instruction": gettext_lazy(
        "Write how it speaks. Without an instruction it is the assistant itself."
    ),
}
SHARE = 4  # an instruction may take one of so many parts of what the assistant can read
JUDGE_AWAY = gettext_lazy(
    "The opening line cannot be judged now, since the engine does not answer. Save again in a "
    "moment, or leave the opening line empty."
)
GRAVE = gettext_lazy(
    "An opening line does not speak of death, self-harm or danger: a “yes” to it would be heard by "
    "nobody. Reviewed replies ask about that. Begin with an open question."
)


@dataclass(frozen=True)
class Draft:
    """A persona as somebody wrote it."""

    name: str
    description: str
    assistant: str
    instruction: str
    opening: str
    languages: tuple[str, ...]


def problems_of(draft: Draft, team: Team) -> list[Problem]:
    """What is wrong, one problem a field; the judge is asked only where nothing else is."""
    speaker = model_get(team, draft.assistant) if draft.assistant else None
    found: dict[str, str] = {}
    for field, words in (
        *lengths(draft),
        *choices(draft, speaker),
        *claims(draft),
        *shown_words(draft),
    ):
        found.setdefault(field, words)
    if speaker is not None and "instruction" not in found:
        found |= dict(room(draft, speaker))
    if not found and draft.opening:
        found |= dict(opening_judged(draft.opening))
    return [Problem(field, words) for field, words in found.items()]


def lengths(draft: Draft) -> Iterator[tuple[str, str]]:
    for field, longest in LONGEST.items():
        text = str(getattr(draft, field))
        if not text and field in WORDS:
            yield field, str(WORDS[field])
        if len(text) > longest:
            words = _("This is %(number)s characters long; %(longest)s fit. Shorten it.")
            yield field, words % {"number": f"{len(text):,}", "longest": f"{longest:,}"}


def choices(draft: Draft, speaker: Assistant | None) -> Iterator[tuple[str, str]]:
    if speaker is None:
        yield "assistant", _("Choose a base model or a finished run of your team that speaks.")
    if not draft.languages:
        yield "languages", _("Choose the language, or both, that it speaks.")
    language = language_of(draft.opening)
    if draft.opening and language in LANGUAGES and language not in draft.languages:
        words = _("The opening line is in %(language)s. Choose that, too.")
        yield "languages", words % {"language": LANGUAGES[language]}


def claims(draft: Draft) -> Iterator[tuple[str, str]]:
    """What the persona may not be or be told."""
    for field, where in (
        ("name", NAME),
        ("description", SHOWN),
        ("instruction", INSTRUCTION),
        ("opening", SHOWN),
    ):
        claim = claim_in(str(getattr(draft, field))[: LONGEST[field]], where)
        if claim is not None:
            words = _("“%(sentence)s” cannot be kept.") % {"sentence": shortened(claim.sentence)}
            yield field, f"{words} {REASONS[claim.kind]}"


def shown_words(draft: Draft) -> Iterator[tuple[str, str]]:
    """The gate's rules on what people read, and what no opening line may be about."""
    for field in ("description", "opening"):
        if refusal := gate_refusal(str(getattr(draft, field))[: LONGEST[field]], None):
            yield field, refusal
    opening = draft.opening[: LONGEST["opening"]]
    danger = read(opening).level > Level.ORDINARY or assess(opening, role="assistant")
    if opening and danger:
        yield "opening", str(GRAVE)


def room(draft: Draft, speaker: Assistant) -> Iterator[tuple[str, str]]:
    """Whether the talk itself still fits beside the whole system text."""
    context = min(speaker.base.max_positions or ENGINE_CONTEXT, ENGINE_CONTEXT)
    most = (context - settings.CHAT_MAX_TOKENS) // SHARE
    text = system_text(draft.instruction)
    tokens = estimated_tokens(text) + (
        estimated_tokens(greeted(draft.opening)) if draft.opening else 0
    )
    if tokens > most:
        yield (
            "instruction",
            _(
                "With the site's own line this takes about %(tokens)s tokens, and %(name)s has "
                "room for %(most)s beside a conversation. Shorten it."
            )
            % {"tokens": f"{tokens:,}", "name": speaker.title, "most": f"{most:,}"},
        )


def opening_judged(opening: str) -> Iterator[tuple[str, str]]:
    """The gate that every sentence of a reply passes, with the judge's scores."""
    parts = sentences(opening)
    texts = [judged(part, before) for before, part in zip(["", *parts], parts, strict=False)]
    scores = async_to_sync(scores_of)(texts)
    if scores is None:
        yield "opening", str(JUDGE_AWAY)
    elif refusal := gate_refusal(opening, scores):
        yield "opening", refusal


def gate_refusal(text: str, scores: list[dict[str, float]] | None) -> str:
    """Which sentence the gate would hold back, and why; empty for none."""
    parts = sentences(text)
    language = language_of(text)
    for number, part in enumerate(parts):
        before = parts[number - 1] if number else ""
        found = held(
            part,
            before=before,
            asked="",
            language=language,
            scores=scores[number] if scores else None,
        )
        if found:
            words = _(
                "“%(sentence)s” would be held back in a reply: %(reason)s. Write it another way."
            )
            return words % {
                "sentence": shortened(part.strip()),
                "reason": _(class_words(found)),
            }
    return ""


def shortened(sentence: str) -> str:
    return sentence if len(sentence) <= 120 else f"{sentence[:119]}…"
