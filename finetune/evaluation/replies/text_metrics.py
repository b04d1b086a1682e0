"""How near replies come to references: ROUGE-L, BLEU, chrF; how varied they are: distinct-n.

BLEU and chrF are sacrebleu's. ROUGE-L (Lin 2004, section 3) is computed here over sacrebleu's
tokens, since `rouge-score` drops every character but a-z and 0-9, and with them all Chinese. Knows
nothing of models.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from statistics import fmean
from typing import Any

from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF
from sacrebleu.tokenizers.tokenizer_13a import Tokenizer13a
from sacrebleu.tokenizers.tokenizer_zh import TokenizerZh

CHINESE = re.compile("[\u3400-\u9fff]")
LETTERS = re.compile(r"\w")
TOKENIZERS: dict[str, Callable[[], Any]] = {"13a": Tokenizer13a, "zh": TokenizerZh}
CHINESE_SHARE = 0.2


def tokenizer_of(texts: Sequence[str]) -> str:
    """Return sacrebleu's tokenizer for texts: `zh` where a fifth of their letters is Chinese."""
    letters = sum(len(LETTERS.findall(text)) for text in texts)
    chinese = sum(len(CHINESE.findall(text)) for text in texts)
    return "zh" if letters and chinese >= CHINESE_SHARE * letters else "13a"


def tokens_of(text: str, tokenizer: str) -> list[str]:
    """Return the words of a text in lower case; Chinese has one for each character."""
    return str(TOKENIZERS[tokenizer]()(text.lower())).split()


def rouge_l(reply: Sequence[str], reference: Sequence[str]) -> float:
    """Return ROUGE-L's F1 of two lists of tokens, from 0 to 1.

    >>> round(rouge_l("police killed the gunman".split(), "police kill the gunman".split()), 2)
    0.75
    """
    common = _longest_common(reply, reference)
    return 2 * common / (len(reply) + len(reference)) if common else 0.0


def _longest_common(one: Sequence[str], other: Sequence[str]) -> int:
    """Return the length of the longest common subsequence."""
    row = [0] * (len(other) + 1)
    for token in one:
        before = 0  # of the row above, one to the left
        for at, word in enumerate(other, start=1):
            above = row[at]
            row[at] = before + 1 if token == word else max(above, row[at - 1])
            before = above
    return row[-1]


def distinct(replies: Sequence[Sequence[str]], n: int) -> float:
    """Return the share of n-grams of all replies that are different ones (Li et al. 2016).

    >>> distinct([["a", "b", "a"], ["a"]], 1)
    0.5
    """
    grams = [tuple(one[at : at + n]) for one in replies for at in range(len(one) - n + 1)]
    return len(set(grams)) / len(grams) if grams else 0.0


def compared(
    replies: Sequence[str], references: Sequence[str], tokenizer: str = ""
) -> tuple[dict[str, Any], list[dict[str, float]]]:
    """Compare replies with references.

    Args:
        replies: at least one.
        references: as many.
        tokenizer: `13a` or `zh`; empty: as the references are written.

    Returns:
        Scores of all together (ROUGE-L and distinct-n from 0 to 1, BLEU and chrF to 100) with
        sacrebleu's signatures, and ROUGE-L and chrF of each reply.
    """
    tokenizer = tokenizer or tokenizer_of(references)
    bleu = BLEU(tokenize=tokenizer)
    chrf = CHRF()
    corpus = bleu.corpus_score(list(replies), [list(references)])
    letters = chrf.corpus_score(list(replies), [list(references)])
    said = [tokens_of(text, tokenizer) for text in replies]
    wanted = [tokens_of(text, tokenizer) for text in references]
    each = [
        {
            "rouge_l": rouge_l(one, other),
            "chrf": chrf.sentence_score(reply, [reference]).score,
        }
        for one, other, reply, reference in zip(said, wanted, replies, references, strict=True)
    ]
    together = {
        "rouge_l": fmean(one["rouge_l"] for one in each),
        "bleu": corpus.score,
        "chrf": letters.score,
        "distinct_1": distinct(said, 1),
        "distinct_2": distinct(said, 2),
        "reference_distinct_1": distinct(wanted, 1),
        "reference_distinct_2": distinct(wanted, 2),
        "words": fmean(map(len, said)),
        "reference_words": fmean(map(len, wanted)),
        "tokenizer": tokenizer,
        "bleu_signature": str(bleu.get_signature()),
        "chrf_signature": str(chrf.get_signature()),
    }
    return together, each
