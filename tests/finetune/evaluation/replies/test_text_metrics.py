"""Text metrics against numbers worked out by hand and against sacrebleu, in two languages."""

import doctest

import pytest
import sacrebleu

from finetune.evaluation.replies import text_metrics
from finetune.evaluation.replies.text_metrics import (
    compared,
    distinct,
    rouge_l,
    tokenizer_of,
    tokens_of,
)


def test_the_examples_hold():
    assert doctest.testmod(text_metrics).failed == 0


def test_rouge_l_is_the_longest_common_subsequence():
    def words(text):
        return tokens_of(text, "13a")

    one, other = words("the cat sat on the mat"), words("the cat lay on a mat")
    assert rouge_l(one, other) == pytest.approx(2 * 4 / 12)  # the cat on mat
    assert rouge_l(one, one) == 1
    assert rouge_l([], one) == rouge_l(one, []) == rouge_l(["x"], one) == 0
    # Lin 2004: of two with the same words in common the one in sequence is better
    reference = words("police killed the gunman")
    assert rouge_l(words("the gunman kill police"), reference) == pytest.approx(0.5)
    assert rouge_l(words("police kill the gunman"), reference) == pytest.approx(0.75)


def test_chinese_is_cut_into_characters():
    assert tokenizer_of(["我今天很累", "你好"]) == "zh"
    assert tokenizer_of(["I am tired", "ok 好"]) == "13a"
    assert tokens_of("我很累, Hello World 12.5。", "zh") == [
        "我", "很", "累", ",", "hello", "world", "12.5", "。",
    ]  # fmt: skip
    assert rouge_l(tokens_of("我今天很累", "zh"), tokens_of("我很累", "zh")) == pytest.approx(0.75)


@pytest.mark.parametrize(
    ("replies", "references", "tokenizer"),
    [
        (["the cat sat on the mat", "no, not now"], ["the cat lay on the mat", "no"], "13a"),
        (["我今天觉得很累,不想说话", "谢谢你的帮助"], ["我今天很累,不想说话了", "谢谢你"], "zh"),
    ],
)
def test_bleu_and_chrf_are_sacrebleus(replies, references, tokenizer):
    together, each = compared(replies, references)
    assert together["tokenizer"] == tokenizer
    bleu = sacrebleu.corpus_bleu(replies, [references], tokenize=tokenizer)
    assert together["bleu"] == pytest.approx(bleu.score)
    assert together["bleu"] > 10
    assert together["chrf"] == pytest.approx(sacrebleu.corpus_chrf(replies, [references]).score)
    assert f"tok:{tokenizer}" in together["bleu_signature"]
    assert together["rouge_l"] == pytest.approx(sum(one["rouge_l"] for one in each) / 2)
    assert 0 < together["rouge_l"] < 1


def test_distinct_counts_ngrams_over_all_replies():
    replies = [["a", "b", "a", "b"], ["a", "b"]]
    assert distinct(replies, 1) == pytest.approx(2 / 6)
    assert distinct(replies, 2) == pytest.approx(2 / 4)
    assert distinct([[]], 2) == 0
