"""`held`: may this sentence of a reply be shown, and if not, why.

Rules first, then what a head said of the sentence. A sentence that every rule lets pass ("I would
never say that …") is still the head's to judge.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from chat.safety.detection.normalising import normalised
from chat.safety.heads.head import UNSAFE, head_for
from chat.safety.language import language_of

from . import chinese, english
from .languages import HAN, wrong_language
from .rule import CLASSES, Excuses, Rule

LONGEST = 1_000
SPACED = re.compile(r"\b(?:[a-z][ .*_-]){3,}[a-z]\b")
MASKED = re.compile(r"(?<=[a-z])[*_.](?=[a-z])")
DIGITS = re.compile(r"(?<=[a-z])[013457@$!](?=[a-z])|\b[@$](?=[a-z])")
LETTERS = dict(zip("013457@$!", "oieastasi", strict=True))
BETWEEN_HAN = re.compile(r"(?<=[\u4e00-\u9fff])[\s*_.·\-/|~]+(?=[\u4e00-\u9fff])")
LATIN = re.compile(r"[a-z]", re.IGNORECASE)
SHORT = {"en": 7, "zh": 10}  # words, signs: a sentence that leans on the one before


def held(
    sentence: str,
    *,
    before: str,
    asked: str,
    language: str,
    scores: Mapping[str, float] | None,
) -> str:
    """The class for which the sentence is held, "" where it may be shown.

    Args:
        sentence: a whole sentence, as `SentenceStream` gave it.
        before: the sentence before it in the same reply, "" for the first.
        asked: the person's last message.
        language: the language of the talk: "en", "zh" or "other".
        scores: class to probability, from the judge, of `judged(sentence, before)`. None where
            there is no judge: then the rules alone decide *here*, which is not enough to show the
            sentence to anybody; who calls closes and shows a reviewed reply instead.
    """
    if not any(sign.isalnum() for sign in sentence):
        return ""
    if wrong_language(sentence, language):
        return "wrong_language"
    return by_rule(sentence, before, asked) or by_scores(scores, judged(sentence, before))


def judged(sentence: str, before: str) -> str:
    """The text that the judge has to score: a short sentence together with the one before it."""
    text = sentence.strip()
    spoken = "zh" if language_of(text) == "zh" else "en"
    size = len(HAN.findall(text)) if spoken == "zh" else len(text.split())
    if before.strip() and size <= SHORT[spoken]:
        return normalised(f"{before.strip()}\n{text}")
    return normalised(text)


def by_rule(sentence: str, before: str, asked: str) -> str:
    """Of every language that has words in it: a Chinese name does not hide an English sentence."""
    around = f"{plain(asked)} {plain(before)}"
    for rules, excuses in rules_for(f"{before} {sentence}"):
        for text in readings(sentence):
            found = first_held(text, rules, excuses, around)
            if found:
                return found
        if before.strip():
            found = over_two(plain(before), plain(sentence), rules, excuses, around)
            if found:
                return found
    return ""


def rules_for(text: str) -> Iterator[tuple[Sequence[Rule], Excuses]]:
    if HAN.search(text):
        yield chinese.RULES, chinese.EXCUSES
    if LATIN.search(text):
        yield english.RULES, english.EXCUSES


def over_two(
    before: str, sentence: str, rules: Sequence[Rule], excuses: Excuses, around: str
) -> str:
    """A class that only both sentences together meet: "There is one way out. It is death."."""
    seam = len(before)
    together = f"{before} {sentence}"
    for rule in rules:
        for hit in rule.pattern.finditer(together):
            if hit.start() < seam < hit.end() - 1 and applies(rule, together, hit, excuses, around):
                return rule.held_as
    return ""


def first_held(text: str, rules: Sequence[Rule], excuses: Excuses, around: str) -> str:
    for rule in rules:
        for hit in rule.pattern.finditer(text):
            if applies(rule, text, hit, excuses, around):
                return rule.held_as
    return ""


def applies(rule: Rule, text: str, hit: re.Match[str], excuses: Excuses, around: str) -> bool:
    if rule.about is not None and not (rule.about.search(around) or rule.about.search(text)):
        return False
    return not excuses.excused(rule, text, hit)


def by_scores(scores: Mapping[str, float] | None, text: str) -> str:
    """The likeliest class, where the judged text is likely enough to be of any."""
    if scores is None:
        return ""
    head = head_for(language_of(text), "reply")
    if head is None or UNSAFE not in scores:  # there is no head for what this is written in
        return "wrong_language"
    if scores[UNSAFE] < head.thresholds[UNSAFE].high:
        return ""
    return max(CLASSES, key=lambda name: scores.get(name, 0.0))


def readings(sentence: str) -> list[str]:
    """The sentence as written, and with what hides words from a reader taken away."""
    written = plain(sentence)
    clear = SPACED.sub(lambda match: re.sub(r"[ .*_-]", "", match.group()), written)
    clear = DIGITS.sub(lambda match: LETTERS[match.group()], MASKED.sub("", clear))
    clear = BETWEEN_HAN.sub("", clear)
    return [written] if clear == written else [written, clear]


def plain(text: str) -> str:
    """Lower case, one form of each sign and quote, no markdown, nothing invisible."""
    return " ".join(normalised(text[-LONGEST:]).replace("**", "").split())
