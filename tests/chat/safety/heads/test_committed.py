"""The committed heads belong to the committed sentences."""

import pytest

from chat.safety.fitting.recipes import RECIPES
from chat.safety.fitting.sentences import SentencesError, examples, sha256_of
from chat.safety.heads.head import FOLDER, head_for


@pytest.mark.parametrize(("language", "kind"), RECIPES)
def test_a_head_was_fitted_on_the_sentences_of_today(language: str, kind: str) -> None:
    head = head_for(language, kind)  # type: ignore[arg-type]
    assert head is not None, f"python -m chat.safety.fitting --language {language} --kind {kind}"
    assert head.data_sha256 == sha256_of(examples(language, kind)), "fit it again"
    assert head.features == RECIPES[language, kind].features  # type: ignore[index]


@pytest.mark.parametrize(("language", "kind"), RECIPES)
def test_nothing_held_out_was_fitted(language: str, kind: str) -> None:
    try:
        held_out = examples(language, kind, held_out=True)
    except SentencesError:
        pytest.skip(f"nothing is held out for {language} {kind}")
    fitted = {each.text.lower() for each in examples(language, kind)}
    assert not fitted & {each.text.lower() for each in held_out}


def test_a_head_is_small() -> None:
    for path in FOLDER.glob("*.safetensors"):
        assert path.stat().st_size < 6_000_000, path
