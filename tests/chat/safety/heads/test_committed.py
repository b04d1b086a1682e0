"""The committed heads belong to the committed sentences."""

import pytest

from chat.safety.fitting.__main__ import data_sha256
from chat.safety.fitting.samples import CLASSES, LANGUAGES
from chat.safety.fitting.sentences import SentencesError, examples
from chat.safety.heads.head import CHANGES, FOLDER, KINDS, NEVER, Kind, head_for


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_head_was_fitted_on_the_sentences_of_today(language: str, kind: Kind) -> None:
    head = head_for(language, kind)
    assert head is not None
    assert head.data_sha256 == data_sha256(kind), "python -m chat.safety.fitting"
    assert head.classes == CLASSES[kind]
    assert head.thresholds[CLASSES[kind][0]] != NEVER, "python -m chat.safety.fitting --thresholds"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_held_out_was_fitted(language: str, kind: Kind) -> None:
    try:
        held_out = examples(language, kind, held_out=True)
    except SentencesError:
        pytest.skip(f"nothing is held out for {language} {kind}")
    fitted = {each.text.lower() for each in examples(language, kind)}
    assert not fitted & {each.text.lower() for each in held_out}


def test_what_is_committed_is_small() -> None:
    paths = [*FOLDER.glob("*.safetensors"), *CHANGES.glob("*.safetensors")]
    assert len(paths) == 3
    for path in paths:
        assert path.stat().st_size < 8_000_000, path
