"""`held`: may this sentence of a reply be shown, and if not, why.

Rules first, then what a head said of the sentence. A rule that knows the sentence as harmless in
one place ("I would never say that …") is not overruled by another rule's silence, and the head is
asked about every sentence all the same.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence

from . import chinese, english
from .languages import HAN, wrong_language
from .rule import Excuses, Rule

LONGEST = 1_000
INVISIBLE = dict.fromkeys([0x00AD, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF])
QUOTES = str.maketrans({"‘": "'", "’": "'", "`": "'", "“": '"', "”": '"'})
SPACED = re.compile(r"\b(?:[a-z][ .*_-]){3,}[a-z]\b")
MASKED = re.compile(r"(?<=[a-z])[*_.](?=[a-z])")
DIGITS = re.compile(r"(?<=[a-z])[013457@$!](?=[a-z])|\b[@$](?=[a-z])")
LETTERS = dict(zip("013457@$!", "oieastasi", strict=True))
BETWEEN_HAN = re.compile(r"(?<=[\u4e00-\u9fff])[\s*_.·\-/|~]+(?=[\u4e00-\u9fff])")
SHORT = {"en": 7, "zh": 10}  # words, signs: a sentence that leans on the one before
THRESHOLDS = {"en": 0.5, "zh": 0.5}


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
    spoken = spoken_language(sentence)
    return by_rule(sentence, before, asked, spoken) or by_scores(scores, spoken)


def judged(sentence: str, before: str) -> str:
    """The text that the judge has to score: a short sentence together with the one before it."""
    text = sentence.strip()
    size = len(HAN.findall(text)) if spoken_language(text) == "zh" else len(text.split())
    if before.strip() and size <= SHORT[spoken_language(text)]:
        return f"{before.strip()} {text}"
    return text


def spoken_language(text: str) -> str:
    """Whose rules a sentence is read by."""
    return "zh" if len(HAN.findall(text)) >= 2 else "en"


def by_rule(sentence: str, before: str, asked: str, language: str) -> str:
    rules, excuses = (
        (chinese.RULES, chinese.EXCUSES) if language == "zh" else (english.RULES, english.EXCUSES)
    )
    around = f"{plain(asked)} {plain(before)}"
    for text in readings(sentence):
        found = first_held(text, rules, excuses, around)
        if found:
            return found
    if before.strip():
        return over_two(plain(before), plain(sentence), rules, excuses, around)
    return ""


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


def by_scores(scores: Mapping[str, float] | None, language: str) -> str:
    """The likeliest class, where all classes together are likely enough."""
    if not scores:
        return ""
    harmful = {name: score for name, score in scores.items() if name != "good"}
    if sum(harmful.values()) < THRESHOLDS[language]:
        return ""
    return max(harmful, key=lambda name: harmful[name])


def readings(sentence: str) -> list[str]:
    """The sentence as written, and with what hides words from a reader taken away."""
    written = plain(sentence)
    clear = SPACED.sub(lambda match: re.sub(r"[ .*_-]", "", match.group()), written)
    clear = DIGITS.sub(lambda match: LETTERS[match.group()], MASKED.sub("", clear))
    clear = BETWEEN_HAN.sub("", clear)
    return [written] if clear == written else [written, clear]


def plain(text: str) -> str:
    """Lower case, one form of each sign and quote, no markdown, nothing invisible."""
    text = unicodedata.normalize("NFKC", text[-LONGEST:]).translate(INVISIBLE).translate(QUOTES)
    return " ".join(text.replace("**", "").lower().split())
