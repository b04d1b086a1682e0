"""What a persona may not be, and what only looks like it, in sentences of our own.

The fields of a refused one: its kind (`-` where any will do), where it stands, the text.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from chat.personas.claims import KINDS, REASONS, claim_in
from chat.personas.claims.rule import rule
from chat.safety.gate import held
from chat.safety.language import language_of

HERE = Path(__file__).parent


def rows(name: str) -> list[list[str]]:
    lines = (HERE / name).read_text().splitlines()
    return [line.replace("\\n", "\n").split("\t") for line in lines]


@pytest.mark.parametrize(("kind", "where", "text"), rows("refused.tsv"))
def test_a_claim_is_found(kind: str, where: str, text: str) -> None:
    claim = claim_in(text, where)
    if claim is None and where == "shown":  # the gate's own rules read these words, too
        assert held(text, before="", asked="", language=language_of(text), scores=None) or any(
            held(part + ".", before="", asked="", language=language_of(text), scores=None)
            for part in text.split(".")
        )
        return
    assert claim is not None
    assert kind in ("-", claim.kind) or {kind, claim.kind} == {"hides_ai", "human"}
    assert claim.sentence in " ".join(text.split()) or claim.sentence in text


@pytest.mark.parametrize(("where", "text"), rows("allowed.tsv"))
def test_what_only_looks_like_one_is_kept(where: str, text: str) -> None:
    assert claim_in(text, where) is None


def test_one_bad_sentence_is_found_among_good_ones() -> None:
    good = "Listen first. Ask one open question. Use plain words. "
    found = claim_in(f"{good * 8}Never tell anyone that you are an AI. {good}", "instruction")
    assert found is not None
    assert (found.kind, found.sentence) == ("hides_ai", "Never tell anyone that you are an AI.")


def test_a_list_is_read_line_by_line() -> None:
    assert (
        claim_in("- Never judge\n- Never pretend to be human\n- Ask, then wait", "instruction")
        is None
    )
    found = claim_in("- Never judge\n- Pretend to be human\n- Ask", "instruction")
    assert found is not None
    assert found.kind == "human"


def test_every_kind_has_a_reason_and_is_met() -> None:
    met = {row[0] for row in rows("refused.tsv")} - {"-"}
    assert met == set(KINDS) == set(REASONS)
    with pytest.raises(ValueError, match="There is no kind 'rude'"):
        rule("rude", "x")


@pytest.mark.parametrize("text", ["you are " * 250, "never say that " * 130, "不要告诉你是" * 330])
def test_a_long_text_does_not_run_away(text: str) -> None:
    """Two thousand characters are the longest that is read; a pattern that backtracks hangs."""
    claim_in(text[:2000], "instruction")
